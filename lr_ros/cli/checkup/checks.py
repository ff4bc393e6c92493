"""What `lr doctor` concludes from what it found; no ROS in here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

LARGE_FRAME = 400_000
"""A message above this many bytes does not fit Fast DDS's default shared memory segment well."""

SLOW_CAMERA = 2.0
"""Frames a second below which learning takes very long."""

SLOW_ANSWER_MS = 300.0
"""Latency above which recognition lags behind what the camera sees [ms]."""


class Level(Enum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, what was found, and what to do about it."""

    level: Level
    title: str
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Publisher:
    """Who publishes images; ``mismatch`` is empty where its QoS matches the recognizer's."""

    node: str
    type_name: str
    reliability: str
    mismatch: str = ""


@dataclass(frozen=True)
class Stream:
    """What arrived on a topic while the doctor listened."""

    count: int
    rate: float
    encoding: str = ""
    width: int = 0
    height: int = 0
    message_bytes: int = 0
    latency_p95_ms: float = 0.0
    model_version: int = 0


@dataclass
class Facts:
    """All that the doctor found out."""

    namespace: str = "/lr"
    versions: dict[str, str] = field(default_factory=dict)
    middleware: str = ""
    domain_id: int = 0
    profile: str = ""
    encodings: tuple[str, ...] = ()
    states: dict[str, str | None] = field(default_factory=dict)  # node: state; None: not there
    image_topic: str = ""
    image_type: str = ""
    publishers: list[Publisher] = field(default_factory=list)
    other_image_topics: list[str] = field(default_factory=list)
    images: Stream | None = None
    recognitions: Stream | None = None
    learner_version: int | None = None
    learner_classes: int = 0
    learner_message: str = ""
    health: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    """By node: ok, warn or error, and why, as the nodes' diagnostics have it."""
    paused: bool = False


def examine(facts: Facts) -> list[Check]:
    """Return every check, in the order in which faults should be mended."""
    return [
        *_installation(facts),
        *_nodes(facts),
        *_camera(facts),
        *_recognition(facts),
        *_models(facts),
        *_health(facts),
    ]


def _installation(facts: Facts) -> Iterator[Check]:
    missing = [name for name, version in facts.versions.items() if not version]
    found = ", ".join(f"{name} {version}" for name, version in facts.versions.items() if version)
    if missing:
        yield Check(
            Level.FAIL, "packages", f"not installed: {', '.join(missing)}", "run `make setup`"
        )
    else:
        yield Check(Level.OK, "packages", found)
    yield Check(Level.OK, "middleware", f"{facts.middleware}, ROS_DOMAIN_ID {facts.domain_id}")


def _nodes(facts: Facts) -> Iterator[Check]:
    for name, state in facts.states.items():
        if state is None:
            yield Check(
                Level.FAIL,
                name,
                f"not running in namespace {facts.namespace}",
                "start it with `lr launch lr_ros`, or name its namespace or ROS_DOMAIN_ID",
            )
        elif state == "active":
            yield Check(Level.OK, name, "running and active")
        else:
            yield Check(
                Level.FAIL,
                name,
                f"running but {state}",
                f"activate it (`ros2 lifecycle set {facts.namespace}/{name} activate`), start it "
                "with `autostart: true`, and read its log",
            )


def _camera(facts: Facts) -> Iterator[Check]:
    if not facts.publishers:
        elsewhere = ", ".join(facts.other_image_topics)
        yield Check(
            Level.FAIL,
            "camera",
            f"nobody publishes {facts.image_topic}",
            f"images are published on {elsewhere}: launch with image:=TOPIC"
            if elsewhere
            else "start a camera, or `lr launch simulation.launch.py`",
        )
        return
    yield from _publishers(facts)
    yield from _images(facts)


def _publishers(facts: Facts) -> Iterator[Check]:
    for publisher in facts.publishers:
        who = f"{publisher.node} publishes {facts.image_topic}"
        if publisher.type_name != facts.image_type:
            yield Check(
                Level.FAIL,
                "camera",
                f"{who} as {publisher.type_name}, the recognizer takes {facts.image_type}",
                "set the recognizer's parameter image.compressed to "
                + ("true" if "Compressed" in publisher.type_name else "false"),
            )
        elif publisher.mismatch:
            yield Check(
                Level.FAIL,
                "camera QoS",
                f"{who}, {publisher.reliability}: {publisher.mismatch}",
                "set the recognizer's parameter image.reliability to best_effort",
            )
        else:
            yield Check(Level.OK, "camera", f"{who}, {publisher.reliability}: QoS matches")


def _images(facts: Facts) -> Iterator[Check]:
    images = facts.images
    if images is None or images.count == 0:
        yield Check(
            Level.FAIL,
            "images",
            "none arrived while listening",
            "is the camera paused or its node hung? Over a network: check the firewall, and that "
            "both machines have the same ROS_DOMAIN_ID",
        )
        return
    size = f"{images.width}x{images.height} {images.encoding}".strip()
    found = f"{images.rate:.1f} a second, {size}, {images.message_bytes / 1000:.0f} kB"
    if facts.image_type.endswith("/Image") and images.encoding not in facts.encodings:
        yield Check(
            Level.FAIL,
            "images",
            found,
            f"encoding {images.encoding!r} is not understood; use one of "
            + ", ".join(facts.encodings),
        )
    elif images.rate < SLOW_CAMERA:
        yield Check(
            Level.WARN,
            "images",
            found,
            "raise the camera's rate: learning takes 5 frames a second",
        )
    else:
        yield Check(Level.OK, "images", found)
    if "fastrtps" in facts.middleware and images.message_bytes > LARGE_FRAME and not facts.profile:
        yield Check(
            Level.WARN,
            "transport",
            "frames this large may be lost without a Fast DDS profile",
            "set FASTDDS_DEFAULT_PROFILES_FILE to lr_ros's config/fastdds.xml for the camera too "
            "(`lr launch` does it for its nodes)",
        )


def _recognition(facts: Facts) -> Iterator[Check]:
    if facts.states.get("recognizer") != "active":
        return
    answers = facts.recognitions
    camera = facts.images.rate if facts.images is not None else 0.0
    if answers is None or answers.count == 0:
        if camera > 0:
            yield Check(
                Level.FAIL,
                "recognition",
                "images arrive here, but the recognizer answers none",
                "see its log and /diagnostics for refused images; it may be disabled "
                "(service `enable`)",
            )
        return
    found = f"{answers.rate:.1f} a second, p95 {answers.latency_p95_ms:.0f} ms after the image"
    if answers.latency_p95_ms > SLOW_ANSWER_MS:
        yield Check(
            Level.WARN,
            "recognition",
            found,
            "the machine is too busy, or the camera's clock is not this machine's",
        )
    elif answers.rate < 0.5 * camera:
        yield Check(
            Level.WARN,
            "recognition",
            f"{found}, of {camera:.1f} images",
            "normal on a slow machine; else lower encoder.input_size or free the processor",
        )
    else:
        yield Check(Level.OK, "recognition", found)


def _health(facts: Facts) -> Iterator[Check]:
    levels = {"ok": Level.OK, "warn": Level.WARN, "error": Level.FAIL}
    for node, state in facts.states.items():
        if node in facts.health:
            level, findings = facts.health[node]
            remedy = (
                "" if level == "ok" else "see its log; what it allows: parameters diagnostics.*"
            )
            yield Check(levels[level], "health", f"{node}: {'; '.join(findings)}", remedy)
        elif state == "active":
            yield Check(
                Level.WARN, "health", f"{node}: nothing on /diagnostics", "see the node's log"
            )


def _models(facts: Facts) -> Iterator[Check]:
    if facts.states.get("learner") is None:
        return
    if facts.learner_version is None:
        yield Check(
            Level.FAIL, "learner status", "the learner says nothing", "see the learner's log"
        )
        return
    known = f"model {facts.learner_version}, {facts.learner_classes} classes"
    if facts.paused:
        yield Check(Level.WARN, "learning", "paused", "`lr resume` goes on")
    answers = facts.recognitions
    if answers is None or answers.count == 0:
        yield Check(Level.OK, "model", known)
    elif answers.model_version == facts.learner_version:
        yield Check(Level.OK, "model", f"{known}, the same on both sides")
    else:
        yield Check(
            Level.WARN if answers.model_version else Level.FAIL,
            "model",
            f"{known}, but the recognizer answers with model {answers.model_version}",
            "a moment after learning this is normal; else both nodes must have the same encoder "
            "parameters: see the recognizer's log",
        )
