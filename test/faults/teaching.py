"""Teaches a learner without a camera: latents made up by the test, sent as the recognizer would."""

from __future__ import annotations

import itertools
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import ErrorCode, LatentFrame, LearnerStatus, ModelUpdate
from lr_ros.srv import LearnClass, ListClasses, StopSession
from numpy.typing import NDArray
from ros_processes import LATCHED, START_SECONDS, Probe, running
from std_msgs.msg import Header

from lr_ros.core.quantize import Quantizer

SHAPE = (112, 10, 10)
"""Of the default network's latents."""

QUICK = {
    "training.strategy": "ncm",
    "training.threads": 1,
    "training.nice": 0,
    "session.silence": 30.0,
    "diagnostics.input_age": 3600.0,
}
"""Parameters of a learner that trains in no time, waits for the test's next frame, and gets its
share of a busy machine."""


def start_learner(
    probe: Probe,
    directory: Path,
    parameters: dict[str, Any] | None = None,
    environment: dict[str, str] | None = None,
) -> NodeProcess:
    """Start a learner whose store is below ``directory``."""
    settings = {**QUICK, "store.directory": str(directory / "store"), **(parameters or {})}
    return NodeProcess(
        "learner",
        probe.namespace,
        probe.domain_id,
        directory,
        parameters=settings,
        environment=environment,
    )


DOMAIN_ID = 81

BURST = 25
"""Frames sent at once."""


@contextmanager
def living(
    directory: Path,
    parameters: dict[str, Any] | None = None,
    namespace: str = "",
    environment: dict[str, str] | None = None,
) -> Iterator[tuple[NodeProcess, Teacher]]:
    """Return a learner that works on the store below ``directory``, and its teacher.

    Each has a namespace of its own: for a while after a kill, DDS takes the dead one for alive.
    """
    probe = Probe(namespace or f"faults_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    try:
        node = start_learner(probe, directory, parameters, environment)
        with running(node):
            teacher = Teacher(probe)
            teacher.wait_until_ready()
            yield node, teacher
    finally:
        probe.close()


class Teacher:
    """Sends latents of made-up objects to the learner of ``probe``'s namespace."""

    def __init__(self, probe: Probe) -> None:
        self.probe = probe
        self.statuses = probe.listen(LearnerStatus, "learner_status", LATCHED)
        self.models = probe.listen(ModelUpdate, "model", LATCHED)
        self._latents = probe.publisher(LatentFrame, "latents")
        self._segments = itertools.count(1)
        self._time = itertools.count(1)
        self._rng = np.random.default_rng(0)

    def wait_until_ready(self) -> None:
        """Wait until the learner that runs now hears what this teacher says."""
        self.models.wait(timeout=START_SECONDS)
        self.probe.call(ListClasses, "list_classes", ListClasses.Request(), START_SECONDS)

    def classes(self) -> list[str]:
        """Return the names of what the learner knows, by its own account."""
        answer = self.probe.call(ListClasses, "list_classes", ListClasses.Request())
        assert answer.success, answer.message
        return [info.name for info in answer.classes]

    def look(self, name: str, frames: int = 1, segment: int | None = None) -> int:
        """Send latents of an object; return the segment they belong to."""
        segment = next(self._segments) if segment is None else segment
        for _ in range(frames):
            self._latents.publish(self.frame(self._latent(name), segment))
        return segment

    def frame(self, latent: NDArray[np.float32], segment: int) -> LatentFrame:
        """Return the message of a latent, of the encoder that the learner expects."""
        quantizer = Quantizer(8, scale=float(latent.max()) / 255)
        seconds = next(self._time)
        message = LatentFrame(
            header=Header(stamp=Time(sec=seconds)),
            segment_id=segment,
            sharpness=100.0,
            brightness=0.5,
            encoder_id=self.models.messages[-1].encoder_id,
            bits=8,
            shape=list(latent.shape),
            scale=quantizer.scale,
        )
        message.data = quantizer.encode(latent[None]).tobytes()
        return message

    def begin(self, name: str, frames: int, patience: float = 30.0) -> tuple[str, int]:
        """Begin a session, and return its id and the segment that the object is in."""
        segment = self.look(name)
        for _ in range(100):
            request = LearnClass.Request(class_name=name, frames=frames, duration=3600.0)
            answer = self.probe.call(LearnClass, "learn_class", request, patience)
            if answer.error_code != ErrorCode.NO_IMAGES:
                break
            self.look(name, segment=segment)  # the first ones were sent before they were heard
        assert answer.success, answer.message
        return answer.session_id, segment

    def teach(self, name: str, frames: int = 8, patience: float = 120.0) -> LearnerStatus:
        """Teach a class, wait for the result, and return the status that tells it."""
        session_id = self.send_session(name, frames, min(patience, 30.0))
        return self.result(session_id, patience)

    def send_session(self, name: str, frames: int = 8, patience: float = 30.0) -> str:
        """Begin a session and send all its frames; return its id."""
        session_id, segment = self.begin(name, frames, patience)
        for sent in range(0, frames, BURST):
            # No faster than the learner takes them: its queue is as long as a real camera needs.
            self.statuses.wait(lambda s, n=sent: s.session_id == session_id and s.frames >= n)
            self.look(name, min(BURST, frames - sent), segment)
        return session_id

    def result(self, session_id: str, timeout: float = 120.0) -> LearnerStatus:
        """Wait for the end of a session and return the status that tells it."""
        ended = (LearnerStatus.IDLE, LearnerStatus.FAILED)
        return self.statuses.wait(
            lambda s: s.session_id == session_id and s.state in ended, timeout
        )

    def stop(self) -> None:
        """Discard a session that still runs."""
        self.probe.call(StopSession, "stop_session", StopSession.Request(keep=False))

    def _latent(self, name: str) -> NDArray[np.float32]:
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        pattern = rng.gamma(0.5, 1.0, SHAPE)
        noise = self._rng.gamma(0.5, 0.4, SHAPE)
        return (pattern + noise).astype(np.float32)
