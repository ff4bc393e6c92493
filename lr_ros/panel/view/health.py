"""How everything is, in plain words, and what to do where something is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from lr_ros.panel.facts import LEARNER, RECOGNIZER, Facts, NodeReport
from lr_ros.panel.view.words import count, length

_SAVED = "what was learned is not on disk"
_NO_IMAGES = "no images arrive"

_OWN_WORDS = {"not active", "disabled by service", _NO_IMAGES, _SAVED}
"""What nodes say that is told here with what to do about it."""


class Notice(NamedTuple):
    """Something wrong: ``level`` is warn or fail; ``remedies`` are what to do, best first."""

    level: str
    title: str
    text: str
    remedies: tuple[str, ...] = ()


class Line(NamedTuple):
    """One part of the system: ``level`` is ok, warn or fail."""

    level: str
    part: str
    text: str


class HealthView(NamedTuple):
    """What is wrong, and a line on each part."""

    notices: tuple[Notice, ...]
    lines: tuple[Line, ...]


def health_view(facts: Facts) -> HealthView:
    """Return how everything is."""
    return HealthView((*_recognizer(facts), *_learner(facts), *_sources(facts)), _lines(facts))


def _recognizer(facts: Facts) -> Iterator[Notice]:
    report = facts.report(RECOGNIZER)
    if report is None:
        yield _silent_node(facts, RECOGNIZER, "Nothing is recognized and nothing can be learned.")
        return
    if report.summary == "not active":
        yield Notice(
            "fail",
            "The recognizer is not active",
            "It is there, but listens to no camera.",
            (f"Activate it: ros2 lifecycle set {facts.namespace}/recognizer activate",),
        )
    elif report.summary == "disabled by service":
        yield Notice(
            "warn",
            "Recognition is switched off",
            "Somebody has called the service enable with false.",
            (f"ros2 service call {_name(facts, 'enable')} std_srvs/srv/SetBool '{{data: true}}'",),
        )
    elif report.summary == _NO_IMAGES:
        yield _no_camera(facts, report)
    refused = [key.removeprefix("refused: ") for key in report.values if key.startswith("refused:")]
    if refused and not facts.answers_come:
        yield Notice(
            "fail",
            "The camera's pictures cannot be used",
            f"The recognizer refuses them: {', '.join(refused)}.",
            ("lr doctor names what it understands, and the recognizer's log each fault",),
        )
    if report.summary not in _OWN_WORDS:
        yield from _other_findings(report, "The recognizer has a problem", ("the learner has",))


def _other_findings(report: NodeReport, title: str, but: tuple[str, ...] = ()) -> Iterator[Notice]:
    """Return what a node says of itself in its own words, except what is told of otherwise."""
    if report.level and report.summary and not report.summary.startswith(but):
        yield Notice("fail" if report.level >= 2 else "warn", title, report.summary)


def _no_camera(facts: Facts, report: NodeReport) -> Notice:
    camera = facts.camera
    silence = report.number("input age [s]")
    since = f" for {length(silence)}" if math.isfinite(silence) else " yet"
    if camera.publishers:
        return Notice(
            "fail",
            "No picture from the camera",
            f"A camera is on {camera.topic}, but nothing has arrived{since}.",
            (
                "Is it paused, unplugged, or at the end of its recording?",
                "Run lr doctor: it says whether the camera's quality of service fits",
            ),
        )
    elsewhere = tuple(
        f"Pictures are on {topic}. To use them: lr launch lr_ros.launch.py image:={topic}"
        for topic in camera.elsewhere
    )
    return Notice(
        "fail",
        "No camera",
        f"Nobody publishes {camera.topic or _name(facts, 'image')}.",
        (
            *elsewhere,
            "A webcam: lr launch webcam.launch.py",
            "Another topic: lr launch lr_ros.launch.py image:=TOPIC",
            "No camera at hand: lr launch simulation.launch.py",
        ),
    )


def _learner(facts: Facts) -> Iterator[Notice]:
    status, report = facts.status, facts.report(LEARNER)
    if status is None or not facts.learner_speaks:
        yield _silent_node(
            facts,
            LEARNER,
            "Nothing can be taught or corrected. What the recognizer knows, it still names.",
        )
        return
    if report is not None and report.summary == _SAVED:
        yield Notice(
            "fail",
            "What was learned is not saved",
            "The disk refuses it; the learner tries again every 10 s. A power cut would lose it.",
            ("Free some space, or see the learner's log for the reason",),
        )
    elif report is not None and report.summary == "not active":
        yield Notice(
            "fail",
            "The learner is not active",
            "It is there, but takes no requests.",
            (f"Activate it: ros2 lifecycle set {facts.namespace}/learner activate",),
        )
    elif report is not None and report.summary != status.message:  # that is told with the lesson
        silent = () if facts.answers_come else ("no latents",)
        yield from _other_findings(
            report, "The learner has a problem", ("the recognizer has", *silent)
        )
    if status.paused:
        yield Notice("warn", "Learning is paused", "Requests to learn are refused.")
    answer = facts.recognition
    if (
        answer is not None
        and facts.answers_come
        and status.classes
        and answer.model_version == 0
        and status.elapsed > 5.0
    ):
        yield Notice(
            "fail",
            "The recognizer does not use what was learned",
            "It answers without a model although the learner has one.",
            ("Start both nodes with the same encoder.* parameters", "See the recognizer's log"),
        )


def _silent_node(facts: Facts, node: str, consequence: str) -> Notice:
    if node in facts.nodes:
        return Notice(
            "fail",
            f"The {node} does not answer",
            consequence,
            ("It may be starting, or was just ended: wait a moment", "See its log, or lr doctor"),
        )
    return Notice(
        "fail",
        f"The {node} is not running",
        consequence,
        (
            f"Start it in the namespace {facts.namespace}: lr launch lr_ros.launch.py",
            "On another machine: the same ROS_DOMAIN_ID, and a network that lets it through",
        ),
    )


def _sources(facts: Facts) -> Iterator[Notice]:
    """Tell what ails the nodes that make pictures, and any other of the namespace."""
    for node in sorted(facts.reports):
        report = facts.report(node)
        if node in (RECOGNIZER, LEARNER) or report is None or report.level == 0:
            continue
        name = node.replace("_", " ")
        level = "fail" if report.level >= 2 else "warn"
        yield Notice(level, f"The {name} has a problem", report.summary)


def _lines(facts: Facts) -> tuple[Line, ...]:
    return (_camera_line(facts), _recognizer_line(facts), _learner_line(facts), _disk_line(facts))


def _camera_line(facts: Facts) -> Line:
    report = facts.report(RECOGNIZER)
    if report is None:
        return Line("fail", "Camera", "not known without the recognizer")
    if report.summary == _NO_IMAGES:
        return Line("fail", "Camera", "no pictures arrive")
    return Line("ok", "Camera", f"{report.number('input rate [Hz]'):.0f} pictures a second")


def _recognizer_line(facts: Facts) -> Line:
    report = facts.report(RECOGNIZER)
    if report is None:
        return Line("fail", "Recognizer", "silent")
    if report.level:
        return Line("warn", "Recognizer", report.summary)
    rate, late = report.number("output rate [Hz]"), report.number("latency [ms]")
    return Line("ok", "Recognizer", f"{rate:.0f} answers a second, {late:.0f} ms after the picture")


def _learner_line(facts: Facts) -> Line:
    status = facts.status
    if status is None or not facts.learner_speaks:
        return Line("fail", "Learner", "silent")
    known = f"{count(len(status.classes), 'class', 'classes')}, model {status.model_version}"
    if status.paused:
        return Line("warn", "Learner", f"paused, {known}")
    return Line("ok", "Learner", f"{status.state.name.lower()}, {known}")


def _disk_line(facts: Facts) -> Line:
    report = facts.report(LEARNER)
    if report is None or "saved" not in report.values:
        return Line("fail", "On disk", "not known without the learner")
    if report.values["saved"] != "True":
        return Line("fail", "On disk", "not saved")
    return Line("ok", "On disk", "all that was learned is saved")


def _name(facts: Facts, relative: str) -> str:
    return f"{facts.namespace.rstrip('/')}/{relative}"
