"""A webcam, a video or a folder of pictures, and the recognizer and learner looking at it."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return the description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "source",
                default_value="0",
                description="A camera's number or device, or the path of a video, a folder of "
                "pictures, a data set or a rosbag2 recording.",
            ),
            # Its arguments, and the environment it sets, hold for the camera below, too.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([FindPackageShare("lr_ros"), "launch", "lr_ros.launch.py"])
                ),
                launch_arguments=[("image", "image"), ("compressed", "false")],
            ),
            Node(
                package="lr_ros",
                executable="image_source",
                name="image_source",
                namespace=LaunchConfiguration("namespace"),
                output="screen",
                parameters=[
                    LaunchConfiguration("params_file"),
                    {"source.path": ParameterValue(LaunchConfiguration("source"), value_type=str)},
                ],
                ros_arguments=["--log-level", LaunchConfiguration("log_level")],
            ),
        ]
    )
