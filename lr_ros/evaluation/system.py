"""The nodes as real processes, in a ROS domain and with a memory of their own."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from lr_ros.client import LearnClient, NotAvailableError
from lr_ros.evaluation.errors import EvaluationError
from lr_ros.launching import Process, Running
from lr_ros.launching.packages import executable, share_directory

START_SECONDS = 90.0
"""Longest time for the nodes to come up: the first start may have to prepare the network."""

_DISCOVERY = "ROS_AUTOMATIC_DISCOVERY_RANGE"
_PROFILE = "FASTDDS_DEFAULT_PROFILES_FILE"


def own_domain() -> int:
    """Return a ROS domain that other programs hardly use: one of 1 to 100 by process id."""
    return 1 + os.getpid() % 100


@dataclass
class System:
    """Running nodes and a client of theirs; made by :func:`running_system`."""

    client: LearnClient
    running: Running
    domain_id: int
    last_words: deque[str] = field(default_factory=lambda: deque(maxlen=15))
    _stopping: bool = False

    def check(self) -> None:
        """Raise where a node has ended before its time.

        Raises:
            EvaluationError: With its name, exit code and last lines of output.
        """
        ended = self.running.exit_codes
        if ended and not self._stopping:
            who = ", ".join(f"{name} (exit code {code})" for name, code in ended.items())
            raise EvaluationError(f"{who} ended before its time. {self.epilogue()}")

    def epilogue(self) -> str:
        """Return the last lines that the nodes wrote, as a sentence."""
        return "The nodes' last words: " + (" | ".join(self.last_words) or "none")

    def wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        """Wait for a condition while the nodes live.

        Raises:
            EvaluationError: A node ended, or the time is over.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise EvaluationError(f"{what}: not within {timeout:g} s. {self.epilogue()}")
            time.sleep(0.02)

    def peak_rss_mb(self) -> dict[str, float]:
        """Return the peak resident memory of each running process [MB]."""
        return {name: peak_rss_mb(pid) for name, pid in self.running.pids.items()}


def peak_rss_mb(pid: int) -> float:
    """Return a process's peak resident memory [MB]; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def node(name: str, namespace: str, parameters: dict[str, object]) -> Process:
    """Return the process of one of the package's nodes."""
    environment = dict(os.environ)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    return Process(
        name=name,
        executable=executable("lr_ros", name, environment),
        node_name=name,
        namespace="/" + namespace.strip("/"),
        parameters=(parameters,),
        environment=environment,
    )


@contextmanager
def running_system(
    processes: Sequence[Process],
    namespace: str,
    domain_id: int,
    on_line: Callable[[str, str], None] | None = None,
) -> Iterator[System]:
    """Start the processes in a domain of their own on this machine, and stop them at the end.

    ``on_line`` gets each line that a node writes, with the node's name.

    Raises:
        EvaluationError: They did not come up.
    """
    profile = share_directory("lr_ros", os.environ) / "config" / "fastdds.xml"
    own = {
        "ROS_DOMAIN_ID": str(domain_id),
        _DISCOVERY: "LOCALHOST",
        # Without it, a part of the raw frames is lost between the processes.
        _PROFILE: os.environ.get(_PROFILE) or str(profile),
    }
    moved = [replace(p, environment={**p.environment, **own}) for p in processes]
    last_words: deque[str] = deque(maxlen=15)

    def listen(name: str, line: str) -> None:
        last_words.append(f"[{name}] {line}")
        if on_line is not None:
            on_line(name, line)

    with (
        _environment({_DISCOVERY: own[_DISCOVERY], _PROFILE: own[_PROFILE]}),
        Running(moved, on_line=listen) as running,
        LearnClient(namespace, domain_id=domain_id, timeout=10.0) as client,
    ):
        system = System(client, running, domain_id, last_words)
        _await_nodes(system)
        yield system
        system._stopping = True


def _await_nodes(system: System) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        system.check()
        try:
            system.client.wait_until_ready(1.0)
        except NotAvailableError as error:
            if time.monotonic() > deadline:
                raise EvaluationError(f"{error}. {system.epilogue()}") from error
        else:
            return


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for what is made inside; ROS reads them when a context starts."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
