"""Continual learning by latent replay. Knows torch and numpy; knows no ROS and no cameras."""
