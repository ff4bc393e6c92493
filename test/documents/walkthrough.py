"""Runs the commands of a page as a reader would, in a scratch folder that looks like a checkout.

What one command leaves behind (folder, environment) the next one finds. A page's commands run as
they stand, except those for which the test says otherwise, with a reason.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lr_ros.client import LearnClient, NotAvailableError

from .pages import ROOT, blocks, commands

LONGEST = 150.0
"""Seconds that a command may take on a busy machine."""


@dataclass(frozen=True)
class Otherwise:
    """What is done about a command instead of running it and waiting for its end.

    Attributes:
        how: ``nodes`` starts it, unless the reader has nodes already, and waits for them;
            ``beside`` starts it and does not wait; ``live`` ends it by Ctrl-C after its first line,
            ``listen`` as soon as it listens to ``topic``; ``instead`` runs another command, ``not
            run`` trusts test_commands.py.
        reason: why, where it is not run as it stands.
        command: what is run in its place.
        then: commands that the test adds, for what a reader does with their hands.
        topic: name of a topic in the robot's namespace.
    """

    how: str
    reason: str = ""
    command: str = ""
    then: tuple[str, ...] = ()
    topic: str = ""


@dataclass
class Walkthrough:
    """A reader at work: a scratch folder, an environment and the processes in the background."""

    folder: Path
    domain_id: int
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)
    has_nodes: bool = False

    def __post_init__(self) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self.where = self.folder / "lr_ros"
        self.where.mkdir(parents=True)
        (self.where / ".venv").symlink_to(sys.prefix)
        for name in ("requirements", "scripts", "benchmarks"):
            (self.where / name).symlink_to(ROOT / name)
        program = shutil.which("lr") or str(Path(sys.prefix) / "bin/lr")
        paths = [str(Path(program).parent), str(Path(sys.executable).parent), os.environ["PATH"]]
        self.environment = {
            **os.environ,
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "PATH": os.pathsep.join(paths),
            "PYTHONSAFEPATH": "1",
            "COLUMNS": "160",
            "ROS_DOMAIN_ID": str(self.domain_id),
            "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
            "FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config/fastdds.xml"),
        }

    def walk(
        self, page: Path, otherwise: Mapping[str, Otherwise], once: set[str] | None = None
    ) -> None:
        """Run a page's commands in order; every exception named must be met.

        What is in ``once`` is left out, and what is run of `lr` and Python is added to it: a
        command that many pages show need not be run for each. The shell's own are run always.
        """
        unused = set(otherwise)
        once = set() if once is None else once
        for block in blocks(page, "sh", "python"):
            python = block.language == "python"
            for command in [block.text] if python else commands(block.text):
                unused.discard(command)
                rule = otherwise.get(command)
                ends = rule is None or rule.how in {"live", "listen"}
                if ends and (python or command.startswith("lr ")):
                    if command in once:
                        continue
                    once.add(command)
                if python:
                    self.python(command)
                else:
                    self.do(command, rule)
        assert not unused, f"the page has no such commands: {sorted(unused)}"

    def do(self, command: str, otherwise: Otherwise | None) -> None:
        """Run a command, or do what is said for it."""
        if otherwise is None:
            self.run(command)
            return
        command = otherwise.command or command
        if otherwise.how == "nodes":
            self.launch(command)
        elif otherwise.how == "beside":
            self.start(command)
        elif otherwise.how in {"live", "listen"}:
            self.watch(command, otherwise.topic)
        elif otherwise.how == "instead":
            self.run(command)
        else:
            assert otherwise.how == "not run"
            assert otherwise.reason
        for added in otherwise.then:
            self.run(added)

    def launch(self, command: str) -> None:
        """Start the robot's nodes, unless they run, and wait until they are ready."""
        if self.has_nodes:
            return
        self.start(command)
        with self.client() as robot:
            try:
                robot.wait_until_ready(LONGEST)
            except NotAvailableError as error:
                raise AssertionError(f"{command}: {error}\n{self.logs()}") from error
        self.has_nodes = True

    def client(self) -> LearnClient:
        """Return a client of the reader's robot."""
        return LearnClient("lr", domain_id=int(self.environment["ROS_DOMAIN_ID"]))

    def run(self, command: str) -> str:
        """Run a command to its end and return what it said; the shell's state is kept."""
        began = time.monotonic()
        state = self.folder / "state_of_the_shell"
        script = f'{command}\nstatus=$?\n(pwd; env -0) > "{state}"\nexit $status\n'
        done = subprocess.run(
            ["/bin/bash", "-c", script],
            cwd=self.where,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
        print(f"{time.monotonic() - began:6.1f} s  {command}")  # pytest shows it of a failed test
        said = f"$ {command}\n{done.stdout}{done.stderr}"
        assert done.returncode == 0, f"exit code {done.returncode}\n{said}\n{self.logs()}"
        assert "Traceback" not in done.stderr, said
        where, _, variables = state.read_text(encoding="utf-8").partition("\n")
        self.where = Path(where)
        self.environment = dict(v.split("=", 1) for v in variables.split("\0") if "=" in v)
        return done.stdout

    def python(self, text: str) -> None:
        """Run a block of Python."""
        path = self.folder / "block.py"
        path.write_text(text, encoding="utf-8")
        self.run(f'"{sys.executable}" "{path}"')

    def start(self, command: str) -> None:
        """Start a command in the background."""
        log = self.folder / f"background-{len(self.running)}.log"
        with open(log, "wb") as output:
            self.running.append((command, self._popen(command, output, subprocess.STDOUT)))

    def watch(self, command: str, topic: str = "") -> None:
        """Run a command that goes on for ever, and end it as a reader does, by Ctrl-C.

        Without a topic its first line is waited for; with one, that it listens to it: it may
        rightly say nothing.
        """
        process = self._popen(command, subprocess.PIPE, subprocess.PIPE)
        assert process.stdout is not None
        if topic:
            self._wait_for_listener(topic, process)
        else:
            assert process.stdout.readline(), f"{command} said nothing"
        assert process.poll() is None, f"{command} ended by itself"
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, f"{command} ended with {process.returncode}: {said!r}"
        assert b"Traceback" not in said, said

    def _wait_for_listener(self, topic: str, process: subprocess.Popen[bytes]) -> None:
        with self.client() as robot:
            deadline = time.monotonic() + LONGEST
            while not robot.node.count_subscribers(topic):  # the graph tells nobody of changes
                assert process.poll() is None, "it ended by itself"
                assert time.monotonic() < deadline, f"nobody listens to {topic}"
                time.sleep(0.05)

    def stop(self) -> None:
        """End what runs in the background by Ctrl-C, and see that it ends well."""
        for _, process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGINT)
        for command, process in self.running:
            code = process.wait(30)
            assert code in {0, 130}, f"{command} ended with {code}\n{self.logs()}"
        assert "Traceback" not in self.logs()

    def clean(self) -> None:
        """Leave nothing behind, whatever happened."""
        for _, process in self.running:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def logs(self) -> str:
        """Return what the background has said."""
        paths = sorted(self.folder.glob("background-*.log"))
        return "\n".join(path.read_text(errors="replace")[-5000:] for path in paths)

    def _popen(self, command: str, out: IO[bytes] | int, errors: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/bash", "-c", f"exec {command}"],
            cwd=self.where,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
        )
