"""Recognitions as JSON lines, one an image."""

from __future__ import annotations

import json
from typing import IO, Any

from lr_ros.bags.evaluate import name_of
from lr_ros.bags.replay import Moment


class JsonLines:
    """Writes what is recognized to an open text file."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, moment: Moment) -> None:
        """Write one image's line."""
        self._file.write(json.dumps(line_of(moment), ensure_ascii=False, allow_nan=False) + "\n")


def line_of(moment: Moment) -> dict[str, Any]:
    """Return what is written of one image; times in seconds, the region in pixels."""
    shot, answer, _ = moment.sight
    box = answer.region
    return {
        "index": shot.index,
        "offset": round(shot.offset, 6),
        "stamp": round(shot.stamp, 9),
        "name": name_of(answer),
        "hypotheses": [
            {"class_name": name, "score": round(score, 6)} for name, score in answer.hypotheses
        ],
        "unknown": answer.unknown,
        "unknown_score": round(answer.unknown_score, 6),
        "segment_id": answer.segment_id,
        "region": [box.x, box.y, box.width, box.height],
        "model_version": answer.model_version,
        "teaching": moment.lesson.class_name if moment.lesson is not None else None,
    }
