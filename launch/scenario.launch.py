"""A scripted teaching session, played before the simulation and scored; it ends by itself."""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, Shutdown
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def declare_arguments():
    """Return what can be given on the command line."""
    return [
        DeclareLaunchArgument(
            "namespace",
            default_value="lr_scenario",
            description="Namespace of all nodes; what is known there is forgotten at the start.",
        ),
        DeclareLaunchArgument(
            "scenario",
            default_value="first_lesson",
            description="YAML file of the scenario, or the name of one of lr_ros.",
        ),
        DeclareLaunchArgument(
            "result", default_value="", description="JSON file for the scores; empty: none."
        ),
        DeclareLaunchArgument(
            "play",
            default_value="true",
            choices=["true", "false"],
            description="Play the scenario; false: only start what it is played before.",
        ),
    ]


def generate_launch_description():
    """Return the description."""
    share = FindPackageShare("lr_ros")
    player = Node(
        package="lr_ros",
        executable="scenario_player",
        name="scenario_player",
        namespace=LaunchConfiguration("namespace"),
        output="screen",
        parameters=[
            {
                "scenario": ParameterValue(LaunchConfiguration("scenario"), value_type=str),
                "result": ParameterValue(LaunchConfiguration("result"), value_type=str),
            }
        ],
        on_exit=Shutdown(reason="the scenario is over"),
        condition=IfCondition(LaunchConfiguration("play")),
    )
    return LaunchDescription(
        [
            *declare_arguments(),
            IncludeLaunchDescription(
                PythonLaunchDescriptionSource(
                    PathJoinSubstitution([share, "launch", "simulation.launch.py"])
                ),
                # With a clock that waits for the recognizer no picture is lost on a slow machine.
                launch_arguments=[("use_sim_time", "true"), ("table", "true"), ("placed", "")],
            ),
            player,
        ]
    )
