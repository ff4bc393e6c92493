"""From a camera frame to a name: segment, encode, classify, smooth, draw. Knows no ROS."""
