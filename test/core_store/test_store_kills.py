"""SIGKILL at random moments: what was acknowledged is there afterwards, bit for bit."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core_store.states import assert_equal, make_state
from lr_ros.core.store import Store

# Commits for ever and says what it was told: `v VERSION NUMBER`, `+ID NUMBER` and `-ID` for the
# journal. Each line is written after the call has returned, as an answer to an operator would be.
_WRITER = """
import sys
import time
from pathlib import Path
from lr_ros.core.store import Store
from core_store.states import make_state
store = Store(Path(sys.argv[1]), keep=4)
loaded = store.load()
number = loaded.state.meta["number"] if loaded else 0
print("open", flush=True)
while True:
    number += 1
    name = f"s{time.time_ns()}"
    store.journal.put(name, make_state(number, size=3000))
    print(f"+{name} {number}", flush=True)
    if number % 7 == 0:
        version = store.undo().version
        print(f"v {version} {store.load().state.meta['number']}", flush=True)
    version = store.commit(make_state(number, size=3000), "", session_id=name)
    print(f"v {version} {number}", flush=True)
    print(f"-{name}", flush=True)
"""


@dataclass
class _Acknowledged:
    version: int = 0
    number: int = 0
    sessions: dict[str, int] = field(default_factory=dict)
    committed: int = 0

    def take(self, line: str) -> None:
        if line.startswith("v "):
            self.version, self.number = map(int, line.split()[1:])
            self.committed += 1
        elif line.startswith("+"):
            name, number = line[1:].split()
            self.sessions[name] = int(number)
        elif line.startswith("-"):
            self.sessions.pop(line[1:].strip())


def _run_and_kill(root: Path, rng: random.Random, acknowledged: _Acknowledged) -> None:
    """Kill the writer a few milliseconds after one of its first answers."""
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    timer = threading.Timer(rng.uniform(0.0, 0.02), process.kill)
    last = rng.randint(0, 8)
    for count, line in enumerate(process.stdout):
        if count == last:
            timer.start()
        if line.endswith("\n"):
            acknowledged.take(line)
    assert process.wait() == -9
    timer.join()
    process.stdout.close()


def _check(root: Path, acknowledged: _Acknowledged) -> None:
    with Store(root, keep=4) as store:
        assert store.set_aside == []
        loaded = store.load()
        newest = loaded.version if loaded else 0
        # The kill may fall between the end of a commit and its acknowledgement.
        assert acknowledged.version <= newest <= acknowledged.version + 1
        if loaded:
            assert_equal(loaded.state, make_state(loaded.state.meta["number"], size=3000))
        if newest == acknowledged.version and loaded:
            assert loaded.state.meta["number"] == acknowledged.number
        found = {e.session_id: e.state for e in store.journal.pending()}
        for name, number in acknowledged.sessions.items():
            trained = loaded is not None and loaded.session_id == name
            assert name in found or trained, f"session {name} was lost"
            if name in found:
                assert_equal(found[name], make_state(number, size=3000))
        assert list(root.rglob(".writing-*")) == []
        for name in found:  # the next writer begins with an empty journal
            store.journal.done(name)
    acknowledged.sessions.clear()
    if newest > acknowledged.version:
        assert loaded is not None
        acknowledged.version, acknowledged.number = newest, loaded.state.meta["number"]


def _kill_often(root: Path, kills: int, seed: int) -> _Acknowledged:
    rng = random.Random(seed)  # noqa: S311 - moments, not secrets
    acknowledged = _Acknowledged()
    for _ in range(kills):
        _run_and_kill(root, rng, acknowledged)
        _check(root, acknowledged)
    return acknowledged


def test_kills(tmp_path: Path) -> None:
    acknowledged = _kill_often(tmp_path, kills=30, seed=1)
    assert acknowledged.committed > 15, "the writer hardly wrote: the test shows nothing"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_kills(tmp_path: Path) -> None:
    acknowledged = _kill_often(tmp_path, kills=500, seed=2)
    print(f"kills 500, commits acknowledged {acknowledged.committed}, lost 0")
