"""What the status says of a capture and of what is known, by field of :class:`Status`."""

from __future__ import annotations

from typing import Any

from lr_ros.teaching.capture import Capture
from lr_ros.teaching.errors import ErrorCode
from lr_ros.teaching.knowledge import Knowledge
from lr_ros.teaching.status import Phase


def capture_fields(capture: Capture, phase: Phase) -> dict[str, Any]:
    """Return what the status says of a session's frames, in this phase."""
    return {
        "class_name": capture.request.class_name,
        "region": capture.request.region,
        "frames": capture.frames,
        "frames_target": capture.request.frames,
        "refused": tuple(capture.refused.items()),
        "progress": capture.progress if phase is Phase.CAPTURING else 0.0,
        "error_code": ErrorCode.NONE,
        "warnings": capture.warnings,
        "message": "",
    }


def knowledge_fields(knowledge: Knowledge) -> dict[str, Any]:
    """Return what the status says of all that is known."""
    return {
        "model_version": knowledge.version,
        "classes": knowledge.learner.classes,
        "replay_used": knowledge.learner.replay_used,
        "replay_capacity": knowledge.learner.replay_capacity,
    }
