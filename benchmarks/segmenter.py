"""How well streams are cut into segments: `python benchmarks/segmenter.py VIDEO [VIDEO ...]`.

Beside each video lies its truth, a JSON file of the same name: `{"fps": 10, "frames": [{"frame": 0,
"object": name or null, "box": [left, top, right, bottom] or null}, ...]}`; right and bottom are the
first column and row that no longer show it. `benchmarks/make_stream.py` makes such streams.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lr_ros.benchmark.script import run_script, steps
from lr_ros.stream.segmenter import Box, Segmenter, SegmentView

LEAST_IOU = 0.5  # in time, for a segment to count as found
Span = tuple[float, float]


@dataclass(frozen=True)
class Score:
    """Figures of one stream."""

    truths: int
    found: int
    false: int
    start_error: float
    end_error: float
    box_iou: float
    milliseconds: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of segments."""
        return 2 * self.found / max(2 * self.found + self.false + self.truths - self.found, 1)


def appearances(frames: list[dict], fps: float) -> list[Span]:
    """Return first and last stamp of each run of frames with one object in view."""
    spans: list[Span] = []
    before = None
    for frame in frames:
        stamp = frame["frame"] / fps
        if frame["object"] is not None:
            new = frame["object"] != before
            spans.append((stamp, stamp)) if new else spans.append((spans.pop()[0], stamp))
        before = frame["object"]
    return spans


def from_corners(left: int, top: int, right: int, bottom: int) -> Box:
    """Return the box with these corners."""
    return Box(left, top, right - left, bottom - top)


def temporal_iou(one: Span, other: Span, step: float) -> float:
    """Return intersection over union of two spans whose frames last ``step`` seconds."""
    shared = min(one[1], other[1]) - max(one[0], other[0]) + step
    return max(shared, 0.0) / (max(one[1], other[1]) - min(one[0], other[0]) + step)


def match(truths: list[Span], found: list[Span], step: float) -> list[tuple[Span, Span]]:
    """Pair each truth with the found segment that overlaps it most; none is used twice."""
    pairs, free = [], list(found)
    for truth in truths:
        best = max(free, key=lambda span: temporal_iou(truth, span, step), default=None)
        if best is not None and temporal_iou(truth, best, step) >= LEAST_IOU:
            pairs.append((truth, best))
            free.remove(best)
    return pairs


def measure(video: Path) -> Score:
    """Run a segmenter over a video and compare it with the truth beside it."""
    truth = json.loads(video.with_suffix(".json").read_text())
    fps, frames = float(truth["fps"]), truth["frames"]
    segmenter, views, seconds = Segmenter(), [], []
    capture = cv2.VideoCapture(str(video))
    for place in range(len(frames)):
        whole, image = capture.read()
        if not whole:
            raise ValueError(f"{video} ends after {place} frames; its truth has {len(frames)}")
        picture = np.ascontiguousarray(image[..., ::-1])
        began = time.thread_time()
        views.append(segmenter.update(picture, place / fps))
        seconds.append(time.thread_time() - began)
    last = segmenter.close(len(frames) / fps)
    return compare(frames, fps, views, last, float(np.median(seconds)))


def compare(
    frames: list[dict], fps: float, views: list[SegmentView], last: SegmentView | None, cost: float
) -> Score:
    """Return the figures of a run; frames in which the object was not found have IoU 0."""
    everything = views if last is None else [*views, last]
    spans = {v.segment_id: (v.start, v.end) for v in everything if v.event != "none"}
    truths = appearances(frames, fps)
    pairs = match(truths, list(spans.values()), 1 / fps)
    overlaps = [
        0.0 if view.roi is None else from_corners(*frame["box"]).iou(view.roi)
        for frame, view in zip(frames, views, strict=True)
        if frame["box"] is not None
    ]
    return Score(
        len(truths),
        len(pairs),
        len(spans) - len(pairs),
        float(np.median([abs(t[0] - f[0]) for t, f in pairs])) if pairs else float("nan"),
        float(np.median([abs(t[1] - f[1]) for t, f in pairs])) if pairs else float("nan"),
        float(np.mean(overlaps)) if overlaps else float("nan"),
        1e3 * cost,
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", nargs="+", type=Path, metavar="VIDEO")
    videos = parser.parse_args().videos
    cv2.setNumThreads(1)
    print("| stream | F1 | found | false | start [s] | end [s] | box IoU | CPU ms a frame |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for video in steps(videos, "streams"):
        s = measure(video)
        print(
            f"| {video.stem} | {s.f1:.3f} | {s.found}/{s.truths} | {s.false} | "
            f"{s.start_error:.2f} | {s.end_error:.2f} | {s.box_iou:.3f} | {s.milliseconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    run_script(main)
