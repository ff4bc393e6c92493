"""Teaching: requests become sessions, sessions become training, training becomes stored versions.

Knows no ROS; the learner node hands messages in and sends out what comes of them.
"""
