"""Sessions: learning while looking, time budgets, several classes, hold-out, and interference."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lr_ros.core.backbone import BackboneSpec
from lr_ros.core.learner import LatentReplayLearner, LearnerConfig, Progress
from lr_ros.core.model import ServingModel
from lr_ros.core.state import State
from lr_ros.core.training import Recipe, TrainedNetwork

from .parts import SPEC, learner, patterns
from .test_conformance import assert_same_state


@pytest.fixture
def subject():
    one = learner("default")
    one.learn("a", patterns(0), "clip-a")
    return one


def test_new_class_is_named_before_any_training(subject):
    session = subject.begin("b", "clip-b")
    session.add(patterns(1, 10))
    export = session.preview()
    model = ServingModel.from_bytes(export.weights, export.class_names, SPEC)
    best = model.predict(patterns(1, 10, seed=4)).probabilities.argmax(axis=1)
    assert (best == 1).all()
    assert session.iterations == 0


def test_training_while_looking_leaves_little_for_the_end(subject):
    unhurried = subject.begin("b", "clip-b")
    unhurried.add(patterns(1, 48))
    planned = unhurried.finish().iterations
    subject.forget("b")
    session = subject.begin("b", "clip-b")
    for frames in np.split(patterns(1, 48), 12):
        session.add(frames)
        session.train(60)
    done = session.iterations
    assert session.finish().iterations == planned
    assert done == planned


def test_steps_follow_the_frames_seen(subject):
    session = subject.begin("b", "clip-b")
    session.add(patterns(1, 5))
    few = session.train(60)
    assert session.train(60) == 0
    session.add(patterns(1, 75, seed=1))
    assert session.train(60) > few


def test_slices_end_in_time(subject):
    session = subject.begin("b", "clip-b")
    session.add(patterns(1, 48))
    assert session.train(0.0) == 0
    assert session.finish(seconds=0.0).iterations <= 1
    assert subject.classes == ("a", "b")


def test_progress_rises_to_one(subject):
    seen: list[Progress] = []
    subject.learn("b", patterns(1), "clip-b", progress=seen.append)
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert all(np.isfinite(p.loss) for p in seen)


def test_several_classes_in_one_batch(subject):
    latents = np.concatenate([patterns(1, 10), patterns(2, 10)])
    names = ["b"] * 10 + ["c"] * 10
    clips = ["x"] * 10 + ["y"] * 5 + ["z"] * 5
    report = subject.learn_batch(latents, names, clips, now=5.0)
    assert report.class_names == ("b", "c")
    assert subject.classes == ("a", "b", "c")
    assert subject.class_info("c").last_learned == 5.0
    assert subject.snapshot().memory.clips(2) == {"y": 5, "z": 5}


def test_uneven_batches_are_refused(subject):
    with pytest.raises(ValueError, match="10 frames, 1 class names and 10 clip ids"):
        subject.learn_batch(patterns(1, 10), ["b"], ["x"] * 10)


def test_session_without_frames_is_refused_and_stays_open(subject):
    session = subject.begin("b", "clip-b")
    with pytest.raises(ValueError, match="no frames"):
        session.finish()
    session.add(patterns(1))
    session.finish()
    assert subject.classes == ("a", "b")


def test_frames_of_another_shape_are_refused(subject):
    session = subject.begin("b", "clip-b")
    with pytest.raises(ValueError, match="shape"):
        session.add(np.zeros((3, 7, 1, 1), np.float32))


def test_session_starts_over_if_the_learner_changed_meanwhile(subject):
    session = subject.begin("b", "clip-b")
    session.add(patterns(1))
    session.train(60)
    subject.learn("c", patterns(2), "clip-c")
    subject.rename("a", "apple")
    session.finish()
    assert subject.classes == ("apple", "c", "b")
    latents = np.concatenate([patterns(label, 8, seed=3) for label in (0, 2, 1)])
    best = subject.predict(latents).probabilities.argmax(axis=1)
    assert (best == np.repeat([0, 1, 2], 8)).mean() > 0.9


def test_two_threads_may_not_tear_a_session(subject):
    session = subject.begin("b", "clip-b")
    session.add(patterns(1))
    session.finish()
    for call in (session.preview, session.finish, lambda: session.add(patterns(1))):
        with pytest.raises(RuntimeError, match="over"):
            call()


def test_held_out_frames_are_not_learned_from_but_measured_with():
    one = learner("default", holdout=0.25)
    one.learn("a", patterns(0, 80), "clip-a")
    report = one.learn("b", patterns(1, 80), "clip-b")
    assert (report.frames, report.held_out) == (60, 20)
    info = one.class_info("b")
    assert info.frames == info.latents * 2 == 60
    assert info.held_out_accuracy == 1.0
    assert one.held_out_accuracy() == {"a": 1.0, "b": 1.0}


def test_accuracy_of_what_was_not_held_out_is_not_a_number(subject):
    assert np.isnan(subject.class_info("a").held_out_accuracy)
    assert subject.held_out_accuracy() == {}


def test_snapshots_are_exact_undo(subject):
    snapshot, before = subject.snapshot(), subject.state()
    subject.learn("b", patterns(1), "clip-b")
    subject.forget("a")
    subject.revert(snapshot)
    assert_same_state(before, subject.state())


def test_state_of_another_strategy_is_refused(subject):
    other = learner("ncm")
    with pytest.raises(ValueError, match=r"'default'.*'ncm'"):
        other.restore(subject.state())


@pytest.mark.parametrize("settings", [{"replay_capacity": 12}, {"bits": 4}, {"policy": "paper"}])
def test_restored_learner_keeps_its_own_settings(subject, settings):
    subject.learn("b", patterns(1), "clip-b")
    twin = learner("default", **settings)
    twin.restore(subject.state())
    memory = twin.snapshot().memory
    assert (memory.capacity, memory.bits, memory.policy) == (
        settings.get("replay_capacity", 60),
        settings.get("bits", 8),
        settings.get("policy", "balanced"),
    )
    assert twin.replay_used == min(48, memory.capacity)
    assert twin.class_info("a").latents == twin.class_info("b").latents
    asked = patterns(0, 8, seed=4)
    np.testing.assert_array_equal(
        twin.predict(asked).probabilities, subject.predict(asked).probabilities
    )
    twin.learn("c", patterns(2), "clip-c")
    assert twin.replay_used == min(60, memory.capacity)
    assert (twin.predict(asked).probabilities.argmax(axis=1) == 0).all()


def test_restored_learner_that_holds_nothing_out_keeps_what_was_held_out():
    one, twin = learner("default", holdout=0.25), learner("default")
    one.learn("a", patterns(0, 40), "clip-a")
    twin.restore(one.state())
    assert len(twin.snapshot().held_out) == 10
    smaller = learner("default", holdout=0.1, replay_capacity=40)
    smaller.restore(one.state())
    assert len(smaller.snapshot().held_out) == 4


def test_state_from_before_the_second_closed_form_is_learned_on_from():
    old = learner()
    old.learn("a", patterns(0), "clip-a")
    state = old.state()
    kept = {k: v for k, v in state.arrays.items() if "wide_closed_form" not in k}
    assert kept.keys() < state.arrays.keys()
    new = learner()
    new.restore(State(kept, state.meta))
    for label, name in enumerate("bc", start=1):
        new.learn(name, patterns(label), f"clip-{name}")
    new.forget("b")
    asked = np.concatenate([patterns(label, 8, seed=1) for label in (0, 2)])
    assert (new.predict(asked).probabilities.argmax(axis=1) == [0] * 8 + [1] * 8).all()
    again = learner()
    again.restore(new.state())
    np.testing.assert_array_equal(
        again.predict(asked).probabilities, new.predict(asked).probabilities
    )


def test_damaged_state_changes_nothing(subject):
    state, before = subject.state(), subject.state()
    del state.arrays["strategy.weight"]
    with pytest.raises(ValueError, match="weight"):
        subject.restore(state)
    assert_same_state(before, subject.state())


def test_reset_forgets_everything(subject):
    subject.reset()
    assert subject.classes == ()
    assert subject.predict(patterns(0, 3)).unknown.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strategy": "magic"}, "strategy is 'magic'"),
        ({"bits": 5}, "bits is 5"),
        ({"policy": "newest"}, "policy is 'newest'"),
        ({"replay_capacity": 0}, "replay_capacity is 0"),
        ({"replay_megabytes": float("nan")}, "replay_megabytes is nan"),
        ({"holdout": 0.9}, "holdout is 0.9"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LearnerConfig(**settings)


def test_memory_size_may_be_given_in_megabytes():
    values = int(np.prod(SPEC.latent_shape))
    one = LatentReplayLearner(SPEC, LearnerConfig(replay_megabytes=values * 20 / 1e6))
    assert one.replay_capacity == 20


@pytest.mark.parametrize("bits", [32, 16, 8, 7, 6, 4, 2, 1])
def test_learns_from_latents_of_any_number_of_bits(bits):
    one = learner("default", bits=bits)
    for label, name in enumerate("ab"):
        one.learn(name, patterns(label), f"clip-{name}")
    latents = np.concatenate([patterns(label, 8, seed=3) for label in range(2)])
    best = one.predict(latents).probabilities.argmax(axis=1)
    assert (best == np.repeat([0, 1], 8)).mean() > 0.9


def progressive(**settings):
    """A network of three units with two classes, and what to train it on."""
    spec = BackboneSpec("efficientnet_lite0", "block13", input_size=64)
    recipe = Recipe(**{"lower_every": 3, "minibatch": 8, "compute": "float32", **settings})
    network = TrainedNetwork(spec, recipe)
    network.add_class()
    network.add_class()
    latents = np.random.default_rng(0).normal(size=(8, *spec.latent_shape)).astype(np.float32)
    return network, latents, np.repeat([0, 1], 4)


def test_progressive_replay_trains_the_lower_layers_at_times_only():
    network, latents, labels = progressive()
    rng = np.random.default_rng(0)
    changed = []
    for _ in range(7):
        before = network.stage.arrays()
        if network.steps_inside:
            network.step_inside(rng)
        else:
            network.step(latents, labels, rng)
        after = network.stage.arrays()
        moved = {n.split(".")[0] for n in after if not np.array_equal(after[n], before[n])}
        changed.append(sorted(moved))
    upper = ["block15", "features"]
    # In the first step the head is still zero, and nothing below it has a gradient.
    assert changed[1:] == [upper, upper, ["block14", *upper], upper, upper, ["block14", *upper]]
    network.begin()
    assert not network.steps_inside, "what was replayed inside belongs to one session"


def test_steps_inside_replay_what_the_lower_layers_gave():
    network, latents, labels = progressive(part=1.0, flip=False)
    rng = np.random.default_rng(0)
    inside = network.stage.inside(torch.from_numpy(latents), 1).detach()
    for number in range(3):
        logits = torch.nn.functional.linear(
            network.stage.features_from(inside, 1), network.weight, network.bias
        )
        wanted = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels))
        assert network.steps_inside == (number > 0)
        loss = network.step_inside(rng) if number else network.step(latents, labels, rng)
        assert loss == pytest.approx(float(wanted.detach()), rel=1e-5)


def test_progressive_learner_learns_and_takes_the_same_steps():
    plain, sparing = learner("default"), learner("default", lower_every=3)
    for label, name in enumerate("abc"):
        reports = [one.learn(name, patterns(label), name) for one in (plain, sparing)]
        assert reports[0].iterations == reports[1].iterations
    asked = np.concatenate([patterns(label, 8, seed=1) for label in range(3)])
    best = sparing.predict(asked).probabilities.argmax(axis=1)
    assert (best == np.repeat([0, 1, 2], 8)).all()


def test_strategies_as_published_have_no_progressive_form():
    with pytest.raises(ValueError, match="no progressive form"):
        learner("ar1free", lower_every=2)
