"""The files by which the package is built and installed agree with each other and with the code."""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .executables import NODES, PROGRAMS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
LISTS = ("runtime.txt", "ros.txt", "build.txt", "development.txt", "colcon.txt", "docs.txt")
PYTHONS = ("3.10", "3.11", "3.12", "3.13")

# Modules that come with a ROS installation, or are used only where they are installed.
FROM_ROS = {
    *("action_msgs", "ament_index_python", "builtin_interfaces", "diagnostic_msgs"),
    *("geometry_msgs", "launch", "launch_ros", "lifecycle_msgs", "rcl_interfaces", "rclpy"),
    *("cv_bridge", "rosgraph_msgs"),
    *("sensor_msgs", "std_msgs", "std_srvs", "unique_identifier_msgs", "vision_msgs"),
}


def requirements(name: str) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in (ROOT / "requirements" / name).open())
    return [Requirement(line) for line in lines if line]


def applies(requirement: Requirement, python: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({"python_version": python})


@pytest.mark.parametrize("name", [*LISTS, "constraints.txt"])
@pytest.mark.parametrize("python", PYTHONS)
def test_each_dependency_is_pinned_once_for_each_python(name: str, python: str) -> None:
    names = []
    for requirement in requirements(name):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        if applies(requirement, python):
            names.append(canonicalize_name(requirement.name))
    assert len(names) == len(set(names))


def test_constraints_hold_what_the_lists_do_not() -> None:
    direct = {canonicalize_name(each.name) for name in LISTS for each in requirements(name)}
    indirect = {canonicalize_name(each.name) for each in requirements("constraints.txt")}
    assert not direct & indirect


def test_no_list_names_a_place() -> None:
    for path in (ROOT / "requirements").iterdir():
        assert not re.search(r"://|^\s*--?\w", path.read_text(), re.MULTILINE), path.name


def test_what_a_robot_needs_is_what_was_tested() -> None:
    tested = {canonicalize_name(each.name): each for each in requirements("runtime.txt")}
    for requirement in requirements("robot.txt"):
        pin = next(iter(tested[canonicalize_name(requirement.name)].specifier)).version
        assert requirement.specifier.contains(pin), requirement


def test_every_import_is_a_requirement() -> None:
    known = {canonicalize_name(each.name) for name in LISTS[:2] for each in requirements(name)}
    providers = packages_distributions()
    missing = set()
    for path in (ROOT / "lr_ros").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module or ""]
            else:
                continue
            for module in (name.partition(".")[0] for name in modules):
                if module in sys.stdlib_module_names or module == "lr_ros" or module in FROM_ROS:
                    continue
                if not {canonicalize_name(each) for each in providers.get(module, [])} & known:
                    missing.add((module, str(path.relative_to(ROOT))))
    assert not missing


def test_every_ros_package_imported_is_a_dependency() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file
    named = {element.text for element in package if element.tag.endswith("depend")}
    optional = {"cv_bridge", "vision_msgs"}  # where they are installed
    through_others = {
        "rcl_interfaces",
        "unique_identifier_msgs",
    }  # rclpy and action_msgs bring them
    imported = set()
    for path in (ROOT / "lr_ros").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level:
                imported.add((node.module or "").partition(".")[0])
    assert (imported & FROM_ROS) - optional - through_others <= named


def test_cmake_lists_every_interface() -> None:
    cmake = (ROOT / "CMakeLists.txt").read_text()
    listed = set(re.findall(r"^  ((?:msg|srv|action)/\w+\.\w+)$", cmake, re.MULTILINE))
    there = {
        str(path.relative_to(ROOT))
        for folder in ("msg", "srv", "action")
        for path in (ROOT / folder).iterdir()
    }
    assert listed == there


def test_cmake_lists_every_dependency_of_the_interfaces() -> None:
    text = "".join(
        path.read_text()
        for folder in ("msg", "srv", "action")
        for path in (ROOT / folder).iterdir()
    )
    used = set(re.findall(r"^(\w+)/\w+", text, re.MULTILINE)) - {"lr_ros"}
    cmake = (ROOT / "CMakeLists.txt").read_text()
    (listed,) = re.findall(r"^  DEPENDENCIES (.*)$", cmake, re.MULTILINE)
    assert used == set(listed.split())


def test_versions_and_licences_agree() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert package.findtext("name") == project["name"]
    assert package.findtext("version") == project["version"]
    assert package.findtext("license") == project["license"]
    assert f"## {project['version']}" in (ROOT / "CHANGELOG.md").read_text()
    assert "Apache License" in (ROOT / "LICENSE").read_text()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]


def test_the_citation_has_what_its_format_asks_for() -> None:
    """The required fields of the Citation File Format 1.2.0, and names it knows."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] in {"software", "dataset"}
    for work in [citation, *citation["references"]]:
        assert work["title"]
        assert work["type"]
        for author in work["authors"]:
            assert set(author) == {"name"} or {"family-names", "given-names"} <= set(author)
    assert citation["message"]


# Keys of rosdep's base.yaml and python.yaml, looked up with the Debian package each stands for. A
# key that is not here has to be looked up, too: one that rosdep does not know stops
# `rosdep install` for everybody.
ROSDEP = {
    "python3-hypothesis": "python3-hypothesis",
    "python3-matplotlib": "python3-matplotlib",
    "python3-numpy": "python3-numpy",
    "python3-opencv": "python3-opencv",
    "python3-pil": "python3-pil",
    "python3-pytest": "python3-pytest",
    "python3-pytest-timeout": "python3-pytest-timeout",
    "python3-rich": "python3-rich",
    "python3-typing-extensions": "python3-typing-extensions",
    "python3-yaml": "python3-yaml",
}
# Packages of the ROS distributions themselves (Jazzy and Kilted), which rosdep knows by name.
ROS_BUILD = {
    *("ament_cmake", "ament_cmake_python", "ament_cmake_pytest"),
    *("rosidl_default_generators", "rosidl_default_runtime"),
}


def test_every_dependency_is_a_key_that_rosdep_knows() -> None:
    package = ElementTree.parse(ROOT / "package.xml").getroot()  # noqa: S314 - our own file
    named = {element.text for element in package if element.tag.endswith("depend")}
    assert named <= set(ROSDEP) | FROM_ROS | ROS_BUILD


def test_the_metadata_bounds_what_was_tested() -> None:
    """The ranges in pyproject.toml are for pip; the pins are what the tests have run with."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = {
        canonicalize_name(each.name): each for each in map(Requirement, project["dependencies"])
    }
    pins = [each for name in LISTS[:2] for each in requirements(name)]
    assert set(ranges) == {canonicalize_name(each.name) for each in pins}
    for pin in pins:
        bounds = ranges[canonicalize_name(pin.name)].specifier
        assert bounds.contains(next(iter(pin.specifier)).version), pin
        assert {each.operator for each in bounds} >= {">=", "<"} or str(bounds).startswith("=="), (
            pin
        )


def has_main(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "main" in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_node_is_an_executable_and_every_executable_a_node() -> None:
    modules = {path.stem for path in (ROOT / "lr_ros/nodes").glob("*.py") if has_main(path)}
    assert set(NODES) == modules
    assert len(NODES) == len(set(NODES))


def test_every_program_has_its_module() -> None:
    assert "lr" in PROGRAMS
    for module in PROGRAMS.values():
        assert has_main(ROOT / f"{module.replace('.', '/')}.py")


def test_pip_installs_the_executables_of_the_list() -> None:
    """As colcon does, which test_colcon.py looks at: both read CMakeLists.txt."""
    try:
        installed = distribution("lr_ros")
    except PackageNotFoundError:
        pytest.skip("lr_ros was not installed by pip here")
    if (installed.read_text("INSTALLER") or "").strip() != "pip":
        pytest.skip("lr_ros was not installed by pip here")
    files = [Path(str(installed.locate_file(path))).resolve() for path in installed.files or ()]
    prefix = Path(sys.prefix).resolve()
    assert {path.name for path in files if path.parent == prefix / "lib/lr_ros"} == set(NODES)
    assert {path.name for path in files if path.parent == prefix / "bin"} == set(PROGRAMS)


def test_only_files_that_are_installed_are_in_the_package() -> None:
    kept = {".py", ".typed", ".css", ".js", ".svg", ".pyc"}  # as CMakeLists.txt has it
    files = [path for path in (ROOT / "lr_ros").rglob("*") if path.is_file()]
    own = [path for path in files if "cache" not in str(path.relative_to(ROOT))]
    assert not [path for path in own if path.suffix not in kept]


def _executable(folder: Path, module: str) -> Path:
    """Make an executable that runs a module of this text by a Python in the folder."""
    folder.mkdir()
    python = folder / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (folder / "some_node.py").write_text(module)
    text = (ROOT / "scripts/executable.in").read_text()
    text = text.replace("@Python3_EXECUTABLE@", str(python))
    node = folder / "node"
    node.write_text(text.replace("@EXECUTABLE_MODULE@", "some_node"))
    node.chmod(0o755)
    return node


def test_an_executable_starts_its_python_from_a_path_with_a_space(tmp_path: Path) -> None:
    module = "import sys\ndef main():\n    print(sys.argv[1:])\n    return 3\n"
    node = _executable(tmp_path / "my robot", module)
    done = subprocess.run(
        [str(node), "--ros-args", "a b"],
        env={**os.environ, "PYTHONPATH": str(node.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "['--ros-args', 'a b']\n"), done.stderr


@pytest.mark.parametrize(
    ("module", "code"),
    [
        ("import time\nprint('here', flush=True)\ntime.sleep(60)\n", -signal.SIGINT),
        (
            "import time\ndef main():\n    try:\n        print('here', flush=True)\n"
            "        time.sleep(60)\n    except KeyboardInterrupt:\n        return 5\n",
            5,
        ),
    ],
)
def test_an_executable_that_is_interrupted_while_it_loads_shows_no_trace(
    tmp_path: Path, module: str, code: int
) -> None:
    node = _executable(tmp_path / "bin", module)
    with subprocess.Popen(
        [str(node)],
        env={**os.environ, "PYTHONPATH": str(node.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (code, "")


@pytest.mark.parametrize("target", ["help", "setup", "demo", "test", "lint", "clean"])
def test_make_has_the_target(target: str) -> None:
    done = subprocess.run(
        ["/usr/bin/env", "make", "-n", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
