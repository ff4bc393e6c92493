"""Faults that published implementations of latent replay have, each held off by a test."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lr_ros.core.backbone import BackboneSpec, TrainableStage
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig
from lr_ros.core.replay import ReplayMemory
from lr_ros.core.strategies import Batch
from lr_ros.core.strategies.ar1free import Ar1Free
from lr_ros.core.strategies.latent_replay import LatentReplay

from .parts import SPEC, patterns

SHAPE = SPEC.latent_shape


def labelled(label: int, count: int) -> np.ndarray:
    """Latents that carry their class in every value."""
    return np.full((count, *SHAPE), label + 1, np.float32)


def test_replayed_patterns_carry_the_labels_they_came_with():
    """Fault 1: labels taken in data-set order for activations from a shuffled loader."""
    stored = ReplayMemory(50, SHAPE, 8)
    for label in range(4):
        stored.add(labelled(label, 30), label, f"clip{label}")
    rng = np.random.default_rng(0)
    batch = Batch(labelled(4, 20), np.full(20, 4), stored, rng, 5)
    strategy = LatentReplay(SPEC)
    for _ in range(10):
        latents, labels = strategy.minibatch(batch)
        np.testing.assert_allclose(latents[:, 0, 0, 0] - 1, labels, atol=0.1)


def test_published_minibatches_carry_their_labels_too(monkeypatch):
    """Fault 1 in the mode that follows the paper."""
    seen = []
    strategy = Ar1Free(SPEC)
    for _ in range(3):
        strategy.add_class()
    stored = ReplayMemory(50, SHAPE, 32)
    stored.add(labelled(0, 30), 0, "a")
    stored.add(labelled(1, 30), 1, "b")
    batch = Batch(labelled(2, 20), np.full(20, 2), stored, np.random.default_rng(0), 3)
    strategy.begin(batch)
    real = torch.nn.functional.cross_entropy

    def watched(logits, labels):
        seen.append(labels.numpy().copy())
        return real(logits, labels)

    inputs = []
    monkeypatch.setattr(torch.nn.functional, "cross_entropy", watched)
    handle = strategy.stage.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    for _ in range(strategy.iterations(20, batch)):
        strategy.step(batch)
    handle.remove()
    for latents, labels in zip(inputs, seen, strict=True):
        np.testing.assert_allclose(latents[:, 0, 0, 0] - 1, labels)


def test_stored_latents_never_go_stale():
    """Fault 1, second half: what makes the latents must not be trained, from the start."""
    learner = LatentReplayLearner(SPEC, LearnerConfig(replay_capacity=40, bits=32))
    learner.learn("a", patterns(0), "clip")
    before = learner.state().arrays["replay.codes"].copy()
    learner.learn("a", patterns(0, 8, seed=1), "later")
    after = learner.state().arrays["replay.codes"]
    np.testing.assert_array_equal(after[: len(before)], before)
    trained = {name.split(".")[0] for name in TrainableStage(SPEC).arrays()}
    assert trained == {unit.name for unit in SPEC.network.above(SPEC.cut)}


@pytest.mark.parametrize("policy", ["balanced", "paper", "reservoir", "similarity"])
def test_memory_grows_past_its_first_batch(policy):
    """Fault 2: a memory as small as the first session for ever."""
    stored = ReplayMemory(250, SHAPE, 8, policy)
    for number in range(3):
        stored.add(labelled(number, 100), number, f"clip{number}")
    assert len(stored) == 250


def test_small_first_batch_replays_no_zero_patterns():
    """Fault 3: a memory filled with zeros before anything was stored."""
    stored = ReplayMemory(1500, SHAPE, 8)
    stored.add(labelled(0, 5), 0, "clip")
    sample = stored.sample(100, np.random.default_rng(0))
    assert len(sample.labels) == 5
    assert (sample.latents > 0.5).all()


def test_late_small_batches_are_not_starved():
    """Fault 4: memory / i patterns for batch i leaves late and small batches next to nothing."""
    stored = ReplayMemory(120, SHAPE, 8)
    for number in range(60):
        stored.add(labelled(number % 11, 20), number % 11, f"clip{number}")
    stored.add(labelled(11, 10), 11, "last")
    assert stored.counts() == dict.fromkeys(range(12), 10)


def test_batch_renormalisation_is_whole():
    """Fault 5: deviations that start at 0, no epsilon, and settings that are not saved."""
    stage = TrainableStage(SPEC, norm="batch_renorm")
    deviations = [v for k, v in stage.arrays().items() if k.endswith("running_std")]
    assert deviations
    assert all((deviation > 0).all() for deviation in deviations)
    stage.set_renorm(1.5, 0.25, 0.125)
    twin = TrainableStage(SPEC, norm="batch_renorm")
    twin.load_arrays(stage.arrays())
    limits = [v for k, v in twin.arrays().items() if k.endswith("limits")]
    assert all(limit.tolist() == [1.5, 0.25, 0.125] for limit in limits)
    # Constant activations have no deviation at all; only epsilon keeps them finite.
    twin.train()
    assert torch.isfinite(twin(torch.zeros(4, *SHAPE))).all()


@pytest.mark.parametrize("size", [64, 96, (64, 96)])
def test_any_number_of_classes_and_any_input_size(size):
    """Fault 6: heads of fixed width and a pool of fixed size."""
    spec = BackboneSpec("efficientnet_lite0", "block15", size)
    learner = LatentReplayLearner(spec, LearnerConfig(replay_capacity=60))
    rng = np.random.default_rng(0)
    for number in range(3):
        latents = rng.normal(number, 1, (6, *spec.latent_shape)).astype(np.float32)
        learner.learn(f"class {number}", latents, "clip")
        prediction = learner.predict(latents)
        assert prediction.probabilities.shape == (6, number + 1)
