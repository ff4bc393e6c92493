"""Nodes as processes that start quickly: each is forked from one that has imported all.

Importing torch takes most of a node's start. What a node does from its ``main`` on is the same;
that it starts from nothing, too, is for the tests of launching.
"""

from __future__ import annotations

import atexit
import importlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from ros_processes import NodeProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["lr_ros.nodes.learner", "lr_ros.nodes.recognizer"])


class ForkedNode(NodeProcess):
    """A :class:`NodeProcess` without the seconds that imports take."""

    def _start(self, arguments: list[str], environment: dict[str, str]) -> Forked:
        return Forked((self.module, arguments, self._log, environment))


class Forked(subprocess.Popen):  # type: ignore[type-arg]  # what is used of one, no more
    """A forked process that is handled as one of :mod:`subprocess`."""

    def __init__(self, what: tuple[str, Sequence[str], Path, Mapping[str, str]]) -> None:
        self._process = _CONTEXT.Process(target=_become, args=what, daemon=True)
        # Else each process would run pytest's own start once more.
        with patch.dict(sys.modules, {"__main__": ModuleType("__main__")}):
            self._process.start()
        self.pid = self._process.pid
        self.args = what[0]

    def __del__(self, *_: object) -> None:
        """Its context ends it."""

    @property
    def returncode(self) -> int | None:  # type: ignore[override]  # asked of the process itself
        return self._process.exitcode

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)


def _become(module: str, arguments: Sequence[str], log: Path, environment: dict[str, str]) -> None:
    """Run a node in this process, as ``python -c`` would."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(descriptor, stream.fileno())
        stream.reconfigure(line_buffering=True)
    os.chdir(log.parent)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["-c", *arguments]
    code = importlib.import_module(f"lr_ros.nodes.{module}").main()
    atexit._run_exitfuncs()
    sys.exit(code)
