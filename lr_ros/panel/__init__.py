"""The operator panel: a web page on which a robot is taught, watched and corrected; no ROS."""
