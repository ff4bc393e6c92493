"""Real node processes for tests: start one, speak with it over DDS, stop it, and see how it ended.

Nothing here sleeps to let something happen: answers, messages and exits are waited for.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Generic, TypeVar

import rclpy
from rclpy.client import Client
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

Message = TypeVar("Message")

# For the test's own process and, by its environment, for all that it starts.
os.environ.setdefault(
    "FASTDDS_DEFAULT_PROFILES_FILE", str(Path(__file__).parents[1] / "config" / "fastdds.xml")
)

RELIABLE = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
LATCHED = QoSProfile(
    depth=10,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
START_SECONDS = 60.0
"""How long a node may take to start on a loaded machine."""


class NodeProcess:
    """A node of ``lr_ros.nodes`` as a process; what it prints goes to a file in ``directory``."""

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
        self.process = self._start(arguments, environment_for(domain_id, environment))

    def _start(self, arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        """Start the process, in the log's directory."""
        code = f"from lr_ros.nodes.{self.module} import main; raise SystemExit(main())"
        with open(self._log, "ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", code, *arguments],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
                env=environment,
            )

    @property
    def output(self) -> str:
        """What the node has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def assert_alive(self) -> None:
        """Assert that it runs and has printed no traceback."""
        assert self.process.poll() is None, f"{self.module} ended:\n{self.output}"
        assert "Traceback" not in self.output, self.output

    def stop(self, number: int = signal.SIGINT, within: float = 60.0) -> float:
        """Send a signal, assert that the node ends well, and return the seconds that it took.

        Time in which it was ready to run but other processes had the processors is left out: on a
        machine that is busy with other things it says nothing of the node.
        """
        began, before = time.monotonic(), _waited_for_cpu(self.pid)
        after = before
        self.process.send_signal(number)
        while self.process.poll() is None:
            after = {**after, **_waited_for_cpu(self.pid)}
            if time.monotonic() - began > within:
                # The stacks tell where it hangs (the nodes enable faulthandler).
                self.process.send_signal(signal.SIGABRT)
                self.process.wait(5)
                raise AssertionError(f"{self.module} runs on after {within} s:\n{self.output}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.01)
        waited = {thread: after[thread] - before.get(thread, 0.0) for thread in after}
        main = waited.pop(self.pid, 0.0)
        seconds = time.monotonic() - began - main - max(waited.values(), default=0.0)
        code = self.process.returncode
        assert code == 0, f"{self.module} ended with {code}:\n{self.output}"
        assert "Traceback" not in self.output, self.output
        return seconds

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def environment_for(domain_id: int, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that sees this machine and this domain only."""
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(domain_id),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "PYTHONUNBUFFERED": "1",
        **(extra or {}),
    }


def _waited_for_cpu(pid: int) -> dict[int, float]:
    """Return the seconds that each thread of a process has waited for a processor, if known."""
    waited = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            text = path.read_text(encoding="ascii")
            waited[int(path.parent.name)] = int(text.split()[1]) * 1e-9
    return waited


class Inbox(Generic[Message]):
    """The messages of a topic as they arrived, and a way to wait for one."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._changed = threading.Condition()

    def put(self, message: Message) -> None:
        """Take a message in (called by the executor's thread)."""
        with self._changed:
            self.messages.append(message)
            self._changed.notify_all()

    def wait(
        self,
        wanted: Callable[[Message], bool] = lambda _: True,
        timeout: float = 20.0,
        start: int = 0,
    ) -> Message:
        """Return the first message from place ``start`` on that is wanted, waiting for it."""
        seen = start
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                for message in self.messages[seen:]:
                    if wanted(message):
                        return message
                seen = max(seen, len(self.messages))
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    last = self.messages[-1] if self.messages else None
                    raise AssertionError(f"no such message in {timeout} s; the last was: {last}")


class Probe:
    """A node of the test's own, spun in a thread: calls services, listens, publishes."""

    def __init__(self, namespace: str, domain_id: int) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self.namespace, self.domain_id = namespace, domain_id
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain_id)
        self.node = Node("probe", namespace=f"/{namespace}", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._clients: dict[str, Client] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def call(self, kind: Any, name: str, request: Any, timeout: float = 30.0) -> Any:
        """Call a service and return its answer."""
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = self.node.create_client(kind, name)
            assert client.wait_for_service(START_SECONDS), f"there is no service {name}"
        done = threading.Event()
        future = client.call_async(request)
        future.add_done_callback(lambda _: done.set())
        assert done.wait(timeout), f"{name} did not answer in {timeout} s"
        return future.result()

    def forget_clients(self) -> None:
        """Look services up anew, because their node was started anew."""
        for client in self._clients.values():
            self.node.destroy_client(client)
        self._clients.clear()

    def listen(self, kind: type[Message], topic: str, qos: QoSProfile = RELIABLE) -> Inbox[Message]:
        """Return the inbox of a topic."""
        inbox: Inbox[Message] = Inbox()
        self.node.create_subscription(kind, topic, inbox.put, qos)
        return inbox

    def publisher(self, kind: Any, topic: str, qos: QoSProfile = RELIABLE) -> Publisher:
        """Return a publisher."""
        return self.node.create_publisher(kind, topic, qos)

    def wait_for_graph(self, holds: Callable[[], bool], timeout: float = START_SECONDS) -> None:
        """Wait until something holds of the graph, of whose changes rclpy tells nobody."""
        deadline = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < deadline, f"the graph has not become so in {timeout} s"
            time.sleep(0.05)

    def close(self) -> None:
        """End the thread and the node."""
        self._stopping = True
        self._executor.wake()
        self._thread.join()
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        try:
            while not self._stopping:
                self._executor.spin_once(timeout_sec=0.5)
        except ExternalShutdownException:
            return


@contextmanager
def running(*processes: NodeProcess) -> Iterator[None]:
    """End the processes in any case, so that a failed test leaves none behind."""
    try:
        yield
    finally:
        for process in processes:
            if process.process.poll() is None:
                process.kill()
