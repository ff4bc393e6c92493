"""A simulated camera before a table with objects, and the recognizer and learner looking."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return the description."""
    share = FindPackageShare("lr_ros")
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "namespace", default_value="lr", description="Namespace of all nodes."
            ),
            DeclareLaunchArgument(
                "params_file",
                default_value=PathJoinSubstitution([share, "config", "lr_ros.yaml"]),
                description="YAML file of the nodes' parameters.",
            ),
            DeclareLaunchArgument(
                "table",
                default_value="true",
                choices=["true", "false"],
                description="Look down on a table on which objects stand.",
            ),
            DeclareLaunchArgument(
                "placed",
                default_value="duck,mug,soccer_ball,toy_robot",
                description="Objects on the table at the start, with commas between.",
            ),
            DeclareLaunchArgument(
                "objects",
                default_value="",
                description="Folder of URDF or OBJ files to show instead of the built-in objects; "
                "name what is placed of them, too, or give placed:=''.",
            ),
            DeclareLaunchArgument(
                "use_sim_time",
                default_value="false",
                choices=["true", "false"],
                description="Let the camera publish /clock, and the other nodes follow it.",
            ),
            DeclareLaunchArgument(
                "speed",
                default_value="1.0",
                description="How fast /clock goes, where the processor keeps up.",
            ),
            # Its arguments, and the environment it sets, hold for the camera below, too.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([share, "launch", "lr_ros.launch.py"])
                ),
                launch_arguments=[("image", "image"), ("compressed", "false")],
            ),
            Node(
                package="lr_ros",
                executable="simulated_camera",
                name="simulated_camera",
                namespace=LaunchConfiguration("namespace"),
                output="screen",
                parameters=[
                    LaunchConfiguration("params_file"),
                    {
                        "scene.table": ParameterValue(
                            LaunchConfiguration("table"), value_type=bool
                        ),
                        "scene.placed": ParameterValue(
                            LaunchConfiguration("placed"), value_type=str
                        ),
                        "scene.object_folder": ParameterValue(
                            LaunchConfiguration("objects"), value_type=str
                        ),
                        "clock.publish": ParameterValue(
                            LaunchConfiguration("use_sim_time"), value_type=bool
                        ),
                        "clock.speed": ParameterValue(
                            LaunchConfiguration("speed"), value_type=float
                        ),
                    },
                ],
                ros_arguments=["--log-level", LaunchConfiguration("log_level")],
            ),
        ]
    )
