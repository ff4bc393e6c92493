"""AR1*free and AR1* step by step against an independent reference in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lr_ros.core.backbone import TrainableStage
from lr_ros.core.replay import ReplayMemory
from lr_ros.core.strategies import Batch
from lr_ros.core.strategies.ar1 import Ar1
from lr_ros.core.strategies.ar1free import Ar1Free
from lr_ros.core.strategies.paper_batches import batches_an_epoch, paper_batches

from .parts import SPEC, patterns


class ReferenceRenorm(nn.Module):
    """Batch renormalisation written after Ioffe 2017, algorithm 1, by plain operations."""

    def __init__(self, arrays, name):
        super().__init__()

        def take(part):
            return torch.tensor(arrays[f"{name}.norm.{part}"], dtype=torch.float64)

        self.scale, self.shift = nn.Parameter(take("scale")), nn.Parameter(take("shift"))
        self.mean, self.std = take("running_mean"), take("running_std")
        self.limits = (3.0, 5.0, 0.01)

    def forward(self, x, eps):
        r_max, d_max, momentum = self.limits
        axes = (0, 2, 3)
        mean = x.mean(axes)
        std = (x.var(axes, unbiased=False) + eps).sqrt()
        r = (std.detach() / self.std).clamp(1 / r_max, r_max)
        d = ((mean.detach() - self.mean) / self.std).clamp(-d_max, d_max)
        normal = (x - shaped(mean)) / shaped(std) * shaped(r) + shaped(d)
        self.mean = self.mean + momentum * (mean.detach() - self.mean)
        self.std = self.std + momentum * (std.detach() - self.std)
        return normal * shaped(self.scale) + shaped(self.shift)


def shaped(vector):
    return vector[None, :, None, None]


class Reference(nn.Module):
    """The stage above block 15 in float64: one pointwise convolution, renorm, ReLU6, pool."""

    def __init__(self, stage: TrainableStage):
        super().__init__()
        arrays = stage.arrays()
        weight = torch.tensor(arrays["features.conv.weight"], dtype=torch.float64)
        self.weight = nn.Parameter(weight)
        self.norm = ReferenceRenorm(arrays, "features.conv")

    def forward(self, latents):
        x = nn.functional.conv2d(latents, self.weight)
        return self.norm(x, SPEC.network.norm_eps).clamp(0, 6).mean((2, 3))


def batch(labels, memory, number, seed=0):
    latents = np.concatenate([patterns(label, 12, seed) for label in labels])
    return Batch(
        latents, np.repeat(labels, 12), memory, np.random.default_rng((number, seed)), number
    )


def memory_of(labels):
    stored = ReplayMemory(40, SPEC.latent_shape, 32)
    for label in labels:
        stored.add(patterns(label, 20, seed=9), label, f"clip{label}")
    return stored


def reference_batch(reference, weights, session, strategy, pull=None):
    """Train as published, in float64; return the head's weights and the losses."""
    first = session.number == 1
    reference.norm.limits = strategy.first_renorm if first else strategy.later_renorm
    head = nn.Parameter(torch.tensor(weights, dtype=torch.float64))
    parameters = [reference.weight, reference.norm.scale, reference.norm.shift, head]
    velocity = [torch.zeros_like(p) for p in parameters]
    rate = strategy.first_rate if first else strategy.later_rate
    rng = np.random.default_rng((session.number, 0))
    new, stored = len(session.labels), len(session.memory)
    losses = []
    for mix in paper_batches(new, stored, strategy.minibatch, strategy.epochs, rng):
        sample = session.memory.take(mix.replayed)
        latents = np.concatenate([session.latents[mix.new], sample.latents]).astype(np.float64)
        labels = np.concatenate([session.labels[mix.new], sample.labels])
        logits = reference(torch.from_numpy(latents)) @ head.T
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels))
        losses.append(float(loss.detach()))
        total = loss if pull is None else loss + pull.penalty(reference.weight)
        gradients = torch.autograd.grad(total, parameters)
        before = reference.weight.detach().clone()
        with torch.no_grad():
            for p, v, gradient in zip(parameters, velocity, gradients, strict=True):
                v.mul_(strategy.momentum).add_(gradient + strategy.weight_decay * p)
                p.sub_(rate * v)
            if pull is not None:
                pull.follow(gradients[0], before, reference.weight)
    if pull is not None:
        pull.end(reference.weight)
    return head.detach().numpy(), losses


class ReferencePull:
    """Synaptic Intelligence in float64, as AR1* has it."""

    def __init__(self, strategy, weight):
        self.strategy = strategy
        self.total = torch.zeros_like(weight)
        self.start_batch(weight)

    def start_batch(self, weight):
        self.start = weight.detach().clone()
        self.path = torch.zeros_like(weight)

    @property
    def importance(self):
        return self.total.clamp(0, self.strategy.largest)

    def penalty(self, weight):
        return self.strategy.strength / 2 * (self.importance * (weight - self.start) ** 2).sum()

    def follow(self, gradient, before, after):
        self.path += gradient * (after.detach() - before)

    def end(self, weight):
        moved = (weight.detach() - self.start) ** 2 + 1e-7
        self.total += -self.strategy.scale * self.path / moved


@pytest.mark.parametrize("kind", [Ar1Free, Ar1])
def test_equals_the_reference_over_two_batches(kind, monkeypatch):
    monkeypatch.setattr(kind, "minibatch", 16)
    monkeypatch.setattr(kind, "compute", "float32")
    strategy = kind(SPEC)
    reference = Reference(strategy.stage)
    pull = ReferencePull(strategy, reference.weight) if kind is Ar1 else None
    weights, past = np.zeros((0, SPEC.feature_size)), np.zeros(0)
    for number, (new, old) in enumerate([([0, 1], []), ([2], [0, 1])], start=1):
        for _ in range(max(new) + 1 - len(past)):
            strategy.add_class()
            weights = np.vstack([weights, np.zeros(SPEC.feature_size)])
            past = np.append(past, 0.0)
        session = batch(new, memory_of(old), number)
        strategy.begin(session)
        steps = strategy.iterations(len(session.labels), session)
        losses = [strategy.step(session) for _ in range(steps)]
        strategy.end(session)
        if pull is not None:
            pull.start_batch(reference.weight)
        again = batch(new, memory_of(old), number)
        trained, wanted = reference_batch(reference, weights, again, strategy, pull)
        np.testing.assert_allclose(losses, wanted, rtol=2e-3, atol=1e-4)
        counts = np.bincount(np.concatenate([again.labels, again.memory.labels]))
        share = np.sqrt(past / counts)[:, None]
        weights = (weights * share + trained - trained.mean()) / (share + 1)
        past = past + counts
        np.testing.assert_allclose(strategy.head.weights, weights, rtol=2e-2, atol=2e-4)
    mine = strategy.stage.arrays()
    np.testing.assert_allclose(
        mine["features.conv.weight"], reference.weight.detach().numpy(), rtol=1e-3, atol=2e-5
    )
    np.testing.assert_allclose(
        mine["features.conv.norm.running_mean"], reference.norm.mean.numpy(), rtol=1e-3, atol=1e-4
    )
    if pull is not None:
        (total,) = strategy.synapses.arrays().values()
        largest = float(pull.total.abs().max())
        np.testing.assert_allclose(
            total, pull.total.numpy().reshape(total.shape), rtol=0.05, atol=0.02 * largest
        )


def test_bfloat16_follows_the_reference_over_two_batches(monkeypatch):
    """What is rounded (to 1/256 of each value) are activations, not state: errors average out.

    Losses stay within 2 percent of the first one, statistics and weights within a hundredth of
    their size, and the weights' way, which is a sum of rounded gradients, within a tenth.
    """
    monkeypatch.setattr(Ar1Free, "minibatch", 16)
    monkeypatch.setattr(Ar1Free, "compute", "bfloat16")
    strategy = Ar1Free(SPEC)
    reference = Reference(strategy.stage)
    before = reference.weight.detach().clone()
    head = np.zeros((0, SPEC.feature_size))
    for number, (new, old) in enumerate([([0, 1], []), ([2], [0, 1])], start=1):
        for _ in new:
            strategy.add_class()
        head = np.vstack([strategy.head.weights, np.zeros((0, SPEC.feature_size))])
        session = batch(new, memory_of(old), number)
        strategy.begin(session)
        steps = strategy.iterations(len(session.labels), session)
        losses = [strategy.step(session) for _ in range(steps)]
        strategy.end(session)
        again = batch(new, memory_of(old), number)
        _, wanted = reference_batch(reference, head, again, strategy)
        np.testing.assert_allclose(losses, wanted, rtol=0, atol=0.02 * wanted[0])
    mine = strategy.stage.arrays()
    norm = reference.norm
    pairs = {"weight": reference.weight, "norm.scale": norm.scale, "norm.shift": norm.shift,
             "norm.running_mean": norm.mean, "norm.running_std": norm.std}  # fmt: skip
    for name, want in pairs.items():
        got = mine[f"features.conv.{name}"]
        assert got.dtype == np.float32
        assert_close_as_a_whole(got, want.detach().numpy(), 0.01)
    way = reference.weight.detach() - before
    assert_close_as_a_whole(mine["features.conv.weight"] - before.numpy(), way.numpy(), 0.1)


def assert_close_as_a_whole(got, want, tolerance):
    assert np.linalg.norm(got - want) <= tolerance * np.linalg.norm(want)


def test_an_epoch_passes_over_old_and_new_once():
    rng = np.random.default_rng(0)
    mixes = list(paper_batches(300, 1500, 128, 4, rng))
    assert len(mixes) == 4 * batches_an_epoch(300, 1500, 128) == 60
    assert [len(mix.new) for mix in mixes[:14]] == [21] * 14
    assert [len(mix.replayed) for mix in mixes[:14]] == [107] * 14
    for start in range(0, 60, 15):
        epoch = mixes[start : start + 15]
        assert sorted(np.concatenate([mix.new for mix in epoch])) == list(range(300))
        replayed = np.concatenate([mix.replayed for mix in epoch])
        assert len(set(replayed.tolist())) == len(replayed) >= 1498
    # The memory is shuffled once a batch, the new patterns each epoch.
    np.testing.assert_array_equal(mixes[0].replayed, mixes[15].replayed)
    assert (mixes[0].new != mixes[15].new).any()


def test_first_batch_has_no_replay():
    mixes = list(paper_batches(300, 0, 128, 1, np.random.default_rng(0)))
    assert [len(mix.new) for mix in mixes] == [128, 128, 44]
    assert all(len(mix.replayed) == 0 for mix in mixes)
