"""A robot in simulation, taught, corrected and asked at random for as long as one likes.

Everything goes through the client, as an operator's commands do, to real nodes. What they answer is
held against a ledger; their memory is watched.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lr_ros.client import LearnError
from lr_ros.client.connection import Connection
from lr_ros.evaluation.ledger import Ledger
from lr_ros.evaluation.memory import MemorySample, MemoryWatch, growth
from lr_ros.evaluation.soak_witness import Witness
from lr_ros.evaluation.system import System, node, own_domain, running_system
from lr_ros.msg import ErrorCode

KEPT = 10
"""Versions that the robot keeps."""

Answer = TypeVar("Answer")

BACKGROUNDS = 3
SEEN_SECONDS = 1.0
"""How long an object is in view before something is asked about it [s]."""

SWAP_SECONDS = 5.0
"""Longest time until the recognizer answers with a new model [s]."""


@dataclass(frozen=True)
class Options:
    """``seconds`` of random work; ``late`` [s] is too long for the answer to a command.

    ``late_ms`` is too long for a recognition, from its image's stamp [ms].
    """

    seconds: float = 600.0
    seed: int = 0
    late: float = 5.0
    late_ms: float = 1000.0
    interval: float = 5.0
    namespace: str = "lr_soak"
    domain_id: int = field(default_factory=own_domain)
    on_sample: Callable[[MemorySample, SoakCounts], None] = lambda _sample, _counts: None
    on_note: Callable[[str], None] = lambda _: None


@dataclass
class SoakCounts:
    """What was done and how it was answered; ``actions`` by kind."""

    actions: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    slowest: float = 0.0


@dataclass(frozen=True)
class SoakReport:
    """How a soak went; ``growth`` is that of :func:`lr_ros.evaluation.memory.growth` [MB]."""

    seconds: float
    counts: SoakCounts
    samples: list[MemorySample]
    growth: dict[str, float]
    recognitions: int
    late_recognitions: int
    named: int
    named_rightly: int


class Operator:
    """Does one thing after the other at random, and checks each answer."""

    def __init__(self, system: System, witness: Witness, options: Options) -> None:
        self.counts = SoakCounts()
        self._client = system.client
        self._system = system
        self._witness = witness
        self._options = options
        self._random = random.Random(options.seed)  # noqa: S311 - to repeat a run, not a secret
        self._ledger = Ledger(KEPT)
        self._names: dict[str, str] = {}  # what an object was last called
        self._objects = list(self._client.list_objects().names)
        self._turns = 0

    def step(self) -> None:
        """Do something, and compare what is known afterwards with what must be."""
        actions: list[tuple[float, Callable[[], None]]] = [
            (8, self._teach),
            (3, self._label),
            (4, self._look),
            (1, self._cancel),
        ]
        if self._ledger.classes:
            actions += [(3, self._forget), (2, self._rename), (1, self._save), (0.2, self._reset)]
        if self._ledger.can_undo:
            actions.append((3, self._undo))
        if self._ledger.saved:
            actions.append((1, self._load))
        weights, choices = zip(*actions, strict=True)
        action = self._random.choices(choices, weights)[0]
        kind = action.__name__.strip("_")
        self.counts.actions[kind] += 1
        try:
            action()
        except LearnError as error:
            self.counts.refused[f"{kind}: {error.code_name}"] += 1
            self._options.on_note(f"{kind} was refused: {error}")
        self._compare(kind)

    # ---- what an operator does ------------------------------------------------------------------

    def _show(self) -> str:
        shown = self._random.choice(self._objects)
        self._hold_up(shown)
        return shown

    def _hold_up(self, shown: str) -> None:
        self._client.present_object(shown, self._random.randrange(BACKGROUNDS))
        self._client.simulation.wait_until_shown(shown)
        time.sleep(SEEN_SECONDS)  # it is to be seen for a moment

    def _teach(self) -> None:
        shown = self._show()
        name = self._names.get(shown, shown)
        self._client.learn(name, frames=self._random.randint(8, 40))
        self._names[shown] = name
        self._ledger.learn(name)

    def _label(self) -> None:
        """Name the newest segment that is long enough, and wait until it is learned."""
        shown = self._show()
        name = self._names.get(shown, shown)
        segments = self._timed("list_segments", self._client.list_segments)
        newest = next((s for s in segments if s.frames >= 8), None)
        if newest is None:
            return
        session = self._client.label_segment(newest.segment_id, name)
        ended = self._witness.wait_for_session(session, self._system)
        if ended.error_code:
            raise LearnError.from_answer(ended.error_code, ended.message)
        self._names[shown] = name
        self._ledger.learn(name)

    def _look(self) -> None:
        """Look at an object that was taught, and count how it is called."""
        known = [o for o, name in self._names.items() if name in self._ledger.classes]
        shown = self._random.choice(known or self._objects)
        self._hold_up(shown)
        self._witness.expect(self._names[shown] if known else None)
        self._timed("recognize", lambda: self._client.recognize(2.0), beyond=2.0)
        self._witness.expect(None)

    def _cancel(self) -> None:
        """Give a session up while it gathers or trains; nothing may change."""
        shown = self._show()
        name = self._names.get(shown, shown)
        session = self._client.learn_class(name, frames=20).session_id
        time.sleep(self._random.uniform(0.0, 5.0))  # wherever it is by then
        try:
            self._timed("cancel", self._client.cancel)
        except LearnError as error:
            if error.code != ErrorCode.NO_SESSION:
                raise
            if not self._witness.wait_for_session(session, self._system).error_code:
                self._names[shown] = name  # it was faster
                self._ledger.learn(name)

    def _forget(self) -> None:
        name = self._random.choice(self._ledger.classes)
        self._timed("forget", lambda: self._client.forget(name))
        self._ledger.forget(name)

    def _rename(self) -> None:
        old = self._random.choice(self._ledger.classes)
        self._turns += 1
        new = f"{old.split(' ', maxsplit=1)[0]} {self._turns}"
        self._timed("rename", lambda: self._client.rename(old, new))
        self._ledger.rename(old, new)
        self._names = {o: new if name == old else name for o, name in self._names.items()}

    def _undo(self) -> None:
        self._timed("undo", self._client.undo)
        self._ledger.undo()

    def _reset(self) -> None:
        self._timed("reset", self._client.reset)
        self._ledger.reset()

    def _save(self) -> None:
        name = f"model-{self._random.randrange(3)}"
        self._timed("save", lambda: self._client.save(name, overwrite=True))
        self._ledger.save(name)

    def _load(self) -> None:
        name = self._random.choice(self._ledger.saved)
        self._timed("load", lambda: self._client.load(name))
        self._ledger.load(name)

    # ---- whether it was right --------------------------------------------------------------------

    def _timed(self, what: str, call: Callable[[], Answer], beyond: float = 0.0) -> Answer:
        """Call, and note a late answer; ``beyond`` is how long it may take anyway [s]."""
        began = time.monotonic()
        answer = call()
        seconds = time.monotonic() - began - beyond
        self.counts.slowest = max(self.counts.slowest, seconds)
        if seconds > self._options.late:
            self._note(self.counts.late, f"{what} answered after {seconds:.1f} s")
        return answer

    def _compare(self, kind: str) -> None:
        self._system.check()
        infos = self._timed("list_classes", self._client.list_classes)
        known = tuple(info.name for info in infos)
        if known != self._ledger.classes:
            text = f"after {kind} it knows {known}, it should know {self._ledger.classes}"
            self._note(self.counts.wrong, text)
            self._ledger = Ledger(KEPT, [known])  # so that one fault is counted once
        self._system.wait(
            lambda: self._client.status().classes == known, self._options.late, "a current status"
        )
        version = self._client.status().model_version
        self._witness.knows(version, known)
        if not self._witness.wait_for_version(version, SWAP_SECONDS):
            self._note(self.counts.late, f"model {version} does not answer after {SWAP_SECONDS} s")

    def _note(self, page: list[str], text: str) -> None:
        page.append(text)
        self._options.on_note(text)


def run_soak(options: Options) -> SoakReport:
    """Work at random for so long; return how it went.

    Raises:
        EvaluationError: The nodes did not come up, or one ended.
        NotAvailableError: A node does not answer any more.
    """
    with tempfile.TemporaryDirectory(prefix="lr_soak_") as folder:
        learner = {"store.directory": str(Path(folder) / "store"), "store.keep": KEPT}
        learner |= {"ask.enabled": False}
        processes = [
            node("simulated_camera", options.namespace, {}),
            node("recognizer", options.namespace, {}),
            node("learner", options.namespace, learner),
        ]
        with running_system(processes, options.namespace, options.domain_id) as system:
            connection = Connection(options.namespace, None, options.domain_id)
            try:
                return _soak(system, Witness(connection, options.late_ms), options)
            finally:
                connection.close()


def _soak(system: System, witness: Witness, options: Options) -> SoakReport:
    operator = Operator(system, witness, options)
    began = time.monotonic()

    def told(sample: MemorySample) -> None:
        options.on_sample(sample, operator.counts)

    with MemoryWatch(lambda: system.running.pids, options.interval, told) as watch:
        while time.monotonic() - began < options.seconds:
            operator.step()
    operator.counts.wrong += witness.wrong
    return SoakReport(
        time.monotonic() - began,
        operator.counts,
        watch.samples,
        growth(watch.samples),
        witness.recognitions,
        witness.late,
        witness.named,
        witness.named_rightly,
    )
