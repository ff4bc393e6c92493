"""The heads against plain float64 references."""

from __future__ import annotations

import numpy as np
import pytest

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
    np.testing.assert_allclose(weights, wanted_weights, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(biases, wanted_biases, rtol=1e-8, atol=1e-10)


def test_rank_one_updates_keep_the_inverse():
    head = StreamingLDA(8, 0.3)
    head.add_class()
    rng = np.random.default_rng(0)
    head.update(rng.normal(size=(40, 8)), 0)
    ridge = np.linalg.inv(head.arrays()["inverse"]) - head.arrays()["scatter"]
    for frame in rng.normal(size=(30, 1, 8)):
        head.update(frame, 0)
    # The ridge stays what it was, while the scatter grows by rank-1 steps.
    wanted = np.linalg.inv(head.arrays()["scatter"] + ridge)
    np.testing.assert_allclose(head.arrays()["inverse"], wanted, rtol=1e-9, atol=1e-12)


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
        np.testing.assert_allclose(weights, heads[0][0], rtol=1e-9)
        np.testing.assert_allclose(biases, heads[0][1], rtol=1e-9)


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


def test_merged_lda_equals_one_taught_under_one_name():
    rng = np.random.default_rng(2)
    a, b, c = (rng.normal(shift, 1, (30, 5)) for shift in (0, 2, 5))
    merged, direct = StreamingLDA(5, 0.2), StreamingLDA(5, 0.2)
    for head, plan in ((merged, [(a, 0), (b, 1), (c, 2)]), (direct, [(a, 0), (b, 0), (c, 1)])):
        for features, label in plan:
            while len(head.counts) <= label:
                head.add_class()
            head.update(features, label)
    merged.merge(1, 0)
    direct.refresh()
    np.testing.assert_allclose(merged.linear()[0], direct.linear()[0], rtol=1e-8)
    np.testing.assert_array_equal(merged.counts, direct.counts)


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
