"""What the set-up asks of a machine, tried with stand-ins for the machine's programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ("setup", "prerequisites.sh", "test", "colcon", "overlay")

PRELUDE = """
set -eu
say() { echo "==> $*"; }
die() { echo "setup: $*" >&2; exit 1; }
. "$SCRIPTS/prerequisites.sh"
"""


class Machine:
    """A machine that has only the programs put on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("sh", "env"):
            self.link(name)

    def link(self, *names: str) -> None:
        for name in names:
            found = shutil.which(name, path="/usr/bin:/bin")
            assert found is not None
            (self.folder / name).symlink_to(found)

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def be(self, user: int, *, system: str = "Linux", processor: str = "x86_64") -> None:
        self.put("id", f"echo {user}")
        self.put(
            "uname",
            f'[ "$1" = -sm ] && echo {system} {processor} && exit; '
            f'[ "$1" = -s ] && echo {system} || echo {processor}',
        )

    def run(self, program: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", "-c", PRELUDE + program],
            env={"PATH": str(self.folder), "SCRIPTS": str(ROOT / "scripts"), **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "bin")
    machine.be(1000)
    return machine


@pytest.fixture
def python(machine: Machine) -> str:
    """A Python with everything, under the name of the one that is preferred."""
    machine.put("python3.11", f'exec "{sys.executable}" "$@"')
    return "python3.11"


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_plain_sh(name: str) -> None:
    subprocess.run(["/bin/sh", "-n", str(ROOT / "scripts" / name)], check=True)


def test_a_user_is_told_what_is_missing_and_the_command(machine: Machine, python: str) -> None:
    machine.put("apt-get", "echo must not be called; exit 9")
    done = machine.run(f"require_build_tools {python}")
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install" in done.stderr
    for package in ("gcc", "g++", "make"):
        assert f" {package}" in done.stderr
    assert "must not be called" not in done.stdout


def test_root_gets_it_installed(machine: Machine, python: str, tmp_path: Path) -> None:
    machine.be(0)
    calls = tmp_path / "calls"
    machine.put("apt-get", f'echo "$@" >> "{calls}"')
    done = machine.run(f"require_build_tools {python}")
    assert done.returncode == 0, done.stderr
    update, install = calls.read_text().splitlines()
    assert update.startswith("update")
    assert install.startswith("install")
    assert install.endswith("gcc g++ make")


def test_a_failed_installation_is_the_end(machine: Machine, python: str) -> None:
    machine.be(0)
    machine.put("apt-get", "exit 100")
    done = machine.run(f"require_build_tools {python}; echo went on")
    assert done.returncode == 1
    assert "apt-get could not install: gcc g++ make" in done.stderr
    assert "went on" not in done.stdout


def test_another_distribution_is_told_the_names(machine: Machine, python: str) -> None:
    done = machine.run(f"require_build_tools {python}")
    assert done.returncode == 1
    assert "by the names of their Debian packages): gcc g++ make" in done.stderr


def test_nothing_is_asked_where_everything_is_there(machine: Machine, python: str) -> None:
    for name in ("gcc", "g++", "make"):
        machine.put(name, "true")
    done = machine.run(f"require_build_tools {python}")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_browser_that_is_missing_is_named_and_not_installed(machine: Machine) -> None:
    machine.be(0)
    machine.put("apt-get", "echo must not be called; exit 9")
    done = machine.run("look_for_browser; echo went on")
    assert done.returncode == 0
    assert "apt-get install chromium" in done.stdout
    assert done.stdout.endswith("went on\n")
    assert "must not be called" not in done.stdout


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_taken(machine: Machine, name: str) -> None:
    machine.put(name, "true")
    done = machine.run("look_for_browser")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_python_with_all_wheels_is_preferred(machine: Machine, python: str) -> None:
    machine.put("python3.12", f'exec "{sys.executable}" "$@"')
    machine.put("python3", f'exec "{sys.executable}" "$@"')
    done = machine.run('choose_python; echo "$python"')
    assert done.stdout.strip() == str(machine.folder / "python3.11")


def test_a_python_that_does_not_run_is_passed_over(machine: Machine) -> None:
    machine.put("python3.11", "echo pyenv: command not found >&2; exit 127")
    machine.put("python3", f'exec "{sys.executable}" "$@"')
    done = machine.run('choose_python; echo "$python"')
    assert done.stdout.strip() == str(machine.folder / "python3"), done.stderr


def test_a_python_of_the_wrong_version_is_refused_by_name(machine: Machine) -> None:
    machine.put("old", "exit 1")
    done = machine.run("choose_python", LR_PYTHON="old")
    assert done.returncode == 1
    assert "LR_PYTHON=old is not a Python 3.10 to 3.13" in done.stderr


def test_without_any_python_the_packages_are_named(machine: Machine) -> None:
    done = machine.run("choose_python")
    assert done.returncode == 1
    assert "python3 python3-venv python3-dev" in done.stderr


def test_a_python_without_venv_is_completed(machine: Machine, tmp_path: Path) -> None:
    machine.be(0)
    done_marker = tmp_path / "installed"
    machine.put("apt-get", f'case "$*" in *python3.1*-venv*) : > "{done_marker}";; esac')
    machine.put(
        "python3.11",
        f'case "$*" in *ensurepip*) [ -e "{done_marker}" ] || exit 1;; esac\n'
        f'exec "{sys.executable}" "$@"',
    )
    done = machine.run('choose_python; echo "$python"')
    assert done.returncode == 0, done.stderr
    assert done_marker.exists()
    assert done.stdout.strip().endswith("python3.11")


@pytest.mark.parametrize(
    ("system", "processor"), [("Linux", "aarch64"), ("Darwin", "arm64"), ("Linux", "armv7l")]
)
def test_other_machines_are_sent_to_colcon(machine: Machine, system: str, processor: str) -> None:
    machine.be(1000, system=system, processor=processor)
    done = machine.run("require_platform")
    assert done.returncode == 1
    assert f"this is {system} {processor}" in done.stderr
    assert "colcon" in done.stderr


def test_an_unknown_argument_is_refused() -> None:
    done = subprocess.run(
        [str(ROOT / "scripts/setup"), "--fast"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "unknown argument: --fast" in done.stderr


def patience(folder: Path, program: str) -> subprocess.CompletedProcess[str]:
    """Run a program by the set-up's function ``patiently``, twice."""
    text = (ROOT / "scripts/setup").read_text(encoding="utf-8")
    clock = re.search(r"^clock\(\).*$", text, re.MULTILINE)
    function = re.search(r"^patiently\(\).*?^}$", text, re.MULTILINE | re.DOTALL)
    assert clock
    assert function
    (folder / "build").mkdir()
    script = f"set -eu\nroot=$PWD\n{clock[0]}\n{function[0]}\npatiently work 5 {program}"
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=folder, capture_output=True, text=True, check=False
    )


def test_a_long_step_is_quiet_and_remembers_its_time(tmp_path: Path) -> None:
    done = patience(tmp_path, "sh -c 'echo building'")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert int((tmp_path / "build/.seconds.work").read_text()) < 5


def test_a_long_step_that_fails_shows_what_it_said(tmp_path: Path) -> None:
    done = patience(tmp_path, "sh -c 'echo no compiler; exit 3'")
    assert done.returncode == 3
    assert "no compiler" in done.stderr
    assert not (tmp_path / "build/.seconds.work").exists()


def test_a_second_set_up_waits_for_the_first(tmp_path: Path) -> None:
    # A checkout that needs nothing done: only the lock is at work.
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    (tmp_path / "build").mkdir()
    import fcntl  # noqa: PLC0415 - not on every system that could run the other tests

    with open(tmp_path / "build/setup.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        setup = subprocess.Popen(
            [str(tmp_path / "scripts/setup")],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "LR_PYTHON": "/bin/false"},
        )
        assert setup.stdout is not None
        assert "waiting for it" in setup.stdout.readline()
        assert setup.poll() is None
    assert setup.wait(30) == 1  # it went on, to the Python that is none
    setup.stdout.close()
