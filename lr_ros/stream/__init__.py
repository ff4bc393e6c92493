"""From frames to segments to sessions: an endless camera stream made learnable. Knows no ROS."""
