"""A thread that does jobs in order, and something useful while there are none."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")

ERROR_REST = 1.0
"""How long to rest after ``idle`` has failed [s]."""


class JobThread:
    """Runs jobs one after the other; between them, ``idle``.

    ``idle`` is called when no job waits and returns how long to rest before it is called again
    [s]; :meth:`wake` cuts the rest short. What it raises goes to ``on_error``; the thread lives on.
    """

    def __init__(
        self, name: str, idle: Callable[[], float], on_error: Callable[[Exception], None]
    ) -> None:
        self._idle = idle
        self._on_error = on_error
        self._condition = threading.Condition()
        self._jobs: deque[Callable[[], None]] = deque()
        self._closed = False
        self._woken = False
        self._thread = threading.Thread(target=self._run, name=name)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def submit(self, work: Callable[[], Result]) -> Future[Result]:
        """Queue ``work``; what it returns or raises is in the future."""
        future: Future[Result] = Future()

        def job() -> None:
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - it is for who asked
                future.set_exception(error)

        with self._condition:
            if self._closed:
                future.cancel()
                return future
            self._jobs.append(job)
            self._condition.notify()
        return future

    def wake(self) -> None:
        """Call ``idle`` again soon."""
        with self._condition:
            self._woken = True
            self._condition.notify()

    def close(self) -> None:
        """End after the job in work and join the thread; jobs that wait are dropped."""
        with self._condition:
            self._closed = True
            self._condition.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        rest = 0.0
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._closed or self._woken or self._jobs, rest)
                self._woken = False
                if self._closed:
                    return
                job = self._jobs.popleft() if self._jobs else None
            if job is not None:
                job()
                rest = 0.0
            else:
                rest = self._rest_after_idling()

    def _rest_after_idling(self) -> float:
        try:
            return self._idle()
        except Exception as error:  # noqa: BLE001 - the thread must outlive it
            self._on_error(error)
            return ERROR_REST
