"""Every launch file of the project, executed by the runner."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lr_ros.launching import available_files, declared_arguments, load

from .conftest import ROOT

FILES = sorted(path.name for path in (ROOT / "launch").glob("*.launch.py"))


def commands(file: str, tmp_path: Path, **arguments: str) -> dict[str, list[str]]:
    return {process.name: process.command(tmp_path) for process in load(file, arguments)}


def test_installed_files_are_found(prefix: Path) -> None:
    assert [path.name for path in available_files()] == FILES
    assert {"demo.launch.py", "lr_ros.launch.py", "simulation.launch.py"} <= set(FILES)


@pytest.mark.parametrize("file", FILES)
def test_every_argument_has_a_default_and_a_description(prefix: Path, file: str) -> None:
    for argument in declared_arguments(file):
        assert argument.default is not None
        assert argument.description


@pytest.mark.parametrize("file", FILES)
def test_with_defaults_the_recognizer_and_the_learner_share_a_namespace(
    prefix: Path, file: str
) -> None:
    processes = {process.name: process for process in load(file)}
    assert {"recognizer", "learner"} <= processes.keys()
    assert len({process.namespace for process in processes.values()}) == 1


@pytest.mark.parametrize("file", FILES)
def test_every_argument_is_accepted_at_its_default(prefix: Path, file: str) -> None:
    defaults = {each.name: each.default or "" for each in declared_arguments(file)}
    assert load(file, defaults) == load(file)


def test_command_line_of_the_recognizer(prefix: Path, tmp_path: Path) -> None:
    command = commands(
        "lr_ros", tmp_path, image="/camera/image_raw", namespace="robot/lr", log_level="debug"
    )["recognizer"]
    assert command == [
        str(prefix / "lib/lr_ros/recognizer"),
        *("--ros-args", "--log-level", "debug"),
        *("--ros-args", "-r", "__node:=recognizer", "-r", "__ns:=/robot/lr"),
        *("--params-file", str(prefix / "share/lr_ros/config/lr_ros.yaml")),
        *("--params-file", str(tmp_path / "recognizer-1.yaml")),
        *("-r", "image:=/camera/image_raw"),
        *("-r", "image/compressed:=/camera/image_raw/compressed"),
    ]


def test_arguments_reach_the_nodes_as_parameters_of_their_type(
    prefix: Path, tmp_path: Path
) -> None:
    commands("lr_ros", tmp_path, compressed="true", use_sim_time="true")
    recognizer = yaml.safe_load((tmp_path / "recognizer-1.yaml").read_text())
    learner = yaml.safe_load((tmp_path / "learner-1.yaml").read_text())
    assert recognizer == {
        "/lr/recognizer": {"ros__parameters": {"image.compressed": True, "use_sim_time": True}}
    }
    assert learner == {"/lr/learner": {"ros__parameters": {"use_sim_time": True}}}


def test_a_params_file_of_ones_own_is_used(prefix: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("/**:\n  ros__parameters: {}\n")
    for command in commands("simulation", tmp_path, params_file=str(own)).values():
        assert command[command.index("--params-file") + 1] == str(own)


def test_respawn_is_off_unless_asked_for(prefix: Path) -> None:
    assert not any(process.respawn for process in load("lr_ros"))
    assert all(process.respawn for process in load("lr_ros", {"respawn": "true"}))


def test_the_simulation_adds_the_camera(prefix: Path) -> None:
    assert sorted(process.name for process in load("simulation")) == [
        "learner",
        "recognizer",
        "simulated_camera",
    ]


def test_the_simulation_has_a_table_and_a_clock_by_argument(prefix: Path, tmp_path: Path) -> None:
    arguments = {"objects": "/things", "placed": "", "use_sim_time": "true", "speed": "3"}
    commands("simulation", tmp_path, **arguments)
    camera, recognizer = (
        yaml.safe_load((tmp_path / f"{name}-1.yaml").read_text())[f"/lr/{name}"]["ros__parameters"]
        for name in ("simulated_camera", "recognizer")
    )
    assert camera == {
        "scene.table": True,
        "scene.placed": "",
        "scene.object_folder": "/things",
        "clock.publish": True,
        "clock.speed": 3.0,
    }
    assert recognizer["use_sim_time"] is True


def test_a_scenario_is_played_and_ends_the_launch_or_only_prepared(
    prefix: Path, tmp_path: Path
) -> None:
    played = {process.name: process for process in load("scenario")}
    assert [name for name, process in played.items() if process.ends_launch] == ["scenario_player"]
    played["scenario_player"].command(tmp_path)
    written = yaml.safe_load((tmp_path / "scenario_player-0.yaml").read_text())
    parameters = written["/lr_scenario/scenario_player"]["ros__parameters"]
    assert (ROOT / "config" / "scenarios" / f"{parameters['scenario']}.yaml").is_file()
    prepared = {process.name for process in load("scenario", {"play": "false"})}
    assert prepared == played.keys() - {"scenario_player"}


def test_the_demo_keeps_to_itself(prefix: Path, tmp_path: Path) -> None:
    for process in load("demo", {"state_home": str(tmp_path / "state")}):
        assert process.namespace == "/lr_demo"
        assert process.environment["XDG_STATE_HOME"] == str(tmp_path / "state")
    assert "lr_demo" not in {process.namespace for process in load("lr_ros")}


@pytest.mark.parametrize("file", FILES)
def test_every_node_gets_the_transport_profile(prefix: Path, file: str) -> None:
    for process in load(file):
        profile = Path(process.environment["FASTDDS_DEFAULT_PROFILES_FILE"])
        assert profile == prefix / "share/lr_ros/config/fastdds.xml"
        assert profile.is_file()


def test_a_transport_profile_of_ones_own_stays(
    prefix: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FASTDDS_DEFAULT_PROFILES_FILE", "/etc/dds.xml")
    for process in load("simulation"):
        assert process.environment["FASTDDS_DEFAULT_PROFILES_FILE"] == "/etc/dds.xml"
