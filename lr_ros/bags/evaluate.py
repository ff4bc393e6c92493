"""`lr bag eval`: a model scored on a recording whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lr_ros.bags.errors import BagError
from lr_ros.bags.eyes import Eyes
from lr_ros.bags.gathering import Span, look
from lr_ros.bags.provenance import weights_digest
from lr_ros.bags.recording import Recording
from lr_ros.bags.school import make_learner
from lr_ros.bags.scoring import Scores
from lr_ros.bags.settings import Settings
from lr_ros.core.learner import LatentReplayLearner
from lr_ros.core.store import StoreError
from lr_ros.core.store.reading import read_model, read_newest
from lr_ros.recognition.pipeline import Answer
from lr_ros.stream.segmenter import Box

OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class Known:
    """A model as it was stored: the learner that knows it, its version (0: saved by name)."""

    learner: LatentReplayLearner
    version: int
    place: str


def load_known(settings: Settings, store: Path, model: Path | None = None) -> Known:
    """Return what is known in a store (also while its learner runs), or in a model's file.

    Raises:
        BagError: There is nothing, or it does not fit the parameters.
    """
    try:
        if model is not None:
            state, version, place = read_model(model.expanduser()), 0, str(model)
        else:
            newest = read_newest(store.expanduser())
            if newest is None:
                raise BagError(
                    f"nothing has been learned in {store}: learn first (lr bag learn), or name "
                    "another --store or --model"
                )
            version, state = newest
            place = str(store)
    except StoreError as error:
        raise BagError(str(error)) from error
    learner = make_learner(settings, state)
    if not learner.classes:
        raise BagError(f"the model in {place} knows no class yet; learn first (lr bag learn)")
    return Known(learner, version, place)


def name_of(answer: Answer) -> str | None:
    """Return the name an answer gives; None where it calls the object unknown."""
    if answer.unknown or not answer.hypotheses:
        return None
    return answer.hypotheses[0].class_name


def evaluate_bag(  # noqa: PLR0913, PLR0917 - what is judged, by whom, against what
    recording: Recording,
    settings: Settings,
    known: Known,
    spans: Sequence[Span],
    on_progress: OnProgress,
    region: Box | None = None,
) -> dict[str, Any]:
    """Return the scores of a model over the spans of a recording, for JSON.

    Raises:
        BagError: No image lies in a span.
        SourceError: The recording is damaged.
    """
    eyes = Eyes(settings)
    eyes.use(known.version, known.learner.export())
    scores = Scores(spans, known.learner.classes)
    ends = (min(span.begin for span in spans), max(span.end for span in spans))

    def tell(done: int, total: int) -> None:
        on_progress("recognizing", done / max(total, 1))

    for sight in look(recording, eyes, ends, tell, region):
        answer = sight.answer
        scores.add(sight.shot.offset, name_of(answer), answer.segment_id != 0)
    if scores.judged == 0:
        raise BagError(
            f"no image lies in a span of the truth; the recording has {recording.duration:.1f} s"
        )
    return {
        "bag": str(recording.path),
        "topic": recording.topic,
        "images_damaged": recording.damaged,
        "model": {
            "place": known.place,
            "version": known.version,
            "classes": list(known.learner.classes),
            "weights_sha256": weights_digest(known.learner),
        },
        **scores.as_dict(),
    }
