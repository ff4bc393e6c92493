"""The package built by colcon, as on a robot."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .executables import NODES, PROGRAMS

ROOT = Path(__file__).parents[2]
HERE_ONLY = shutil.ignore_patterns(
    *(".git", ".venv", ".dev", "build", "install", "log", "out", "*cache*")
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not (ROOT / ".venv/bin/python").exists(), reason="builds against the checkout's .venv"
    ),
    pytest.mark.skipif(" " in str(ROOT), reason="colcon's local_setup.sh knows no spaces in paths"),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that has been built by scripts/colcon."""
    root = tmp_path_factory.mktemp("colcon") / "lr_ros"
    shutil.copytree(ROOT, root, ignore=HERE_ONLY)
    (root / ".venv").symlink_to(ROOT / ".venv")
    subprocess.run([str(root / "scripts/colcon"), "--build-only"], check=True)
    return root


def in_workspace(workspace: Path, command: str) -> str:
    """Return what a shell command prints after the workspace has been sourced."""
    prefix = workspace / "install"
    environment = {
        "PATH": os.pathsep.join([str(ROOT / ".venv/bin"), os.environ["PATH"]]),
        "COLCON_CURRENT_PREFIX": str(prefix),
        "AMENT_PREFIX_PATH": str(ROOT / ".venv"),
        "HOME": str(workspace),
    }
    done = subprocess.run(
        ["/bin/sh", "-c", f'. "{prefix}/local_setup.sh" && {command}'],
        cwd=workspace.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_nodes_are_where_ros2_run_looks(workspace: Path) -> None:
    folder = workspace / "install/lr_ros/lib/lr_ros"
    assert {path.name for path in folder.iterdir()} == set(NODES)
    assert all(os.access(path, os.X_OK) for path in folder.iterdir())
    programs = workspace / "install/lr_ros/bin"
    assert {path.name for path in programs.iterdir()} == set(PROGRAMS)


def test_the_nodes_start_the_python_they_were_built_with(workspace: Path) -> None:
    text = (workspace / "install/lr_ros/lib/lr_ros/learner").read_text()
    assert f"exec' \"{workspace}/.venv/bin/python" in text


def test_messages_and_code_are_those_of_the_workspace(workspace: Path) -> None:
    module = in_workspace(
        workspace,
        "python -c 'import lr_ros.msg, lr_ros.cli; print(lr_ros.cli.__file__)'",
    )
    assert Path(module.strip()).is_relative_to(workspace / "install/lr_ros")


def test_the_command_line_finds_the_launch_files(workspace: Path) -> None:
    assert in_workspace(workspace, "command -v lr").strip() == str(
        workspace / "install/lr_ros/bin/lr"
    )
    assert "lr_ros.launch.py" in in_workspace(workspace, "lr launch").split()
    shown = in_workspace(workspace, "lr launch lr_ros --show-args")
    assert str(workspace / "install/lr_ros/share/lr_ros/config/lr_ros.yaml") in shown
