"""lr_ros: a robot learns objects by being shown them.

Importing this package starts nothing and needs neither ROS nor torch.
"""
