from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_ros.core import openset_models
from lr_ros.core.openset import KINDS, UnknownScore, clip_folds, half_folds


def scene(classes, clips, frames=15, size=24, *, seed=0, shift=0.6):
    """Frames that vary little within a clip, more between clips, most between classes."""
    rng = np.random.default_rng(seed)
    means = rng.normal(0, 3, (classes, size))
    x, y, c = [], [], []
    for label in range(classes):
        for clip in range(clips):
            centre = means[label] + rng.normal(0, shift, size)
            x.append(centre + rng.normal(0, 0.3, (frames, size)))
            y += [label] * frames
            c += [f"{label}-{clip}"] * frames
    return np.concatenate(x).astype(np.float32), np.array(y), np.array(c), means


def new_clips(means, labels, seed, frames=15, shift=0.6):
    rng = np.random.default_rng(seed)
    size = means.shape[1]
    centres = [means[i] + rng.normal(0, shift, size) for i in labels]
    return np.concatenate([c + rng.normal(0, 0.3, (frames, size)) for c in centres])


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_classes_score_higher_than_new_clips_of_known_ones(kind):
    x, y, clips, means = scene(12, 4)
    known = y < 8
    score = UnknownScore(kind)
    score.fit(x[known], y[known], clips[known])
    seen = score.score(new_clips(means, range(8), seed=1))
    strange = score.score(new_clips(means, range(8, 12), seed=2))
    assert (seen[:, None] < strange[None]).mean() > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_the_threshold_accepts_new_clips_of_known_classes(kind):
    x, y, clips, means = scene(8, 15)
    score = UnknownScore(kind)
    score.fit(x, y, clips)
    accepted = (score.score(new_clips(means, list(range(8)) * 20, seed=3)) < 0.5).mean()
    assert 0.88 <= accepted <= 0.99


def test_leaving_frames_out_instead_of_clips_would_accept_too_few():
    x, y, clips, means = scene(8, 6)
    fresh = new_clips(means, list(range(8)) * 5, seed=3)
    by_clip, by_frame = UnknownScore("neighbour"), UnknownScore("neighbour")
    by_clip.fit(x, y, clips)
    lone = np.arange(len(x)).astype(str)
    by_frame.fit(x, y, lone)
    accepted = (by_frame.score(fresh) < 0.5).mean()
    assert accepted < 0.7 < (by_clip.score(fresh) < 0.5).mean()


def test_with_one_clip_a_class_new_clips_are_still_accepted():
    x, y, clips, means = scene(6, 1)
    score = UnknownScore()
    score.fit(x, y, clips)
    assert (score.score(new_clips(means, list(range(6)) * 3, seed=5)) < 0.5).mean() > 0.6


def turning(seed, frames, size=24):
    """An object that turns steadily: as different from itself at the end as two objects are."""
    rng = np.random.default_rng(seed)
    centre, across, up = rng.normal(0, 1, (3, size))
    angle = np.linspace(0, rng.uniform(2, 6), frames)[:, None]
    return centre + rng.uniform(0.2, 1.5) * (np.cos(angle) * across + np.sin(angle) * up)


@given(st.integers(0, 10**6), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_what_was_just_taught_is_known_whichever_of_its_frames_were_taken(seed, classes):
    views = [turning([seed, label], 35) for label in range(classes)]
    rng = np.random.default_rng(seed)
    taken = [np.sort(rng.choice(35, 17, replace=False)) for _ in views]
    labels = np.repeat(np.arange(classes), 17)
    score = UnknownScore()
    score.fit(np.concatenate([v[t] for v, t in zip(views, taken, strict=True)]), labels, labels)
    for seen in views:
        assert np.median(score.score(seen)) < 0.5


def test_a_new_class_is_known_after_fitting_again():
    x, y, clips, means = scene(9, 4)
    old = y < 8
    score = UnknownScore()
    fresh = new_clips(means, [8] * 4, seed=7)
    score.fit(x[old], y[old], clips[old])
    before = score.score(fresh)
    score.fit(x, y, clips)
    after = score.score(fresh)
    assert before.mean() > 0.5 > after.mean()


def test_the_score_is_chosen_by_what_was_taught_and_goes_with_the_state():
    few, many, copy = UnknownScore(), UnknownScore(), UnknownScore()
    x, y, clips, _ = scene(3, 1)
    few.fit(x, y, clips)
    x, y, clips, _ = scene(10, 4)
    many.fit(x, y, clips)
    copy.load(many.arrays())
    assert few.kind != many.kind == copy.kind


@pytest.mark.parametrize("kind", KINDS)
def test_state_gives_the_same_scores(kind):
    x, y, clips, means = scene(5, 3, size=400)
    score = UnknownScore(kind)
    score.fit(x, y, clips)
    other = UnknownScore(kind)
    other.load({name: value.copy() for name, value in score.arrays().items()})
    fresh = new_clips(means, range(5), seed=2)
    np.testing.assert_allclose(other.score(fresh), score.score(fresh), atol=0.02)


def test_state_is_small_enough_to_ship_with_a_model():
    x, y, clips, _ = scene(35, 2, frames=10, size=1280)
    score = UnknownScore()
    score.fit(x, y, clips)
    assert sum(array.nbytes for array in score.arrays().values()) < 4_000_000


def test_before_anything_is_taught_all_is_unknown():
    score = UnknownScore()
    assert not score.fitted
    np.testing.assert_array_equal(score.score(np.zeros((3, 8), np.float32)), 1.0)
    assert score.arrays() == {}
    score.fit(np.zeros((0, 8)), np.zeros(0, int), np.zeros(0, int))
    assert not score.fitted


@given(
    st.integers(1, 4),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from(KINDS),
    st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_scores_are_shares_however_little_was_taught(classes, clips, frames, kind, seed):
    x, y, c, _ = scene(classes, clips, frames, size=6, seed=seed)
    score = UnknownScore(kind)
    score.fit(x, y, c)
    values = score.score(np.vstack([x, 1e4 * np.ones((1, 6)), np.zeros((1, 6))]))
    assert values.dtype == np.float32
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), min_size=1, max_size=60))
def test_folds_never_tear_a_clip_and_leave_something_of_each_class(rows):
    labels = np.array([label for label, _ in rows])
    clips = np.array([f"{label}/{clip}" for label, clip in rows])
    folds = clip_folds(labels, clips)
    for clip in np.unique(clips):
        assert len(np.unique(folds[clips == clip])) == 1
    for label in np.unique(labels):
        own = np.unique(folds[labels == label])
        assert (own.tolist() == [-1]) or len(own) >= 2


def test_halves_follow_the_order_of_the_frames():
    assert half_folds(np.array(["a", "b", "a", "a", "a"])).tolist() == [0, -1, 0, 1, 1]


@pytest.mark.parametrize(
    "arrays",
    [
        {"calibration": np.array([0.0, 0.0])},
        {"calibration": np.array([np.nan, 1.0])},
        {
            "calibration": np.array([0.0, 1.0]),
            "kind": np.array([9]),
        },
        {
            "calibration": np.array([0.0, 1.0]),
            "kind": np.array([0]),
            "projection": np.zeros((4, 0)),
            "means": np.zeros((2, 4)),
            "precision": np.eye(3),
            "centre": np.zeros(4),
            "spread": np.eye(4),
        },
    ],
)
def test_damaged_states_are_refused(arrays):
    with pytest.raises(ValueError, match="unknown score"):
        UnknownScore().load(arrays)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="choose one of"):
        UnknownScore("entropy")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ValueError, match="N differs"):
        UnknownScore().fit(np.zeros((3, 2)), np.zeros(2, int), np.zeros(3, int))
    with pytest.raises(ValueError, match="not finite"):
        UnknownScore().fit(np.full((2, 2), np.nan), np.zeros(2, int), np.zeros(2, int))


def test_principal_directions_are_as_good_as_exact_ones(monkeypatch):
    """On features whose variance falls off as that of a network's does, and unknown ones."""
    rng = np.random.default_rng(0)
    fall = 1 / np.sqrt(np.arange(1, 641))
    turn = np.linalg.qr(rng.normal(size=(640, 640)))[0]
    x, y, clips, means = scene(20, 4, frames=10, size=640)
    fresh = new_clips(means, list(range(20)) * 2, seed=3)
    x, fresh = (x * fall) @ turn, (fresh * fall) @ turn
    known = y < 14
    scores = []
    for find in (openset_models.principal, exact_principal):
        monkeypatch.setattr(openset_models, "principal", find)
        score = UnknownScore("relative_cosine")
        score.fit(x[known], y[known], clips[known])
        scores.append(score.score(fresh))
    np.testing.assert_allclose(*scores, atol=0.02)


def exact_principal(x):
    away = x - x.mean(axis=0)
    return np.linalg.eigh(away.T @ away)[1][:, -openset_models.LARGEST :]
