"""A scripted teaching session, played before the simulation and scored; it ends by itself."""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    SetEnvironmentVariable,
    Shutdown,
)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare


def declare_arguments():
    """Return what can be given on the command line."""
    return [
        DeclareLaunchArgument(
            "namespace", default_value="lr_scenario", description="Namespace of all nodes."
        ),
        DeclareLaunchArgument(
            "scenario",
            default_value=PathJoinSubstitution(
                [FindPackageShare("lr_ros"), "config", "scenarios", "first_lesson.yaml"]
            ),
            description="YAML file of the scenario.",
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
        DeclareLaunchArgument(
            "state_home",
            default_value=EnvironmentVariable(
                "XDG_STATE_HOME",
                default_value=PathJoinSubstitution(
                    [EnvironmentVariable("HOME"), ".local", "state"]
                ),
            ),
            description="What is learned is kept in lr_ros/NAMESPACE below this directory; all of "
            "it is forgotten when a scenario begins.",
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
            SetEnvironmentVariable("XDG_STATE_HOME", LaunchConfiguration("state_home")),
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
