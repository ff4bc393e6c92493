"""The arrows between the folders point as docs/design.md says, and files stay short."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from architecture.tree import GENERATED, PACKAGE, ROOT, imports, layers, modules

LONGEST_FILE = 350
LONGEST_FUNCTION = 70
SPEAKS_ROS = {"ros", "nodes", "client", "cli", "evaluation"}
ROS_PACKAGES = {
    "rclpy", "rcl_interfaces", "lifecycle_msgs", "action_msgs", "builtin_interfaces", "std_msgs",
    "std_srvs", "sensor_msgs", "diagnostic_msgs", "geometry_msgs", "vision_msgs", "cv_bridge",
    "ament_index_python", "rosidl_runtime_py", "rosgraph_msgs", "launch_ros",
}  # fmt: skip

RUNS_LAUNCH_FILES = "lr_ros/launching/loading.py"
"""A launch file is a program; running it is what it is for."""

ALLOWED = layers()


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _folder(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def test_the_table_names_every_folder() -> None:
    folders = {p.name for p in PACKAGE.iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert set(ALLOWED) == folders
    named = set().union(*ALLOWED.values())
    assert named <= set(ALLOWED), "the table allows folders that are not there"


def test_the_arrows_make_no_circle() -> None:
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {folder for folder, may in ALLOWED.items() if may <= done} - done
        assert ready, f"a circle among {sorted(set(ALLOWED) - done)}"
        done |= ready


@pytest.mark.parametrize("path", modules(), ids=_name)
def test_imports_only_what_it_may(path: Path) -> None:
    folder = _folder(path)
    may = ALLOWED.get(folder, set()) | {folder}
    for line, name in imports(path):
        parts = name.split(".")
        if parts[0] != "lr_ros" or len(parts) < 2:
            continue
        where = f"{_name(path)}:{line} imports {name}"
        if parts[1] in GENERATED:
            assert folder in SPEAKS_ROS, where
        elif (PACKAGE / parts[1]).is_dir():
            assert parts[1] in may, f"{where}; {folder or 'lr_ros'}/ may import {sorted(may)}"


@pytest.mark.parametrize(
    "path", [p for p in modules() if _folder(p) not in SPEAKS_ROS | {"launching"}], ids=_name
)
def test_no_ros_below_the_ros_folder(path: Path) -> None:
    """All but `launching`, which looks for the real launch before it stands in for it."""
    for line, name in imports(path):
        assert name.split(".")[0] not in ROS_PACKAGES, f"{_name(path)}:{line} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=_name)
def test_files_and_functions_are_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", modules(), ids=_name)
def test_nothing_that_runs_foreign_text(path: Path) -> None:
    for line, name in imports(path):
        top = name.split(".")[0]
        assert top not in {"pickle", "dill", "marshal", "shelve"}, f"line {line} imports {name}"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name):
            runs = node.func.id in {"eval", "exec"} and _name(path) != RUNS_LAUNCH_FILES
            assert not runs, f"line {node.lineno}"
        for keyword in node.keywords:
            shell = keyword.arg == "shell" and not _is(keyword.value, False)
            assert not shell, f"line {node.lineno} starts a shell"
            unpickles = keyword.arg in {"weights_only"} and not _is(keyword.value, True)
            unpickles |= keyword.arg == "allow_pickle" and not _is(keyword.value, False)
            assert not unpickles, f"line {node.lineno} may unpickle"


def _is(node: ast.expr, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


@pytest.mark.parametrize("module", ["lr_ros", "lr_ros.core.store", "lr_ros.cli.main"])
def test_importing_is_light(module: str) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; "
        "print(*sorted({'torch', 'rclpy', 'onnxruntime', 'cv2'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == ""
