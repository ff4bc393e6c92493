"""What `lr doctor` looks at: the graph, lifecycle states, and what arrives within a moment."""

from __future__ import annotations

import contextlib
import os
import time
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import rclpy
from lifecycle_msgs.srv import GetState
from rclpy.qos import (
    DurabilityPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
    qos_profile_sensor_data,
)
from sensor_msgs.msg import CompressedImage, Image

from lr_ros import msg
from lr_ros.cli.checkup.checks import Facts, Publisher, Stream
from lr_ros.client.connection import Connection
from lr_ros.client.errors import ClientError
from lr_ros.client.health import listen as said

PACKAGES = ("lr_ros", "rclpy", "torch", "onnxruntime", "numpy")
IMAGE_TYPES = {"sensor_msgs/msg/Image": Image, "sensor_msgs/msg/CompressedImage": CompressedImage}
NODES = ("recognizer", "learner")

_LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)


def gather(connection: Connection, timeout: float, listen: float) -> Facts:
    """Find out everything: wait up to ``timeout`` s for nodes, then listen for ``listen`` s."""
    # Imported here: it needs OpenCV, whose absence is for the checks to report.
    from lr_ros.imaging.raw import ENCODINGS  # noqa: PLC0415

    facts = Facts(
        namespace=connection.namespace,
        versions={name: _version(name) for name in PACKAGES},
        middleware=rclpy.get_rmw_implementation_identifier(),
        domain_id=connection.node.context.get_domain_id(),
        profile=os.environ.get("FASTDDS_DEFAULT_PROFILES_FILE", ""),
        encodings=ENCODINGS,
    )
    connection.wait(lambda: all(_present(connection, name) for name in NODES), timeout)
    facts.states = {name: _state(connection, name, timeout) for name in NODES}
    _find_camera(connection, facts)
    connection.wait(lambda: bool(_publisher_infos(connection, facts.image_topic)), 1.0)
    facts.publishers = _publishers(connection, facts)
    _listen(connection, facts, listen)
    present = [name for name in NODES if facts.states[name] is not None]
    reports = said(connection, present, 1.5 if present else 0.0)
    facts.health = {name: (health.level, health.findings) for name, health in reports.items()}
    return facts


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _present(connection: Connection, name: str) -> bool:
    return (name, connection.namespace) in connection.node.get_node_names_and_namespaces()


def _state(connection: Connection, name: str, timeout: float) -> str | None:
    """Return the node's lifecycle state; None where it is not there or does not answer."""
    if not _present(connection, name):
        return None
    try:
        answer = connection.call(GetState, f"{name}/get_state", GetState.Request(), timeout, 5.0)
    except ClientError:
        return "without an answer about its state"
    return str(answer.current_state.label)


def _find_camera(connection: Connection, facts: Facts) -> None:
    """Find the topic that the recognizer takes images from, whatever it is remapped to."""
    facts.image_topic = connection.name("image")
    facts.image_type = "sensor_msgs/msg/Image"
    topics: list[tuple[str, list[str]]] = []
    if facts.states.get("recognizer") is not None:
        topics = connection.node.get_subscriber_names_and_types_by_node(
            "recognizer", connection.namespace
        )
    for topic, types in topics:
        for kind in types:
            if kind in IMAGE_TYPES:
                facts.image_topic, facts.image_type = topic, kind
    own = {connection.name(name) for name in ("debug_image", "debug_image/compressed")}
    facts.other_image_topics = sorted(
        topic
        for topic, types in connection.node.get_topic_names_and_types()
        if IMAGE_TYPES.keys() & set(types)
        and topic not in {facts.image_topic, *own}
        and connection.node.count_publishers(topic) > 0
    )


def _publisher_infos(connection: Connection, topic: str) -> list[Any]:
    return list(connection.node.get_publishers_info_by_topic(topic))


def _publishers(connection: Connection, facts: Facts) -> list[Publisher]:
    subscriptions = [
        info
        for info in connection.node.get_subscriptions_info_by_topic(facts.image_topic)
        if info.node_name == "recognizer" and info.node_namespace == connection.namespace
    ]
    wanted = subscriptions[0].qos_profile if subscriptions else qos_profile_sensor_data
    found = []
    for info in _publisher_infos(connection, facts.image_topic):
        compatibility, reason = qos_check_compatible(info.qos_profile, wanted)
        found.append(
            Publisher(
                node=f"{info.node_namespace.rstrip('/')}/{info.node_name}",
                type_name=info.topic_type,
                reliability=info.qos_profile.reliability.name.lower(),
                mismatch=reason if compatibility == QoSCompatibility.ERROR else "",
            )
        )
    return found


class _Sample:
    """Messages of one topic, with the time of their arrival."""

    def __init__(self, connection: Connection, kind: Any, topic: str, qos: QoSProfile) -> None:
        self.arrivals: list[float] = []
        self.latencies: list[float] = []
        self.newest: Any = None
        connection.run(lambda: connection.node.create_subscription(kind, topic, self._receive, qos))

    def _receive(self, message: Any) -> None:
        self.arrivals.append(time.monotonic())
        if isinstance(message, msg.Recognition):
            self.latencies.append(message.latency_ms)
        self.newest = message

    def stream(self) -> Stream:
        """Return what arrived, in figures."""
        count = len(self.arrivals)
        span = self.arrivals[-1] - self.arrivals[0] if count > 1 else 0.0
        rate = (count - 1) / span if span > 0 else 0.0
        newest = self.newest
        if isinstance(newest, Image):
            shape = (newest.encoding, newest.width, newest.height, len(newest.data))
            return Stream(count, rate, *shape)
        if isinstance(newest, CompressedImage):
            return Stream(count, rate, newest.format, message_bytes=len(newest.data))
        if isinstance(newest, msg.Recognition):
            late = sorted(self.latencies)[int(0.95 * (count - 1))]
            return Stream(count, rate, latency_p95_ms=late, model_version=newest.model_version)
        return Stream(count, rate)


def _listen(connection: Connection, facts: Facts, seconds: float) -> None:
    kind = IMAGE_TYPES[facts.image_type]
    images = _Sample(connection, kind, facts.image_topic, qos_profile_sensor_data)
    answers = _Sample(connection, msg.Recognition, "recognition", QoSProfile(depth=50))
    statuses = _Sample(connection, msg.LearnerStatus, "learner_status", _LATCHED)
    with contextlib.suppress(ClientError):
        connection.wait(lambda: False, seconds)
    facts.images = images.stream()
    facts.recognitions = answers.stream()
    if statuses.newest is not None:
        facts.learner_version = statuses.newest.model_version
        facts.learner_classes = len(statuses.newest.classes)
        facts.learner_message = statuses.newest.message
        facts.paused = statuses.newest.paused
