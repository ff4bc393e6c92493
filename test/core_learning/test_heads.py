"""The heads against plain float64 references."""

from __future__ import annotations

import numpy as np
import pytest

from lr_ros.core.heads import scatter
from lr_ros.core.heads.cwr import CwrHead
from lr_ros.core.heads.ncm import NearestClassMean
from lr_ros.core.heads.slda import StreamingLDA


def stream(seed=0, size=12, classes=4, blocks=14):
    rng = np.random.default_rng(seed)
    means = rng.normal(0, 2, (classes, size))
    mix = rng.normal(size=(size, size))
    for _ in range(blocks):
        label = int(rng.integers(classes))
        count = int(rng.integers(1, 25))
        yield means[label] + rng.normal(size=(count, size)) @ mix, label


def batch_lda(features, labels, shrinkage):
    """Textbook LDA with shrinkage, all data at once."""
    classes = labels.max() + 1
    means = np.stack([features[labels == c].mean(axis=0) for c in range(classes)])
    rest = features - means[labels]
    covariance = rest.T @ rest / len(features)
    size = len(covariance)
    target = np.trace(covariance) / size * np.eye(size)
    inverse = np.linalg.inv((1 - shrinkage) * covariance + shrinkage * target)
    weights = means @ inverse
    return weights, -0.5 * np.einsum("cd,cd->c", weights, means)


def test_streaming_lda_equals_batch_lda():
    head = StreamingLDA(12, 0.2)
    for _ in range(4):
        head.add_class()
    blocks = list(stream())
    for features, label in blocks:
        head.update(features, label)
    head.refresh()
    features = np.concatenate([f for f, _ in blocks])
    labels = np.concatenate([np.full(len(f), y) for f, y in blocks])
    weights, biases = head.linear()
    wanted_weights, wanted_biases = batch_lda(features, labels, 0.2)
    # What each class adds to the covariance is kept in single precision.
    assert_close(weights, wanted_weights, 1e-6)
    assert_close(biases, wanted_biases, 1e-6)


def assert_close(got, wanted, tolerance):
    """All values differ by at most that share of the largest one."""
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * np.abs(wanted).max())


def test_rank_one_updates_keep_the_inverse():
    head = StreamingLDA(8, 0.3)
    head.add_class()
    rng = np.random.default_rng(0)
    head.update(rng.normal(size=(40, 8)), 0)
    head.linear()
    ridge = 0.3 / 0.7 * np.trace(head.arrays()["scatter"]) / 8
    for frame in rng.normal(size=(30, 1, 8)):
        head.update(frame, 0)
        head.linear()
    # The ridge stays what it was, while the scatter grows by rank-1 steps.
    state = head.arrays()
    inverse = np.linalg.inv(state["scatter"] + ridge * np.eye(8))
    assert_close(head.linear()[0], state["means"] @ inverse * 70 / 0.7, 1e-6)


def test_streaming_lda_does_not_care_how_frames_are_grouped():
    rng = np.random.default_rng(1)
    frames = rng.normal(size=(50, 6))
    heads = []
    for size in (1, 7, 50):
        head = StreamingLDA(6, 0.1)
        head.add_class()
        for start in range(0, 50, size):
            head.update(frames[start : start + size], 0)
        head.refresh()
        heads.append(head.linear())
    for weights, biases in heads[1:]:
        assert_close(weights, heads[0][0], 1e-6)
        assert_close(biases, heads[0][1], 1e-6)


def test_lda_of_one_frame_a_class_takes_the_nearest():
    head = StreamingLDA(3, 0.3)
    for label, mean in enumerate(np.eye(3)):
        head.add_class()
        head.update(mean[None], label)
    assert head.scores(np.eye(3)).argmax(axis=1).tolist() == [0, 1, 2]


def test_classes_without_frames_are_never_chosen():
    for head in (StreamingLDA(3), NearestClassMean(3)):
        head.add_class()
        head.add_class()
        head.update(np.eye(3)[:2], 1)
        assert head.linear()[1][0] == -np.inf


def test_forks_go_separate_ways():
    for head in (StreamingLDA(5), NearestClassMean(5)):
        head.add_class()
        head.update(np.eye(5)[:3], 0)
        before = {name: array.copy() for name, array in head.arrays().items()}
        fork = head.fork()
        fork.update(np.ones((20, 5)), 0)
        fork.add_class()
        for name, array in head.arrays().items():
            np.testing.assert_array_equal(array, before[name])


def lda_of(plan, size, shrinkage=0.2):
    """A head that learned (features, class) one after the other."""
    head = StreamingLDA(size, shrinkage)
    for features, label in plan:
        while len(head.counts) <= label:
            head.add_class()
        head.update(features, label)
    head.refresh()
    return head


def assert_same_head(one, other, tolerance=1e-9):
    np.testing.assert_array_equal(one.counts, other.counts)
    for mine, theirs in zip(one.linear(), other.linear(), strict=True):
        assert_close(mine, theirs, tolerance)


def clips(size, classes=3, clips=2, frames=30, seed=2):
    """Clips of each class in turn: (features, class)."""
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(classes, size, size))
    return [
        (rng.normal(2 * label, 1, (frames, size)) @ mix[label], label)
        for _ in range(clips)
        for label in range(classes)
    ]


# A class's scatter is kept as 58 vectors of 200 values, or as a triangle of 6 x 6 ones.
@pytest.mark.parametrize("size", [200, 6])
def test_forgotten_class_leaves_what_the_others_alone_give(size):
    plan = clips(size)
    head = lda_of(plan, size)
    head.remove(1)
    others = [(features, min(label, 1)) for features, label in plan if label != 1]
    assert_same_head(head, lda_of(others, size))
    features = np.concatenate([f for f, _ in others])
    labels = np.repeat([y for _, y in others], 30)
    for mine, wanted in zip(head.linear(), batch_lda(features, labels, 0.2), strict=True):
        assert_close(mine, wanted, 1e-5)
    # And it learns on as if it had never been otherwise.
    again = [(f, 2) for f, label in plan if label == 1]
    for one, label in again:
        head.add_class() if len(head.counts) == 2 else None
        head.update(one, label)
    head.refresh()
    assert_same_head(head, lda_of([*others, *again], size), 1e-6)


@pytest.mark.parametrize("size", [200, 6])
def test_merged_lda_equals_one_taught_under_one_name(size):
    plan = clips(size)
    merged = lda_of(plan, size)
    merged.merge(1, 0)
    assert_same_head(merged, lda_of([(f, max(y - 1, 0)) for f, y in plan], size), 1e-6)
    merged.remove(0)
    assert_same_head(merged, lda_of([(f, 0) for f, y in plan if y == 2], size), 1e-6)


def test_forgetting_all_leaves_nothing():
    head = lda_of(clips(5), 5)
    for _ in range(3):
        head.remove(0)
    for name, array in StreamingLDA(5).arrays().items():
        np.testing.assert_array_equal(head.arrays()[name], array, err_msg=name)


def test_scatter_of_a_class_takes_no_more_than_a_triangle():
    own, size = scatter.empty(20), 20
    vectors = np.random.default_rng(0).normal(size=(50, size)).astype(np.float32)
    for number, vector in enumerate(vectors, start=1):
        own = scatter.with_vectors(own, vector[None])
        assert own.size == min(number * size, size * (size + 1) // 2)
    assert_close(scatter.dense(own, size), vectors.T.astype(np.float64) @ vectors, 1e-6)


def test_damaged_scatters_are_refused():
    state = dict(lda_of(clips(6), 6).arrays())
    for name, value in {
        "own1": np.zeros((3, 5), np.float32),
        "shared": np.zeros((6, 6)),
        "shared_counts": np.zeros(2, np.int64),
    }.items():
        with pytest.raises(ValueError, match=r"scatter"):
            StreamingLDA(6).load({**state, name: value})


def test_nearest_class_mean_is_the_mean_of_normal_features():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(20, 4)) + 1
    head = NearestClassMean(4)
    head.add_class()
    for block in np.split(features, 4):
        head.update(block, 0)
    normal = features / np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(head.linear()[0][0], normal.mean(axis=0), rtol=1e-9)


def reference_cwr(batches, classes, size):
    """CWR* in plain loops and float64."""
    weights, past = np.zeros((classes, size)), np.zeros(classes)
    for trained, counts in batches:
        current = [c for c in range(classes) if counts[c]]
        if not current:
            continue
        average = sum(float(trained[c].sum()) for c in current) / (len(current) * size)
        for c in current:
            share = (past[c] / counts[c]) ** 0.5
            weights[c] = (weights[c] * share + (trained[c] - average)) / (share + 1)
            past[c] += counts[c]
    return weights, past


def test_cwr_star_equals_the_reference():
    rng = np.random.default_rng(0)
    batches = []
    for _ in range(6):
        counts = rng.integers(0, 40, 5) * (rng.random(5) < 0.6)
        batches.append((rng.normal(size=(5, 7)).astype(np.float32), counts))
    head = CwrHead(7)
    for _ in range(5):
        head.add_class()
    for trained, counts in batches:
        head.consolidate(trained, counts)
    weights, past = reference_cwr([(t.astype(np.float64), c) for t, c in batches], 5, 7)
    np.testing.assert_allclose(head.weights, weights, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(head.past, past)


def test_cwr_star_trains_from_the_weights_at_hand_and_from_zero_for_others():
    head = CwrHead(3)
    for _ in range(3):
        head.add_class()
    head.weights[:] = [[1, 1, 1], [2, 2, 2], [3, 3, 3]]
    working = head.working_weights(np.array([0, 2]))
    np.testing.assert_array_equal(working, [[1, 1, 1], [0, 0, 0], [3, 3, 3]])


@pytest.mark.parametrize("shrinkage", [0, 1, -1, float("nan")])
def test_impossible_shrinkage_is_refused(shrinkage):
    with pytest.raises(ValueError, match="shrinkage"):
        StreamingLDA(3, shrinkage)
