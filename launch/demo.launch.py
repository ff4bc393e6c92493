"""What `lr demo` runs: the simulation, with a namespace and a memory of its own."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, SetEnvironmentVariable
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return the description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "namespace", default_value="lr_demo", description="Namespace of all nodes."
            ),
            DeclareLaunchArgument(
                "state_home",
                default_value=EnvironmentVariable(
                    "XDG_STATE_HOME",
                    default_value=PathJoinSubstitution(
                        [EnvironmentVariable("HOME"), ".local", "state"]
                    ),
                ),
                description="What is learned is kept in lr_ros/NAMESPACE below this directory.",
            ),
            SetEnvironmentVariable("XDG_STATE_HOME", LaunchConfiguration("state_home")),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution(
                        [FindPackageShare("lr_ros"), "launch", "simulation.launch.py"]
                    )
                ),
                launch_arguments=[("table", "false")],
            ),
        ]
    )
