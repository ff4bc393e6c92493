"""Where images come from: cameras, videos, folders, data sets, bags. Knows no ROS."""
