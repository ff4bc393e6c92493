"""Processes started, listened to and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lr_ros.launching import Running

WAIT = 20.0  # seconds that a loaded machine may take for what takes a fraction of one


class Lines:
    """Output collected; a line can be waited for."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str]] = []
        self._changed = threading.Condition()

    def __call__(self, name: str, line: str) -> None:
        with self._changed:
            self.all.append((name, line))
            self._changed.notify_all()

    def wait_for(self, line: str, times: int = 1) -> None:
        with self._changed:
            assert self._changed.wait_for(
                lambda: [text for _, text in self.all].count(line) >= times, WAIT
            ), f"no {line!r} in {self.all}"


def gone(pid: int) -> bool:
    """Wait for the end of a process that is not our child (or is a zombie of somebody's)."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def test_output_comes_line_by_line_under_the_names(script) -> None:
    lines = Lines()
    running = Running(
        [
            script("print('one'); print('two', file=sys.stderr); print('rest', end='')", "a"),
            script("print('ü')", "b"),
        ],
        on_line=lines,
    ).start()
    assert running.wait(WAIT) == 0
    assert sorted(lines.all) == [("a", "one"), ("a", "rest"), ("a", "two"), ("b", "ü")]


def test_a_failure_is_the_exit_code(script, capfd: pytest.CaptureFixture[str]) -> None:
    running = Running([script("sys.exit(3)", "bad"), script("", "good")]).start()
    assert running.wait(WAIT) == 1
    assert running.exit_codes == {"bad": 3, "good": 0}
    assert "bad ended with exit code 3" in capfd.readouterr().err


def test_a_crash_is_a_failure(script, capfd: pytest.CaptureFixture[str]) -> None:
    running = Running([script("os.abort()", "bad")]).start()
    assert running.wait(WAIT) == 1
    assert "bad was ended by SIGABRT" in capfd.readouterr().err


def test_a_missing_interpreter_is_a_failure(tmp_path: Path, script) -> None:
    process = script("", "node")
    process.executable.write_text("#!/no/such/python\n")
    lines = Lines()
    assert Running([process], on_line=lines).start().wait(WAIT) == 1
    assert "No such file" in lines.all[0][1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_processes_get_the_signal_once_and_end_well(script, number: int) -> None:
    lines = Lines()
    program = (
        f"signal.signal({int(number)}, lambda *_: print('asked', flush=True) or sys.exit(0))\n"
        "print('up', flush=True)\nwhile True: signal.pause()"
    )
    running = Running([script(program, "a"), script(program, "b")], on_line=lines).start()
    lines.wait_for("up", times=2)
    running.stop(number)
    assert running.wait(WAIT) == 0
    assert [text for _, text in lines.all].count("asked") == 2


def test_an_end_by_the_signal_asked_for_is_no_failure(script) -> None:
    lines = Lines()
    running = Running([script("print('up', flush=True); signal.pause()")], on_line=lines).start()
    lines.wait_for("up")
    running.stop(signal.SIGTERM)
    assert running.wait(WAIT) == 0


def test_one_that_does_not_stop_is_killed_and_counts_as_failed(script) -> None:
    lines = Lines()
    program = (
        "for number in (2, 15): signal.signal(number, lambda n, _: print(n, flush=True))\n"
        "print('up', flush=True)\nwhile True: signal.pause()"
    )
    running = Running([script(program)], on_line=lines, grace=0.3).start()
    lines.wait_for("up")
    running.stop()
    assert running.wait(WAIT) == 1
    assert [text for _, text in lines.all] == ["up", "2", "15"]
    assert running.exit_codes == {"node": -signal.SIGKILL}


def test_asked_again_it_does_not_wait(script) -> None:
    lines = Lines()
    program = (
        "signal.signal(2, lambda *_: print('asked', flush=True))\n"
        "print('up', flush=True)\nwhile True: signal.pause()"
    )
    running = Running([script(program)], on_line=lines, grace=1000.0).start()
    lines.wait_for("up")
    running.stop()
    lines.wait_for("asked")
    running.stop()
    assert running.wait(WAIT) == 0
    assert running.exit_codes == {"node": -signal.SIGTERM}


def test_what_a_node_leaves_behind_is_ended(script) -> None:
    lines = Lines()
    program = "print(os.fork() or signal.pause(), flush=True)"
    running = Running([script(program)], on_line=lines).start()
    assert running.wait(WAIT) == 0
    assert gone(int(lines.all[0][1]))


def test_a_node_that_has_ended_is_started_again(script, tmp_path: Path) -> None:
    lines = Lines()
    process = script("print('up', flush=True); sys.exit(1)", respawn=True, respawn_delay=0.05)
    with Running([process], on_line=lines) as running:
        lines.wait_for("up", times=3)
        running.stop()
        assert running.wait(WAIT) is not None
    assert not running.pids


def test_pids_are_those_of_the_nodes(script) -> None:
    lines = Lines()
    program = "print(os.getpid(), flush=True); signal.pause()"
    with Running([script(program)], on_line=lines) as running:
        lines.wait_for(str(running.pids["node"]))


def test_leaving_the_context_stops_them(script) -> None:
    with Running([script("signal.pause()")]) as running:
        pid = running.pids["node"]
    assert gone(pid)
    assert running.wait(0) is not None


RUNNER = """
import sys
from lr_ros.launching import service
service.real_launch = lambda: None  # also where it is installed, the runner itself is tested
sys.exit(service.run(sys.argv[1], dict(namespace="lr")))
"""


@pytest.fixture
def runner(prefix: Path, tmp_path: Path):
    """A runner process with two nodes, which have said that they are up, and their pids."""
    started = subprocess.Popen(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-B", "-c", RUNNER, "lr_ros"],
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TMPDIR": str(tmp_path),  # one that is killed leaves its parameter files behind
        },
    )
    assert started.stdout is not None
    names = {started.stdout.readline().partition("]")[0] for _ in range(2)}
    assert names == {"[recognizer", "[learner"}
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_runner_stops_everything(runner, number: int) -> None:
    pids = children(runner.pid)
    assert len(pids) == 2
    runner.send_signal(number)
    assert runner.wait(WAIT) == 0
    assert all(gone(pid) for pid in pids)


def test_nothing_is_left_when_the_runner_is_killed(runner) -> None:
    pids = children(runner.pid)
    assert len(pids) == 2
    runner.kill()
    assert all(gone(pid) for pid in pids)


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_ends_the_launch_stops_the_others_and_hands_on_its_end(
    script, tmp_path: Path, code: int
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    lasting = script(
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        f"open({str(ready)!r}, 'w').close()\n"
        "signal.sigwait({signal.SIGINT})",
        "lasting",
    )
    ending = script(f"open({str(ready)!r}).close()\nsys.exit({code})", "ending", ends_launch=True)
    with Running([lasting, ending], on_line=Lines()) as running:
        assert running.wait(WAIT) == (1 if code else 0)
        assert running.exit_codes == {"lasting": 0, "ending": code}
