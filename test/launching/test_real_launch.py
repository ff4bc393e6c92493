"""Where the real launch is installed: the runner's command lines are the real ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lr_ros.launching import load
from lr_ros.launching.service import real_launch

pytestmark = pytest.mark.skipif(real_launch() is None, reason="launch_ros is not installed")

# Runs a launch file by the real launch, prints each command line, and shuts down.
PROGRAM = """
import json, sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription, RegisterEventHandler, Shutdown
from launch.event_handlers import OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource

path, expected, *arguments = sys.argv[1:]
seen = []

def on_start(event, context):
    seen.append([
        open(word).read() if "launch_params_" in word else word for word in event.cmd
    ])
    return [Shutdown()] if len(seen) == int(expected) else None

service = LaunchService()
service.include_launch_description(LaunchDescription([
    RegisterEventHandler(OnProcessStart(on_start=on_start)),
    IncludeLaunchDescription(
        PythonLaunchDescriptionSource(path),
        launch_arguments=[tuple(word.split(":=")) for word in arguments],
    ),
]))
service.run()
for command in seen:
    print("COMMAND " + json.dumps(command))
"""


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("lr_ros", {}),
        (
            "lr_ros",
            {
                "image": "/camera/image_raw",
                "compressed": "true",
                "namespace": "/robot/lr",
                "use_sim_time": "true",
                "log_level": "debug",
            },
        ),
        ("simulation", {"namespace": "sim"}),
        ("simulation", {"use_sim_time": "true", "speed": "2.0", "objects": "/things"}),
        ("scenario", {"state_home": "/var/lib/robot", "result": "/var/lib/scores.json"}),
        ("demo", {"state_home": "/var/lib/robot"}),
    ],
)
def test_command_lines_are_the_same(
    prefix: Path, tmp_path: Path, file: str, arguments: dict[str, str]
) -> None:
    ours = []
    processes = load(file, arguments)
    for process in processes:
        ours.append(
            [
                Path(word).read_text() if word.startswith(str(tmp_path / process.name)) else word
                for word in process.command(tmp_path)
            ]
        )
    words = [f"{name}:={value}" for name, value in arguments.items()]
    path = prefix / f"share/lr_ros/launch/{file}.launch.py"
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(len(processes)), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    real = [
        json.loads(line.partition(" ")[2])
        for line in done.stdout.splitlines()
        if line.startswith("COMMAND ")
    ]
    assert sorted(real) == sorted(ours)
