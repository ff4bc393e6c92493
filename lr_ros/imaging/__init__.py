"""Pictures as cameras and recordings deliver them, checked and made RGB; no ROS in here."""
