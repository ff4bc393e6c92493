"""What `lr demo` runs: the simulation, with a namespace and a memory of its own."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return the description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "namespace", default_value="lr_demo", description="Namespace of all nodes."
            ),
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
