"""Between the messages of lr_ros and the plain values that the parts without ROS work on."""

from __future__ import annotations

import hashlib
import math

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import RegionOfInterest
from std_msgs.msg import Header

from lr_ros.core.quantize import BITS, Quantizer
from lr_ros.msg import (
    Hypothesis,
    LabelRequest,
    LatentFrame,
    LearnerStatus,
    ModelUpdate,
    Recognition,
    Segment,
)
from lr_ros.recognition.pipeline import Answer
from lr_ros.ros.images import seconds
from lr_ros.stream.memory import PackedLatent
from lr_ros.stream.segmenter import Box
from lr_ros.teaching.capture import LatentRecord
from lr_ros.teaching.curiosity import Question
from lr_ros.teaching.opinion import Opinion
from lr_ros.teaching.requests import Region
from lr_ros.teaching.status import Model, Status

_MAX_LATENT_VALUES = 1 << 24
_MAX_THUMBNAIL = 16_384
_MAX_MODEL = 1 << 26  # bytes; the layers above the cut and a thousand classes take a third of it
_EVENTS = {"start": Segment.START, "running": Segment.RUNNING, "end": Segment.END}


class MessageError(ValueError):
    """A message that cannot be used; says why. ``reason`` is one word to count it by."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def to_time(stamp: float) -> Time:
    """Return seconds as a stamp (not below zero)."""
    whole = math.floor(max(stamp, 0.0))
    nanoseconds = min(round((max(stamp, 0.0) - whole) * 1e9), 999_999_999)
    return Time(sec=whole, nanosec=nanoseconds)


def to_roi(box: Box) -> RegionOfInterest:
    """Return a box as a region of interest."""
    return RegionOfInterest(x_offset=box.x, y_offset=box.y, width=box.width, height=box.height)


def from_roi(roi: RegionOfInterest) -> Region:
    """Return a region of interest as plain numbers."""
    return Region(roi.x_offset, roi.y_offset, roi.width, roi.height)


def to_recognition(answer: Answer, header: Header, latency_ms: float) -> Recognition:
    """Return the recognition of an answer; ``header`` is the image's."""
    return Recognition(
        header=header,
        model_version=answer.model_version,
        segment_id=answer.segment_id,
        roi=to_roi(answer.region),
        hypotheses=[Hypothesis(class_name=n, score=s) for n, s in answer.hypotheses],
        unknown=answer.unknown,
        unknown_score=answer.unknown_score,
        latency_ms=latency_ms,
    )


def to_segment(answer: Answer, header: Header) -> Segment | None:
    """Return the segment message of an answer; None where no segment runs or ends."""
    view = answer.view
    if view.event not in _EVENTS:
        return None
    return Segment(
        header=header,
        event=_EVENTS[view.event],
        segment_id=view.segment_id,
        start=to_time(view.start),
        end=to_time(view.end),
        frames=view.frames,
        roi=to_roi(view.roi or answer.region),
    )


def to_latent_frame(
    answer: Answer, header: Header, encoder_id: str, quantizer: Quantizer
) -> LatentFrame:
    """Return the latent of an answer, quantised."""
    return LatentFrame(
        header=header,
        segment_id=answer.segment_id,
        roi=to_roi(answer.region),
        sharpness=answer.sharpness,
        brightness=answer.brightness,
        encoder_id=encoder_id,
        bits=quantizer.bits,
        shape=list(answer.latent.shape),
        scale=quantizer.scale,
        zero_point=quantizer.zero_point,
        data=quantizer.encode(answer.latent[None]).tobytes(),
    )


def from_latent_frame(
    message: LatentFrame, encoder_id: str, shape: tuple[int, ...]
) -> LatentRecord:
    """Return the record of a latent message, checked.

    Raises:
        MessageError: Another encoder, another shape, unknown bits, a size that does not fit, or
            values that are not finite.
    """
    if message.encoder_id != encoder_id:
        raise MessageError(
            "encoder",
            f"latents of encoder {message.encoder_id[:40]!r}, this learner's is {encoder_id!r}: "
            "start both nodes with the same encoder.* parameters",
        )
    if tuple(message.shape) != shape or math.prod(shape) > _MAX_LATENT_VALUES:
        raise MessageError("shape", f"latent of shape {list(message.shape)[:8]}, not {list(shape)}")
    if message.bits not in BITS:
        raise MessageError("bits", f"latent of {message.bits} bits a value, known are {BITS}")
    expected = (math.prod(shape) * message.bits + 7) // 8
    if len(message.data) != expected:
        raise MessageError("data", f"latent of {len(message.data)} bytes, {expected} are needed")
    if len(message.thumbnail) > _MAX_THUMBNAIL:
        raise MessageError("thumbnail", f"thumbnail of {len(message.thumbnail)} bytes")
    if not (math.isfinite(message.sharpness) and math.isfinite(message.brightness)):
        raise MessageError("quality", "latent whose sharpness or brightness is not finite")
    packed = PackedLatent(
        stamp=seconds(message.header.stamp),
        # The message's own memory is given back to DDS some time, so the bytes are copied.
        data=np.frombuffer(message.data, np.uint8).copy(),
        shape=shape,
        bits=message.bits,
        scale=message.scale,
        zero_point=message.zero_point,
        sharpness=message.sharpness,
        brightness=message.brightness,
    )
    record = LatentRecord(
        packed, message.segment_id, from_roi(message.roi), bytes(message.thumbnail)
    )
    try:
        record.unpack()
    except ValueError as error:
        raise MessageError("data", str(error)) from error
    return record


def to_model_update(model: Model, stamp: Time) -> ModelUpdate:
    """Return the message of a model; one without classes has no weights."""
    weights = model.export.weights if model.export is not None else b""
    names = model.export.class_names if model.export is not None else ()
    update = ModelUpdate(
        header=Header(stamp=stamp),
        version=model.version,
        encoder_id=model.encoder_id,
        class_names=list(names),
        checksum=hashlib.sha256(weights).hexdigest(),
    )
    update.weights = weights
    return update


def check_model_update(message: ModelUpdate, encoder_id: str) -> bytes:
    """Return the weights of a model message, whose origin and checksum are right.

    Raises:
        MessageError: Another encoder, a wrong checksum, names that are not all different, or more
            bytes than any model has.
    """
    if message.encoder_id != encoder_id:
        raise MessageError(
            "encoder",
            f"model for encoder {message.encoder_id[:40]!r}, this recognizer's is {encoder_id!r}: "
            "start both nodes with the same encoder.* parameters",
        )
    if len(message.weights) > _MAX_MODEL:
        raise MessageError(
            "too_large",
            f"model {message.version} has {len(message.weights)} bytes, more than {_MAX_MODEL}",
        )
    weights = bytes(message.weights)
    if hashlib.sha256(weights).hexdigest() != message.checksum:
        raise MessageError("checksum", f"model {message.version} arrived damaged (checksum)")
    if len(set(message.class_names)) != len(message.class_names):
        raise MessageError("names", f"model {message.version} has two classes of one name")
    if bool(message.class_names) != bool(weights):
        raise MessageError("weights", f"model {message.version} has classes or weights, not both")
    return weights


def to_status(status: Status, stamp: Time, elapsed: float) -> LearnerStatus:
    """Return the message of a status."""
    region = status.region
    return LearnerStatus(
        header=Header(stamp=stamp),
        state=int(status.phase),
        paused=status.paused,
        class_name=status.class_name,
        session_id=status.session_id,
        roi=to_roi(Box(region.x, region.y, region.width, region.height)),
        frames=status.frames,
        frames_target=status.frames_target,
        frames_refused=sum(count for _, count in status.refused),
        refusal_reasons=[reason for reason, _ in status.refused],
        refusal_counts=[count for _, count in status.refused],
        progress=status.progress,
        loss=status.loss,
        model_version=status.model_version,
        classes=list(status.classes),
        replay_used=status.replay_used,
        replay_capacity=status.replay_capacity,
        elapsed=elapsed,
        error_code=int(status.error_code),
        warnings=list(status.warnings),
        message=status.message,
    )


def to_label_request(question: Question, opinion: Opinion, stamp: Time) -> LabelRequest:
    """Return the message of a question of the robot's."""
    segment = question.segment
    request = LabelRequest(
        header=Header(stamp=stamp),
        segment_id=segment.segment_id,
        start=to_time(segment.start),
        duration=segment.duration,
        frames=segment.frames,
        best_guess=opinion.name,
        score=opinion.score,
        unknown_score=opinion.unknown,
        same_as=list(question.same_as),
    )
    request.thumbnail = segment.thumbnail
    return request
