"""Launch files on machines without ``launch`` and ``launch_ros``.

Launch files are written for the real launch system. Where it is not installed, this package stands
in for exactly the part of it that this project's files use, and starts the nodes with the command
lines the real one would use.
"""

from lr_ros.launching.errors import LaunchError
from lr_ros.launching.loading import LaunchArgument, declared_arguments, load
from lr_ros.launching.packages import available_files, find_file
from lr_ros.launching.process import Process
from lr_ros.launching.running import Running
from lr_ros.launching.service import run

__all__ = [
    "LaunchArgument",
    "LaunchError",
    "Process",
    "Running",
    "available_files",
    "declared_arguments",
    "find_file",
    "load",
    "run",
]
