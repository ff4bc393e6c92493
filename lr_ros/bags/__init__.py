"""Learning, scoring and replaying from rosbag2 recordings, with the robot's own parts, without ROS.

Nothing in here depends on when it runs: time is that of the recording, and training happens between
frames, never beside them. The same recording, settings and seed give the same model, bit for bit.
"""
