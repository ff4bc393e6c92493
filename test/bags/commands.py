"""Runs `lr bag`: in this process, or in one of its own in which nothing of ROS can be imported."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from lr_ros.cli.main import main

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


@dataclass(frozen=True)
class Done:
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: object) -> Done:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["bag", *map(str, arguments)])
    return Done(code, out.getvalue(), err.getvalue())


def run_without_ros(*arguments: object) -> Done:
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT_ROS, *map(str, arguments)],
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    return Done(done.returncode, done.stdout, done.stderr)


def report(*arguments: object, by=run) -> dict:
    done = by(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def learn(bag: Path, params: Path, store: Path, *more: object, by=run) -> dict:
    return report("learn", bag, "--params", params, "--store", store, *more, by=by)
