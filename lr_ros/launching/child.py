"""One started process: its output, its end, its restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from lr_ros.launching import tether
from lr_ros.launching.process import Process

LONGEST_LINE = 65536  # bytes; a node that never ends its line is printed in pieces


class Child:
    """A process of a launch. All of it is used by the one thread that runs the launch."""

    def __init__(self, process: Process) -> None:
        self.name = process.name
        self.ends_launch = process.ends_launch
        self.exit_code: int | None = None
        self.output = -1
        self._process = process
        self._popen: subprocess.Popen[bytes] | None = None
        self._rest = b""
        self._signals: set[int] = set()
        self._due: float | None = None

    def start(self, folder: Path) -> int:
        """Start it in a process group of its own; return the file descriptor of its output."""
        command = self._process.command(folder)
        # -I -S: the tether needs only the standard library, and starts fast without the rest.
        tied = [sys.executable, "-I", "-S", tether.__file__, str(os.getpid()), *command]
        self._popen = subprocess.Popen(  # noqa: S603 - no shell; the command is a launch file's
            tied,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._process.environment or None,
            start_new_session=True,
            bufsize=0,
        )
        assert self._popen.stdout is not None  # noqa: S101 - for the type; it is a pipe
        self.output = self._popen.stdout.fileno()
        os.set_blocking(self.output, False)
        self.exit_code = None
        self._signals.clear()
        self._due = None
        return self.output

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return None if self._popen is None or self.exit_code is not None else self._popen.pid

    def read(self) -> tuple[list[str], bool]:
        """Return the whole lines that have arrived, and whether the output has ended."""
        try:
            data = os.read(self.output, LONGEST_LINE)
        except BlockingIOError:
            return [], False
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) >= LONGEST_LINE:
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace").rstrip("\r") for line in lines], not data

    def has_ended(self) -> bool:
        """Return, once for each end, whether the process has ended."""
        if self._popen is None or self.exit_code is not None:
            return False
        self.exit_code = self._popen.poll()
        return self.exit_code is not None

    def close(self) -> list[str]:
        """After the end: end what it has left behind, and return the last lines of its output."""
        assert self._popen is not None  # noqa: S101 - for the type; it has ended
        assert self._popen.stdout is not None  # noqa: S101 - for the type; it is a pipe
        self._kill_group()
        lines: list[str] = []
        ended = False
        while not ended:
            more, ended = self.read()
            lines += more
            ended = ended or not more
        if self._rest:
            lines.append(self._rest.decode(errors="replace"))
            self._rest = b""
        self._popen.stdout.close()
        return lines

    @property
    def failed(self) -> bool:
        """Whether it ended otherwise than with 0 or by a signal it was asked to end with."""
        code = self.exit_code
        if code is None or code == 0:
            return False
        return -code not in self._signals - {signal.SIGKILL}

    @property
    def ending(self) -> str:
        """How it ended, in words."""
        code = self.exit_code or 0
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def send(self, number: int) -> None:
        """Send a signal; SIGKILL goes to everything it has started, too. Nothing restarts after."""
        self._due = None
        if self.pid is None or self._popen is None:
            return
        self._signals.add(number)
        if number == signal.SIGKILL:
            self._kill_group()
        else:
            self._popen.send_signal(number)

    def kill(self) -> None:
        """End it at once, if it was started, and wait for that."""
        if self._popen is not None:
            self.send(signal.SIGKILL)
            self.exit_code = self._popen.wait()
            self.close()

    def plan_restart(self) -> bool:
        """Plan to start it again if it is to be, and return whether it is."""
        if self._process.respawn:
            self._due = time.monotonic() + self._process.respawn_delay
        return self._process.respawn

    @property
    def is_due(self) -> bool:
        """Whether it will be started again."""
        return self._due is not None

    def is_due_at(self, now: float) -> bool:
        """Return whether it is to be started again by ``now`` (monotonic clock, s)."""
        return self._due is not None and now >= self._due

    def _kill_group(self) -> None:
        assert self._popen is not None  # noqa: S101 - only called when started
        try:
            os.killpg(self._popen.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # nobody is left
