"""A learning session while it gathers: which frames belong to it, and when it is complete."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from lr_ros.core.quantize import Quantizer
from lr_ros.stream.memory import PackedLatent
from lr_ros.stream.quality import QualityConfig, QualityGate
from lr_ros.stream.session import SessionBuffer, SessionConfig
from lr_ros.teaching.requests import LearnRequest, Region
from lr_ros.teaching.status import SessionResult

Latent = NDArray[np.float32]

OUTSIDE_FRAMES = 30
"""So many frames encoded from elsewhere mean that the region asked for is not in the image."""

STILL_SECONDS = 5.0
"""So long without a new view, a session ends with the views it has."""


@dataclass(frozen=True)
class LatentRecord:
    """One encoded frame as it arrived; ``segment_id`` 0: no object in view."""

    packed: PackedLatent
    segment_id: int
    region: Region
    thumbnail: bytes = b""

    @property
    def stamp(self) -> float:
        """Time of the image [s]."""
        return self.packed.stamp

    def unpack(self) -> Latent:
        """Return the latent, ``float32 [C, h, w]``.

        Raises:
            ValueError: The data do not fit the shape.
        """
        packed = self.packed
        quantizer = Quantizer(packed.bits, packed.scale, packed.zero_point)
        latent: Latent = quantizer.decode(packed.data[None], packed.shape)[0]
        return latent


class End(Enum):
    """Why a capture ended."""

    COMPLETE = "enough frames are gathered"
    OBJECT_LEFT = "the object left"
    TIME_OVER = "the time is over"
    STOPPED = "it was stopped"
    SILENT = "no images arrive any more"
    STILL = "no new views come any more"
    OUTSIDE = "the region asked for does not lie in the image"


@dataclass(frozen=True)
class CaptureConfig:
    """What makes a session: frames a second, least frames, and what its frames must be like."""

    rate: float = 5.0
    min_frames: int = 5
    end_with_segment: bool = True
    quality: QualityConfig | None = None


class Capture:
    """The frames of one session.

    If a segment runs or begins while the session lasts, only its frames count, and what was
    gathered before it came (nobody in view yet) is dropped. Where the operator names a region,
    segments do not matter and only frames encoded from that region count. Duplicates are refused,
    but kept in reserve: an object that does not move is learned from the least number of frames.

    ``kept`` is done once the complete session is on disk (true) or the disk has refused it
    (false), ``result`` once it has ended. ``training`` says that its training runs, ``canceled``
    that this is to end.
    """

    def __init__(self, session_id: str, request: LearnRequest, config: CaptureConfig) -> None:
        self.session_id = session_id
        self.request = request
        self.end: End | None = None
        self.kept: Future[bool] = Future()
        self.training = False
        self.canceled = False
        self.generation = 0
        self.warnings: tuple[str, ...] = ()
        self.last_frame_at = time.monotonic()
        self.result: Future[SessionResult] = Future()
        self.min_frames = min(config.min_frames, request.frames)
        self._config = config
        self._gate = QualityGate(config.quality)
        self._segment_id = 0
        self._elsewhere = 0
        self._whole_image = False
        self._begin()

    def _begin(self) -> None:
        self._buffer: SessionBuffer[Latent] = SessionBuffer(
            SessionConfig(
                target=self.request.frames,
                minimum=self.min_frames,
                rate=self._config.rate,
                longest=self.request.duration,
            )
        )
        self._reserve: list[Latent] = []
        self._newest_view = 0.0
        self._gate.reset()

    @property
    def latents(self) -> list[Latent]:
        """The good frames gathered so far; it only grows until :attr:`generation` changes."""
        return self._buffer.items

    @property
    def frames(self) -> int:
        """Good frames gathered so far."""
        return len(self._buffer.items)

    @property
    def segment_id(self) -> int:
        """The segment its frames are of; 0 for none."""
        return self._segment_id

    @property
    def of_whole_image(self) -> bool:
        """Whether nobody is in view, and no region is asked for or set: all there is is learned."""
        return self._whole_image and self._segment_id == 0

    def see(self, record: LatentRecord) -> None:
        """Note what is in view, whether or not the frame is one to learn from."""
        corner = record.region.x == record.region.y == 0
        self._whole_image = record.segment_id == 0 and corner and not self.request.region

    @property
    def refused(self) -> dict[str, int]:
        """How many frames were refused, by reason."""
        return dict(self._buffer.refused)

    @property
    def progress(self) -> float:
        """Share of the frames wanted, 0..1."""
        return self._buffer.progress

    def offer(self, record: LatentRecord, latent: Latent, now: float) -> bool:
        """Look at a frame that arrived at ``now`` [s]; return whether it was judged at all."""
        if self.end is not None or not self._belongs(record):
            return False
        if not self._buffer.wants(record.stamp):
            self._note_outcome()
            return False
        self.last_frame_at = now
        self.see(record)
        packed = record.packed
        refusal = self._gate.check(packed.sharpness, packed.brightness, latent)
        self._buffer.offer(record.stamp, latent, refusal)
        if refusal is None or not self._newest_view:
            self._newest_view = now
        elif refusal == "duplicate":
            if len(self._reserve) < self.min_frames:
                self._reserve.append(latent)
            if now - self._newest_view > STILL_SECONDS and self.frames:
                self.end = End.STILL
        self._note_outcome()
        return True

    def segment_ended(self, segment_id: int) -> None:
        """End the session with its segment."""
        ours = 0 < segment_id == self._segment_id
        if self.end is None and self._config.end_with_segment and ours:
            self.end = End.OBJECT_LEFT

    def fill_up(self) -> bool:
        """Add duplicates until there are enough frames; return whether there are."""
        missing = self.min_frames - self.frames
        if missing > 0 and self.frames:
            self._buffer.items.extend(self._reserve[:missing])
        return self.frames >= self.min_frames

    def take(self, latents: list[Latent]) -> None:
        """Make these the frames of the session, and the session complete."""
        self._buffer.items.extend(latents)
        self.end = End.COMPLETE

    def _note_outcome(self) -> None:
        if self.end is None and self._buffer.outcome != "running":
            complete = self.frames >= self.request.frames
            self.end = End.COMPLETE if complete else End.TIME_OVER

    def _belongs(self, record: LatentRecord) -> bool:
        if self.request.region:
            return self._is_asked_for(record.region)
        if record.segment_id == self._segment_id:
            return True
        if record.segment_id == 0:
            return False
        if self._segment_id == 0:
            self._segment_id = record.segment_id
            if self._buffer.items or self._buffer.refused:
                self._begin()
                self.generation += 1
            return True
        if not self._config.end_with_segment:
            self._segment_id = record.segment_id
            return True
        self.end = End.OBJECT_LEFT
        return False

    def _is_asked_for(self, region: Region) -> bool:
        """Whether a frame is of the region asked for; the first ones may still be of another."""
        if region == self.request.region:
            return True
        self._elsewhere += 1
        if self._elsewhere >= OUTSIDE_FRAMES and not self.frames:
            self.end = End.OUTSIDE
        return False
