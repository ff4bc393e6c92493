"""Threads that do a node's work, so that its callbacks only have to hand over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class NewestSlot(Generic[Item]):
    """A place for one item: putting replaces what was not taken yet.

    Safe between one putting and one taking thread. ``replaced`` counts the items never taken.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._item: Item | None = None
        self._closed = False
        self.replaced = 0

    def put(self, item: Item) -> None:
        """Leave ``item``, replacing an older one."""
        with self._condition:
            if self._item is not None:
                self.replaced += 1
            self._item = item
            self._condition.notify()

    def take(self, timeout: float | None = None) -> Item | None:
        """Wait for an item and take it; None after ``timeout`` seconds or once closed."""
        with self._condition:
            self._condition.wait_for(lambda: self._item is not None or self._closed, timeout)
            item, self._item = self._item, None
            return None if self._closed else item

    def close(self) -> None:
        """Wake the taker for the last time."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether the slot was closed."""
        return self._closed


class NewestWorker(Generic[Item]):
    """A thread that works on the newest item, dropping those it had no time for.

    An exception of ``work`` goes to ``on_error`` with its item; the thread lives on.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[Item], None],
        on_error: Callable[[Item, Exception], None],
    ) -> None:
        self._slot: NewestSlot[Item] = NewestSlot()
        self._work = work
        self._on_error = on_error
        self._thread = threading.Thread(target=self._run, name=name)
        self._thread.start()

    @property
    def replaced(self) -> int:
        """How many items were replaced by newer ones before they were taken."""
        return self._slot.replaced

    def put(self, item: Item) -> None:
        """Hand over an item; returns at once."""
        self._slot.put(item)

    def close(self, timeout: float = 5.0) -> None:
        """Stop after the item in work and join the thread."""
        self._slot.close()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._slot.closed:
            item = self._slot.take()
            if item is None:
                continue
            try:
                self._work(item)
            except Exception as error:  # noqa: BLE001 - a bad item must not end the thread
                self._on_error(item, error)
