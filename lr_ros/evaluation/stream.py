"""A recorded stream played to the whole system: taught at first appearances, scored at later."""

from __future__ import annotations

import queue
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2

from lr_ros.client import LearnerState
from lr_ros.client.connection import Connection
from lr_ros.evaluation.answerer import Answerer
from lr_ros.evaluation.errors import EvaluationError, InputError
from lr_ros.evaluation.recording import END, Recorder
from lr_ros.evaluation.scoring import Log, Session, score
from lr_ros.evaluation.system import System, node, own_domain, running_system
from lr_ros.evaluation.teacher import Lesson, Teacher
from lr_ros.evaluation.truth import Truth, check_length, load_truth
from lr_ros.launching import Process
from lr_ros.srv import ListObjects, PlayClip

SILENCE = 10.0
"""A stream that plays but brings no frame for this long has failed [s]."""

TRAINING_SECONDS = 120.0
"""Longest wait for trainings that still run when the stream is over [s]."""


@dataclass(frozen=True)
class Tick:
    """Where the play is, for a progress bar: after frame ``index`` of ``total``."""

    index: int
    total: int
    teaching: str
    answer: str | None


@dataclass(frozen=True)
class Options:
    """How a stream is played.

    ``region``: ``track`` objects, or look at the ``whole`` image. ``ask``: teach nothing, but
    answer the robot's own questions.
    """

    region: str = "track"
    ask: bool = False
    namespace: str = "lr"
    domain_id: int = field(default_factory=own_domain)
    on_tick: Callable[[Tick], None] = lambda _: None
    on_note: Callable[[str], None] = lambda _: None
    on_line: Callable[[str, str], None] | None = None


@dataclass(frozen=True)
class StreamReport:
    """``scores`` as :func:`lr_ros.evaluation.scoring.score` says, and how teaching went.

    Where the robot asked, ``scores`` holds :meth:`Answerer.figures`, too.
    """

    scores: dict[str, Any]
    lessons: tuple[Lesson, ...]
    sessions: tuple[Session, ...]


def evaluate_stream(video: Path, truth_file: Path, options: Options) -> StreamReport:
    """Play ``video`` at its own rate to nodes of its own, teach, and score.

    Raises:
        InputError: The video or the truth cannot be used.
        EvaluationError: The nodes did not come up or ended before their time.
    """
    truth = load_truth(truth_file)
    check_length(truth, count_frames(video), video)
    with tempfile.TemporaryDirectory(prefix="lr_eval_") as folder:
        processes = _processes(video, Path(folder), truth, options)
        with running_system(
            processes, options.namespace, options.domain_id, options.on_line
        ) as system:
            return _play(system, truth, options)


def count_frames(video: Path) -> int:
    """Return how many frames a video has.

    Raises:
        InputError: It is missing or no video.
    """
    if not video.is_file():
        raise InputError(f"video {video} does not exist")
    reader = cv2.VideoCapture(str(video))
    try:
        frames = int(reader.get(cv2.CAP_PROP_FRAME_COUNT)) if reader.isOpened() else 0
    finally:
        reader.release()
    if frames <= 0:
        raise InputError(f"{video} is no video that can be read")
    return frames


def _processes(video: Path, folder: Path, truth: Truth, options: Options) -> list[Process]:
    learner: dict[str, object] = {"store.directory": str(folder / "store")}
    if options.ask:
        # Objects follow one another faster here than anybody wants to be asked all day.
        learner |= {"ask.enabled": True, "ask.interval": 0.0}
    return [
        node(
            "image_source",
            options.namespace,
            {
                "source.path": str(video.resolve()),
                "source.kind": "video",
                "source.autoplay": False,
                "source.loop": False,
                "source.wait_for": 1,
                "image.rate": truth.fps,
            },
        ),
        node("recognizer", options.namespace, {"region.mode": options.region}),
        node("learner", options.namespace, learner),
    ]


def _play(system: System, truth: Truth, options: Options) -> StreamReport:
    connection = Connection(options.namespace, None, options.domain_id)
    try:
        recorder = Recorder(connection)
        teacher = _teacher(system, truth, recorder, options)
        system.wait(lambda: recorder.connected, 20.0, "the nodes' topics")
        _start(connection)
        _follow(system, recorder, teacher, truth, options)
        teacher.finish()
        _await_trainings(system, recorder, teacher)
        sessions = _sessions(recorder, teacher)
        log = Log(recorder.published, list(recorder.results), sessions, system.peak_rss_mb())
        scores = score(truth, log)
        if isinstance(teacher, Answerer):
            scores |= teacher.figures()
        return StreamReport(scores, tuple(teacher.lessons), sessions)
    finally:
        connection.close()


def _teacher(
    system: System, truth: Truth, recorder: Recorder, options: Options
) -> Teacher | Answerer:
    if options.ask:
        return Answerer(
            system.client, truth, recorder.questions, recorder.published, options.on_note
        )
    return Teacher(system.client, truth, options.on_note)


def _start(connection: Connection) -> None:
    clips = connection.call(ListObjects, "list_clips", ListObjects.Request(), 20.0, 20.0)
    if not clips.names:
        raise EvaluationError(f"the image source found no clip: {clips.message}")
    request = PlayClip.Request(name=clips.names[0], loop=False)
    answer = connection.call(PlayClip, "play_clip", request, 20.0, 20.0)
    if not answer.success:
        raise EvaluationError(f"the image source does not play: {answer.message}")


def _follow(
    system: System, recorder: Recorder, teacher: Teacher | Answerer, truth: Truth, options: Options
) -> None:
    """Go along with the frames until the clip's end."""
    total = len(truth.objects)
    heard = time.monotonic()
    while True:
        try:
            index = recorder.frames.get(timeout=0.5)
        except queue.Empty:
            system.check()
            if time.monotonic() - heard > SILENCE:
                raise EvaluationError(
                    f"no frame for {SILENCE:g} s after {len(recorder.published)} of {total}. "
                    + system.epilogue()
                ) from None
            continue
        heard = time.monotonic()
        if index is END:
            return
        teacher.on_frame(index)
        newest = recorder.newest
        options.on_tick(
            Tick(index, total, teacher.teaching, newest.name if newest is not None else None)
        )


def _await_trainings(system: System, recorder: Recorder, teacher: Teacher | Answerer) -> None:
    """Wait until every session that was begun has ended, and the last answers have arrived."""

    def over() -> bool:
        begun = [lesson.session_id for lesson in teacher.lessons if lesson.session_id]
        watches = [recorder.sessions.get(session_id) for session_id in begun]
        ended = all(w is not None and (w.version is not None or w.failure) for w in watches)
        return ended or system.client.status().state in {LearnerState.IDLE, LearnerState.FAILED}

    system.wait(over, TRAINING_SECONDS, "the end of the training")
    time.sleep(0.5)  # what was published last is on its way; nothing announces the last message


def _sessions(recorder: Recorder, teacher: Teacher | Answerer) -> tuple[Session, ...]:
    stamps = {index: stamp for stamp, index in recorder.published.items()}
    outcomes = []
    for lesson in teacher.lessons:
        if not lesson.session_id:
            outcomes.append(Session(lesson.appearance.name, 0.0, None, lesson.note))
            continue
        left_at = stamps.get(lesson.appearance.last, 0.0)
        outcomes.append(recorder.outcome(lesson.appearance.name, lesson.session_id, left_at))
    return tuple(outcomes)
