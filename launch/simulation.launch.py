"""A simulated camera before a table with objects, and the recognizer and learner looking."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, SetEnvironmentVariable
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    """Return the description."""
    return LaunchDescription(
        [
            DeclareLaunchArgument(
                "table",
                default_value="true",
                choices=["true", "false"],
                description="Look down on a table on which objects stand.",
            ),
            DeclareLaunchArgument(
                "placed",
                default_value="3",
                description="What stands on the table at the start: names with commas between, or "
                "how many of the last ones that can be shown.",
            ),
            DeclareLaunchArgument(
                "objects",
                default_value="",
                description="Folder of URDF or OBJ files to show instead of the built-in objects.",
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
            DeclareLaunchArgument(
                "state_home",
                default_value=EnvironmentVariable("XDG_STATE_HOME", default_value=""),
                description="What is learned is kept in lr_ros/NAMESPACE below this directory; "
                "empty: ~/.local/state.",
            ),
            SetEnvironmentVariable("XDG_STATE_HOME", LaunchConfiguration("state_home")),
            # Its arguments, and the environment it sets, hold for the camera below, too.
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([FindPackageShare("lr_ros"), "launch", "lr_ros.launch.py"])
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
