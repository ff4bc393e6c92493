"""How unlike everything taught a frame is: an unknown score with a calibrated threshold.

Five raw scores on the features of a classifier, higher for stranger frames:

- ``energy``: minus the log-sum-exp of the logits (Liu et al., NeurIPS 2020, section 3.1),
- ``max_softmax``: minus the largest class probability (Hendrycks and Gimpel, ICLR 2017),
- ``neighbour``: distance to the nearest taught frame of normalised features (Sun et al., ICML
  2022, with k = 1),
- ``relative_mahalanobis``: distance to the nearest class, less that to the whole of what was taught
  (Ren et al., arXiv 2106.09022),
- ``relative_cosine``, ours: the last one by dimension, less the cosine between the offsets of the
  frame and of the nearest class from the centre of everything, in coordinates in which classes
  spread alike in all directions. The two err on different frames.

Shipped is ``relative_cosine`` once several classes were seen in several clips. Before that nobody
knows how classes spread from clip to clip, and a threshold for it would accept everything; so the
nearest neighbour serves until then. It needs no spread, and a view that was taught is always known.
(The energy of a covariance of a few frames is a matter of which frames they are.)

Logits are those of a linear discriminant with shrinkage, fitted in closed form: it can be fitted
again without a clip in milliseconds, which is what the calibration needs. Frames of one clip are
nearly the same, so whole clips are left out; frames left out at random would look far too familiar.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from .openset_models import Discriminant, Neighbours, thinned
from .state import Arrays

Floats = NDArray[np.float64]
Kind = Literal["relative_cosine", "relative_mahalanobis", "energy", "max_softmax", "neighbour"]

KINDS: tuple[Kind, ...] = get_args(Kind)
SHIPPED: Kind = "relative_cosine"
AT_FIRST: Kind = "neighbour"
CLASSES, CLIPS = 8, 3  # so many classes in so many clips each call for the shipped score

ACCEPTED = 0.9  # share of the known frames that score below 0.5; of whole segments nearly all do
MARGIN = 0.75
NEARER = 0.6
STILL = 0.15  # cosine distance; nearer than this two objects never were, and one often is to itself
FOLDS = 5
LEAST_HELD_OUT = 20  # frames of left-out clips below which the calibration falls back on halves


class UnknownScore:
    """An unknown score, 0 (surely known) to 1 (surely unknown), 0.5 at its threshold.

    The threshold is where 90% of the known frames are accepted in clips that were left out. While
    no class has two clips there is nothing to leave out: then halves of clips are, and the
    threshold is moved outwards by ``margin`` times the spread, because halves of a clip look more
    alike than two clips do. With ``kind`` None the score that suits what was taught is taken.
    """

    def __init__(self, kind: Kind | None = None, margin: float = MARGIN) -> None:
        if kind is not None and kind not in KINDS:
            raise ValueError(f"unknown score {kind!r}; choose one of {', '.join(KINDS)}")
        if not (np.isfinite(margin) and margin >= 0):
            raise ValueError(f"margin is {margin}; take 0 or more")
        self._wanted, self.margin = kind, margin
        self.kind: Kind = kind or AT_FIRST
        self._model: Discriminant | Neighbours | None = None
        self._threshold = 0.0
        self._spread = 1.0

    @property
    def fitted(self) -> bool:
        """Whether it has been fitted or loaded; before that everything is unknown."""
        return self._model is not None

    def fit(
        self, features: NDArray[np.floating], labels: NDArray[np.integer], clip_ids: NDArray[Any]
    ) -> None:
        """Fit score and threshold; call again whenever a class or a clip is added.

        Args:
            features: [N, D], finite.
            labels: class of each frame, [N], any integers.
            clip_ids: clip of each frame, [N], integers or text; frames of a clip in their order.

        Raises:
            ValueError: lengths differ, or a feature is not finite.
        """
        x = np.asarray(features, np.float64)
        y, clips = np.asarray(labels), np.asarray(clip_ids)
        if x.ndim != 2 or not len(x) == len(y) == len(clips):
            raise ValueError(
                f"{x.shape} features, {y.shape} labels, {clips.shape} clips: N differs"
            )
        if not np.isfinite(x).all():
            raise ValueError("a feature is not finite")
        if len(x) == 0:
            self._model = None
            return
        y = np.unique(y, return_inverse=True)[1]
        self.kind = self._wanted or suited(y, clips)
        self._model = self._fitted(x, y)
        held_out, margin = self._held_out_scores(x, y, clips)
        middle, high = np.quantile(held_out, [0.5, ACCEPTED])
        self._spread = max(float(high - middle), 1e-6 * max(1.0, abs(float(middle))))
        self._threshold = float(high) + margin * self._spread
        if margin and isinstance(self._model, Neighbours):
            self._threshold = max(self._threshold, _least(self._model, y))

    def score(self, features: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the unknown scores, float32 [N], of features [N, D]."""
        x = np.asarray(features, np.float64)
        if self._model is None:
            return np.ones(len(x), np.float32)
        away = 2.0 * (self.raw(x) - self._threshold) / self._spread
        return (1.0 / (1.0 + np.exp(-np.clip(away, -60, 60)))).astype(np.float32)

    def raw(self, features: NDArray[np.floating]) -> Floats:
        """Return the scores before calibration, float64 [N]."""
        if self._model is None:
            raise ValueError("the unknown score has not been fitted yet")
        return self._model.score(np.asarray(features, np.float64), self.kind)

    def arrays(self) -> Arrays:
        """Return the state; empty before the first fit."""
        if self._model is None:
            return {}
        calibration = np.array([self._threshold, self._spread])
        kind = np.array([KINDS.index(self.kind)])
        return {"calibration": calibration, "kind": kind, **self._model.arrays()}

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        if not arrays:
            self._model = None
            return
        calibration = np.asarray(arrays["calibration"], np.float64)
        if calibration.shape != (2,) or not np.isfinite(calibration).all() or calibration[1] <= 0:
            raise ValueError(f"calibration of the unknown score is {calibration}")
        self.kind = _kind(arrays["kind"])
        model = Neighbours if self.kind == "neighbour" else Discriminant
        self._model = model.from_arrays(arrays)
        self._threshold, self._spread = (float(v) for v in calibration)

    def _fitted(self, x: Floats, y: NDArray[np.int64]) -> Discriminant | Neighbours:
        return Neighbours.fit(x) if self.kind == "neighbour" else Discriminant.fit(x, y)

    def _held_out_scores(
        self, x: Floats, y: NDArray[np.int64], clips: NDArray[Any]
    ) -> tuple[Floats, float]:
        """Return raw scores of frames left out, and the margin they call for."""
        # The projection knows no labels; that of all frames serves the calibration as well.
        z = self._model.projected(x) if isinstance(self._model, Discriminant) else x
        folds = clip_folds(y, clips)
        scores = self._cross_scores(z, y, folds)
        if len(scores) >= LEAST_HELD_OUT:
            return scores, 0.0
        scores = self._cross_scores(z, y, half_folds(clips))
        if len(scores):
            return scores, self.margin
        return self.raw(x), self.margin

    def _cross_scores(self, x: Floats, y: NDArray[np.int64], folds: NDArray[np.int64]) -> Floats:
        scores = []
        for fold in range(int(folds.max(initial=-1)) + 1):
            out = folds == fold
            if out.all():
                continue
            names, rest = np.unique(y[~out], return_inverse=True)
            known = out & np.isin(y, names)
            if known.any():
                scores.append(self._fitted(x[~out], rest).score(x[known], self.kind))
        return np.concatenate(scores) if scores else np.zeros(0)


def _least(model: Neighbours, y: NDArray[np.int64]) -> float:
    """Return the lowest threshold for the nearest neighbour among frames of classes ``y``.

    An object that was held still tells nothing of how it looks in another light. It is known at
    least where it is nearer than ``NEARER`` of what lies between the classes.
    """
    labels = thinned(y)
    likeness = model.frames @ model.frames.T
    between = 1.0 - np.where(labels[:, None] == labels, -np.inf, likeness).max(axis=1)
    middle = float(np.median(between))
    return max(STILL, NEARER * middle if np.isfinite(middle) else 0.0) - 1.0


def suited(labels: NDArray[np.integer], clip_ids: NDArray[Any]) -> Kind:
    """Return the score that suits what was taught: see the top of this file."""
    clips = [len(np.unique(clip_ids[labels == label])) for label in np.unique(labels)]
    return SHIPPED if sum(count >= CLIPS for count in clips) >= CLASSES else AT_FIRST


def _kind(stored: NDArray[Any]) -> Kind:
    numbers = [float(number) for number in np.atleast_1d(stored)]
    if len(numbers) != 1 or numbers[0] not in range(len(KINDS)):
        raise ValueError(f"kind of the unknown score is {numbers}")
    return KINDS[int(numbers[0])]


def clip_folds(labels: NDArray[np.integer], clip_ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return the fold of each frame, 0..FOLDS - 1; -1 for frames of classes with a single clip.

    A clip is never torn, and the clips of a class are dealt out over the folds, so that each fold
    leaves something of every class.
    """
    folds = np.full(len(labels), -1, np.int64)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        names, place = np.unique(clip_ids[rows], return_inverse=True)
        if len(names) >= 2:
            folds[rows] = place % FOLDS
    return folds


def half_folds(clip_ids: NDArray[Any]) -> NDArray[np.int64]:
    """Return 0 for the first half of each clip's frames, 1 for the second, -1 for lone frames."""
    folds = np.full(len(clip_ids), -1, np.int64)
    for clip in np.unique(clip_ids):
        rows = np.flatnonzero(clip_ids == clip)
        if len(rows) >= 2:
            folds[rows] = (np.arange(len(rows)) >= len(rows) // 2).astype(np.int64)
    return folds
