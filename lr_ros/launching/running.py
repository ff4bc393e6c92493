"""Processes started, listened to, and stopped together."""

from __future__ import annotations

import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

from lr_ros.launching.child import Child
from lr_ros.launching.process import Process

GRACE = 3.0  # seconds from one signal to the next, stronger one
POLL = 0.1  # seconds; how soon a stop is noticed


def print_line(name: str, line: str) -> None:
    """Print a line of a node's output with its name before it."""
    print(f"[{name}] {line}", flush=True)


class Running:
    """Processes that run until each has ended or :meth:`stop` is called.

    One thread of its own starts, reads, restarts and reaps them all; the kernel ends a process with
    the thread that started it, so the thread lives as long as any of them. As a context manager it
    stops them on leaving.
    """

    def __init__(
        self,
        processes: Iterable[Process],
        *,
        on_line: Callable[[str, str], None] = print_line,
        grace: float = GRACE,
    ) -> None:
        self._children = [Child(process) for process in processes]
        self._on_line = on_line
        self._grace = grace
        self._failed = False
        self._signals: list[int] = []  # asked for, not yet sent
        self._thread = threading.Thread(target=self._main, name="launch")
        self._started = threading.Event()
        self._error: OSError | None = None

    def start(self) -> Running:
        """Start the processes; return when each of them has been started."""
        self._thread.start()
        self._started.wait()
        if self._error is not None:
            self._thread.join()
            raise self._error
        return self

    @property
    def pids(self) -> dict[str, int]:
        """Process ids, by name, of the processes that run now."""
        return {child.name: child.pid for child in self._children if child.pid is not None}

    @property
    def exit_codes(self) -> dict[str, int]:
        """Exit codes, by name, of the processes that have ended (negative: the signal's number)."""
        codes = {child.name: child.exit_code for child in self._children}
        return {name: code for name, code in codes.items() if code is not None}

    def stop(self, number: int = signal.SIGINT) -> None:
        """Ask all processes to end with this signal; those that do not are sent stronger ones.

        Returns at once. Called again, it goes on to the next stronger signal without waiting.
        """
        self._signals.append(number)

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until every process has ended; return the exit code, or None after ``timeout`` s.

        It is 0 if each ended with 0, or by the signal it was stopped with.
        """
        self._thread.join(timeout)
        if self._thread.is_alive():
            return None
        return int(self._failed)

    def __enter__(self) -> Running:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop and wait."""
        self.stop()
        self.wait()

    def _main(self) -> None:
        with (
            tempfile.TemporaryDirectory(prefix="lr_launch_") as folder,
            selectors.DefaultSelector() as selector,
        ):
            try:
                for child in self._children:
                    self._begin(child, Path(folder), selector)
            except OSError as error:
                self._error = error
                for child in self._children:
                    child.kill()
            finally:
                self._started.set()
            if self._error is None:
                self._loop(Path(folder), selector)

    def _begin(self, child: Child, folder: Path, selector: selectors.BaseSelector) -> None:
        selector.register(child.start(folder), selectors.EVENT_READ, child)

    def _loop(self, folder: Path, selector: selectors.BaseSelector) -> None:
        sent: list[int] = []  # signals so far, each stronger than the one before
        deadline = float("inf")
        while any(child.is_due or child.pid is not None for child in self._children):
            self._listen(selector)
            self._reap(selector, stopping=bool(sent))
            now = time.monotonic()
            if self._signals or now >= deadline:
                number = _stronger(sent, self._signals)
                self._signals.clear()
                sent.append(number)
                deadline = now + self._grace
                for child in self._children:
                    child.send(number)
            for child in self._children:
                if child.is_due_at(now):
                    self._begin(child, folder, selector)

    def _listen(self, selector: selectors.BaseSelector) -> None:
        for key, _ in selector.select(POLL):
            child = key.data
            lines, ended = child.read()
            for line in lines:
                self._on_line(child.name, line)
            if ended:
                selector.unregister(key.fileobj)

    def _reap(self, selector: selectors.BaseSelector, *, stopping: bool) -> None:
        for child in self._children:
            if not child.has_ended():
                continue
            if child.output in selector.get_map():
                selector.unregister(child.output)
            for line in child.close():
                self._on_line(child.name, line)
            if child.failed:
                self._failed = True
            if not stopping:
                self._report(child)
                if child.ends_launch and not child.is_due:
                    self.stop()

    def _report(self, child: Child) -> None:
        again = child.plan_restart()
        how = child.ending + ("; it is started again" if again else "")
        if child.failed or again:
            print(f"[launch] {child.name} {how}", file=sys.stderr, flush=True)


def _stronger(sent: list[int], asked: list[int]) -> int:
    """Return the next signal: at first the one asked for, then SIGTERM, then SIGKILL."""
    if not sent:
        return asked[0]
    return signal.SIGTERM if sent == [signal.SIGINT] else signal.SIGKILL
