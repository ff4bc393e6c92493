"""Your robot: the recognizer and the learner on a camera topic."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node, PushRosNamespace
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def declare_arguments():
    """Return what can be given on the command line."""
    return [
        DeclareLaunchArgument(
            "image",
            default_value="image",
            description="Topic of the camera, e.g. /camera/image_raw; a relative name is looked "
            "for in the namespace.",
        ),
        DeclareLaunchArgument(
            "compressed",
            default_value="false",
            choices=["true", "false"],
            description="Take JPEG or PNG images from the topic's /compressed; goes before the "
            "params_file's image.compressed.",
        ),
        DeclareLaunchArgument(
            "namespace", default_value="lr", description="Namespace of the nodes."
        ),
        DeclareLaunchArgument(
            "params_file",
            default_value=PathJoinSubstitution(
                [FindPackageShare("lr_ros"), "config", "lr_ros.yaml"]
            ),
            description="YAML file of the nodes' parameters.",
        ),
        DeclareLaunchArgument(
            "log_level",
            default_value="info",
            choices=["debug", "info", "warn", "error", "fatal"],
            description="Least severity of what the nodes print.",
        ),
        DeclareLaunchArgument(
            "use_sim_time",
            default_value="false",
            choices=["true", "false"],
            description="Follow /clock, e.g. of a bag that is played.",
        ),
        DeclareLaunchArgument(
            "respawn",
            default_value="false",
            choices=["true", "false"],
            description="Start a node again that has ended; what was learned is kept on disk.",
        ),
        DeclareLaunchArgument(
            "panel",
            default_value="false",
            choices=["true", "false"],
            description="Serve the operator's page, too, for browsers on this machine.",
        ),
        DeclareLaunchArgument(
            "panel_port", default_value="8080", description="Port of the operator's page."
        ),
    ]


def node(name, parameters, **arguments):
    """Return one of the package's nodes, with what is common to them."""
    return Node(
        package="lr_ros",
        executable=name,
        name=name,
        output="screen",
        parameters=[
            LaunchConfiguration("params_file"),
            {
                "use_sim_time": ParameterValue(
                    LaunchConfiguration("use_sim_time"), value_type=bool
                ),
                **parameters,
            },
        ],
        ros_arguments=["--log-level", LaunchConfiguration("log_level")],
        respawn=LaunchConfiguration("respawn"),
        respawn_delay=2.0,
        **arguments,
    )


def generate_launch_description():
    """Return the description."""
    image = LaunchConfiguration("image")
    recognizer = node(
        "recognizer",
        {"image.compressed": ParameterValue(LaunchConfiguration("compressed"), value_type=bool)},
        remappings=[("image", image), ("image/compressed", [image, "/compressed"])],
    )
    return LaunchDescription(
        [
            *declare_arguments(),
            # Raw images do not fit into the shared memory that Fast DDS takes by default.
            SetEnvironmentVariable(
                "FASTDDS_DEFAULT_PROFILES_FILE",
                EnvironmentVariable(
                    "FASTDDS_DEFAULT_PROFILES_FILE",
                    default_value=PathJoinSubstitution(
                        [FindPackageShare("lr_ros"), "config", "fastdds.xml"]
                    ),
                ),
            ),
            GroupAction(
                [
                    PushRosNamespace(LaunchConfiguration("namespace")),
                    recognizer,
                    node("learner", {}),
                    node(
                        "panel",
                        {"port": ParameterValue(LaunchConfiguration("panel_port"), value_type=int)},
                        condition=IfCondition(LaunchConfiguration("panel")),
                    ),
                ]
            ),
        ]
    )
