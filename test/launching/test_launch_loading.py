"""Launch files read: what is stood in for, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lr_ros.launching import LaunchError, declared_arguments, load

HEADER = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, GroupAction, SetEnvironmentVariable
from launch.conditions import IfCondition, UnlessCondition
from launch.substitutions import EnvironmentVariable, LaunchConfiguration
from launch_ros.actions import Node, PushRosNamespace
from launch_ros.parameter_descriptions import ParameterValue
def node(**options):
    return Node(package="lr_ros", executable="recognizer", **options)
def generate_launch_description():
    return LaunchDescription([
"""


@pytest.fixture
def write(tmp_path: Path, prefix: Path):
    def write(entities: str) -> Path:
        path = tmp_path / "some.launch.py"
        path.write_text(f"{HEADER}{entities}\n])")
        return path

    return write


def test_a_file_that_does_not_exist_is_refused_with_those_that_do(prefix: Path) -> None:
    with pytest.raises(
        LaunchError, match=r"'nothing'; lr_ros has: demo, lr_ros, scenario, simulation"
    ):
        load("nothing")


def test_an_unknown_argument_is_refused_with_those_that_are_known(prefix: Path) -> None:
    with pytest.raises(LaunchError, match=r"no argument 'topic'; it has: .*image.*namespace"):
        load("lr_ros", {"topic": "x"})


def test_a_value_that_is_not_among_the_choices_is_refused(prefix: Path) -> None:
    with pytest.raises(LaunchError, match=r"'log_level' is 'loud'; it can be: debug, info"):
        load("lr_ros", {"log_level": "loud"})


def test_an_argument_without_default_must_be_given(write) -> None:
    path = write("DeclareLaunchArgument('robot', description='Which one.')")
    assert declared_arguments(path)[0].default is None
    with pytest.raises(LaunchError, match=r"'robot' must be given: Which one\."):
        load(path)
    assert load(path, {"robot": "r2"}) == []


def test_an_argument_that_is_not_declared_cannot_be_used(write) -> None:
    with pytest.raises(LaunchError, match="'robot' is used but not declared"):
        load(write("node(name=LaunchConfiguration('robot'))"))


def test_a_package_that_is_not_installed_is_named(write) -> None:
    with pytest.raises(LaunchError, match="'nav3' is not installed"):
        load(write("Node(package='nav3', executable='x')"))


def test_a_node_that_does_not_exist_is_refused_with_those_that_do(write) -> None:
    with pytest.raises(LaunchError, match="no executable 'x'; it has: image_source, learner"):
        load(write("Node(package='lr_ros', executable='x')"))


def test_a_params_file_that_does_not_exist_is_refused(write) -> None:
    with pytest.raises(LaunchError, match=r"'/no/such\.yaml' does not exist"):
        load(write("node(parameters=['/no/such.yaml'])"))


def test_what_is_not_stood_in_for_is_named(tmp_path: Path) -> None:
    path = tmp_path / "timer.launch.py"
    path.write_text("from launch.actions import TimerAction\n")
    with pytest.raises(LaunchError, match="cannot import name 'TimerAction'"):
        load(path)
    path.write_text("import launch.events\n")
    with pytest.raises(LaunchError, match=r"launch\.events"):
        load(path)


def test_an_option_that_is_not_stood_in_for_is_named(write) -> None:
    with pytest.raises(LaunchError, match="'sigterm_timeout'"):
        load(write("node(sigterm_timeout='5')"))


@pytest.mark.parametrize("text", ["x = 1", "def generate_launch_description(): return 1", "x ="])
def test_what_is_no_launch_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.launch.py"
    path.write_text(text)
    with pytest.raises(LaunchError):
        load(path)


def test_another_launch_is_neither_mistaken_nor_disturbed(
    prefix: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "launch.py").write_text("other = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "launch", raising=False)
    import launch  # noqa: PLC0415 - the one just written

    def named() -> set[str]:
        return {name for name in sys.modules if name.startswith(("launch.", "launch_ros"))}

    before = named()
    assert len(load("lr_ros")) == 2
    assert sys.modules["launch"] is launch
    assert named() == before


@pytest.mark.parametrize(("value", "started"), [("true", 1), ("1", 1), ("False", 0), ("0", 0)])
def test_conditions(write, value: str, started: int) -> None:
    path = write(
        "DeclareLaunchArgument('on'),"
        "node(condition=IfCondition(LaunchConfiguration('on'))),"
        "node(name='off', condition=UnlessCondition(LaunchConfiguration('on')))"
    )
    names = [process.node_name for process in load(path, {"on": value})]
    assert names == ([None] if started else ["off"])


def test_a_condition_that_is_no_truth_value_is_refused(write) -> None:
    with pytest.raises(LaunchError, match="'maybe' is not a truth value"):
        load(write("node(condition=IfCondition('maybe'))"))


def test_namespaces_nest_within_groups_and_end_with_them(write) -> None:
    path = write(
        "GroupAction([PushRosNamespace('robot'), node(namespace='lr'), node(namespace='/top'),"
        " GroupAction([PushRosNamespace('arm'), node()]), node()]), node()"
    )
    namespaces = [process.namespace for process in load(path)]
    assert namespaces == ["/robot/lr", "/top", "/robot/arm", "/robot", ""]


def test_the_environment_of_a_group_ends_with_it(write) -> None:
    path = write("GroupAction([SetEnvironmentVariable('MOOD', 'good'), node()]), node()")
    inner, outer = load(path)
    assert inner.environment["MOOD"] == "good"
    assert "MOOD" not in outer.environment


def test_an_environment_variable_that_is_not_set_is_named(write) -> None:
    with pytest.raises(LaunchError, match="'NO_SUCH_THING' is not set"):
        load(write("node(name=EnvironmentVariable('NO_SUCH_THING'))"))


def test_processes_of_one_name_are_told_apart(write) -> None:
    names = [process.name for process in load(write("node(), node(), node(name='eye')"))]
    assert names == ["recognizer", "recognizer-2", "eye"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3),
        ("'3'", "3"),
        ("True", True),
        ("LaunchConfiguration('x')", 5),
        ("ParameterValue(LaunchConfiguration('x'), value_type=str)", "5"),
        ("ParameterValue(LaunchConfiguration('x'), value_type=float)", 5.0),
    ],
)
def test_parameters_have_the_type_of_the_real_launch(write, value: str, expected: object) -> None:
    path = write(
        f"DeclareLaunchArgument('x', default_value='5'), node(parameters=[{{'p': {value}}}])"
    )
    (process,) = load(path)
    (parameters,) = process.parameters
    assert parameters == {"p": expected}
    assert type(parameters["p"]) is type(expected)


def test_a_parameter_of_the_wrong_type_is_refused(write) -> None:
    with pytest.raises(LaunchError, match="'fast' is not of type bool"):
        load(write("node(parameters=[{'p': ParameterValue('fast', value_type=bool)}])"))
