"""Nodes as processes that start quickly: each is forked from one that has imported all.

Importing torch takes most of a node's start. What a node does from its ``main`` on is the same;
that it starts from nothing, too, is for the tests of launching.
"""

from __future__ import annotations

import atexit
import importlib
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from ros_processes import NodeProcess, environment_for

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["lr_ros.nodes.learner", "lr_ros.nodes.recognizer"])


class ForkedNode(NodeProcess):
    """A :class:`NodeProcess` without the seconds that imports take."""

    def __init__(
        self,
        module: str,
        namespace: str,
        domain_id: int,
        directory: Path,
        *,
        parameters: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.module = module
        directory.mkdir(parents=True, exist_ok=True)
        stem = f"{module}-{time.monotonic_ns()}"
        self._log = directory / f"{stem}.log"
        self._log.touch()
        arguments = ["--ros-args", "-r", f"__ns:=/{namespace}"]
        if parameters:
            settings = directory / f"{stem}.yaml"  # JSON is YAML
            settings.write_text(json.dumps({"/**": {"ros__parameters": dict(parameters)}}))
            arguments += ["--params-file", str(settings)]
        self.process = Forked(
            (module, arguments, self._log, environment_for(domain_id, environment))
        )


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
