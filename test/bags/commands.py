"""Runs `lr bag` in a process of its own in which nothing of ROS can be imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

WITHOUT_ROS = """\
import sys

class NoRos:
    BARRED = {"rclpy", "rcl_interfaces", "sensor_msgs", "std_msgs", "builtin_interfaces"}

    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.BARRED or name.startswith(("lr_ros.msg", "lr_ros.srv")):
            raise ImportError(f"{name} is barred: there is no ROS here")

sys.meta_path.insert(0, NoRos())
from lr_ros.cli.main import main
sys.exit(main(["bag", *sys.argv[1:]]))
"""


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_ROS, *map(str, arguments)],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip


def report(*arguments: object) -> dict:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def learn(bag: Path, params: Path, store: Path, *more: object) -> dict:
    return report("learn", bag, "--params", params, "--store", store, *more)
