"""`lr bag learn`: without ROS, the same each time, and honest about where it began."""

from __future__ import annotations

import shutil
import subprocess
import sys

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionMode

from lr_ros.bags.errors import BagError
from lr_ros.bags.gathering import Span
from lr_ros.bags.learn import Plan, learn_bag
from lr_ros.bags.recording import Recording
from lr_ros.bags.settings import load_settings
from lr_ros.core.state import State
from lr_ros.core.store import Store
from lr_ros.sources.base import SourceError

from .commands import learn, report, run, run_without_ros
from .making import TOPIC, images, jpeg, write

MUG = Span(0.0, 4.5, "mug")
CUP = Span(4.5, 8.5, "cup")


def quiet(_what: str, _share: float) -> None:
    """Nobody watches."""


def taught(bag, params, store, *spans, **more):
    with Recording(bag, TOPIC) as recording:
        plan = Plan(spans, load_settings(params), store, **more)
        return learn_bag(recording, plan, quiet)


def test_without_ros_and_again_gives_the_same_model_bit_for_bit(bag, params, tmp_path) -> None:
    asked = ("--class", "mug", "--to", 4.5)
    first = learn(bag, params, tmp_path / "a", *asked, by=run_without_ros)
    again = learn(bag, params, tmp_path / "b", *asked, "--expect", first["weights"])
    assert len(first["weights"]) == 64
    for part in ("weights", "state", "sessions"):
        assert again[part] == first[part]
    assert again["recipe"]["sha256"] == first["recipe"]["sha256"]
    assert first["departures"] == again["departures"] == []
    (session,) = first["sessions"]
    assert session["learned"]
    assert session["used"] + sum(session["refused"].values()) <= session["images"]
    assert 1.0 <= session["begin"] < session["end"] <= 4.0


def test_progressive_replay_is_a_setting(bag, tmp_path) -> None:
    weights = []
    for every in (1, 3):
        path = tmp_path / f"{every}.yaml"
        settings = f"encoder.input_size: 64, training.lower_every: {every}"
        path.write_text(
            f"learner: {{ros__parameters: {{{settings}}}}}\n"
            "recognizer: {ros__parameters: {encoder.input_size: 64}}\n"
        )
        spans = (Span(0.0, 2.5, "mug"), Span(4.5, 6.5, "cup"))
        weights.append(taught(bag, path, tmp_path / f"store{every}", *spans).weights)
    assert weights[0] != weights[1]


def test_another_model_than_expected_fails(bag, params, tmp_path) -> None:
    done = run("learn", bag, "--params", params, "--store", tmp_path / "s", "--class", "mug",
               "--to", 4.5, "--expect", "0" * 64)  # fmt: skip
    assert done.returncode == 1
    assert "not the model expected" in done.stderr


def test_a_seed_decides_where_there_is_chance(bag, tmp_path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(
        "learner: {ros__parameters: {encoder: {input_size: 64}, training.strategy: naive}}\n"
        "recognizer: {ros__parameters: {encoder: {input_size: 64}}}\n"
    )
    spans = (Span(0.0, 2.5, "mug"), Span(4.5, 6.5, "cup"))
    a, b, c = (
        taught(bag, path, tmp_path / name, *spans, seed=seed, frames=4)
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert a.weights == b.weights != c.weights
    assert a.state == b.state
    assert a.recipe["sha256"] == b.recipe["sha256"] != c.recipe["sha256"]


def test_what_was_known_before_is_part_of_the_recipe_and_told(bag, params, store, tmp_path) -> None:
    shutil.copytree(store, tmp_path / "a")
    after = taught(bag, params, tmp_path / "a", CUP)
    alone = taught(bag, params, tmp_path / "b", CUP)
    (departure,) = after.departures
    assert "not with an empty store" in departure
    assert alone.departures == []
    assert after.recipe["before"] != alone.recipe["before"] == "empty"
    assert after.recipe["sha256"] != alone.recipe["sha256"]


def test_an_interrupted_session_is_learned_first_and_told(bag, params, tmp_path) -> None:
    shape = load_settings(params).spec.latent_shape
    latents = np.random.default_rng(0).normal(0, 1, (8, *shape)).astype(np.float32)
    with Store(tmp_path / "s") as store:
        store.journal.put("killed", State({"latents": latents}, {"class_name": "pot"}))
    result = taught(bag, params, tmp_path / "s", MUG)
    assert any("'pot'" in text and "interrupted" in text for text in result.departures)
    with Store(tmp_path / "s") as store:
        assert store.journal.ids() == []


def test_an_interrupt_leaves_store_and_journal_as_they_were(bag, tmp_path) -> None:
    def interrupt(what: str, _share: float) -> None:
        if what == "learning cup":
            raise KeyboardInterrupt

    plan = Plan((CUP,), _with_steps(tmp_path), tmp_path / "t")
    with Recording(bag, TOPIC) as recording, pytest.raises(KeyboardInterrupt):
        learn_bag(recording, plan, interrupt)
    with Store(tmp_path / "t") as store:
        assert store.journal.ids() == []
        loaded = store.load()
        assert loaded is not None
        assert loaded.version == 0


def _with_steps(tmp_path):
    """Settings of a strategy that trains in steps, so that there is something to interrupt."""
    path = tmp_path / "steps.yaml"
    path.write_text("/**: {ros__parameters: {encoder.input_size: 64, training.strategy: naive}}\n")
    return load_settings(path)


def test_a_store_in_use_gets_a_clear_answer_and_a_dry_run_needs_none(bag, params, tmp_path) -> None:
    code = (
        "import sys; from pathlib import Path; from lr_ros.core.store import Store\n"
        "store = Store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-P", "-c", code, tmp_path / "s"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert owner.stdout.readline() == "open\n"
        asked = ("learn", bag, "--params", params, "--class", "mug", "--store", tmp_path / "s")
        done = run(*asked)
        assert done.returncode == 2
        assert f"in use by process {owner.pid}" in done.stderr
        assert "stop it" in done.stderr
        dry = report(*asked, "--dry-run")
        assert dry["dry_run"]
        assert [session["learned"] for session in dry["sessions"]] == [True, True, True]
    finally:
        owner.communicate("")


@pytest.mark.parametrize(
    ("storage", "mode"),
    [("sqlite3", "NONE"), ("sqlite3", "MESSAGE"), ("sqlite3", "FILE"), ("mcap", "STORAGE")],
)
def test_every_kind_of_recording_holds_the_same_images(
    frames, bag, tmp_path, storage, mode
) -> None:
    path = write(tmp_path / "bag", {TOPIC: images(frames)}, storage, CompressionMode[mode])
    with Recording(bag, TOPIC) as plain, Recording(path) as other:
        for here, there in zip(plain.shots(1.5, 4.0), other.shots(1.5, 4.0), strict=True):
            assert (here.image == there.image).all()
            assert here[1:] == there[1:]


def test_damaged_images_are_counted(frames, params, tmp_path) -> None:
    damaged = images(frames[:45])
    for number in (20, 30):
        message = jpeg(number, frames[number])
        message.data = message.data[:300]
        damaged[number] = (number, message)
    result = taught(write(tmp_path / "bag", {TOPIC: damaged}), params, None, MUG)
    assert result.damaged == 2
    assert result.sessions[0].learned


def test_a_region_makes_the_whole_range_one_session(bag, params) -> None:
    from lr_ros.stream.segmenter import Box  # noqa: PLC0415 - OpenCV, only here

    result = taught(bag, params, None, Span(1.5, 3.5, "mug"), region=Box(80, 40, 160, 160))
    (session,) = result.sessions
    assert session.used == result.images == 20


def test_too_few_frames_are_named_and_nothing_is_learned(bag, params, tmp_path) -> None:
    result = taught(bag, params, tmp_path / "s", Span(1.2, 1.5, "mug"))
    assert result.learned == 0
    assert "good frames" in result.sessions[0].message
    assert result.weights == ""


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(0.0, 0.8, "mug"), "no object comes into view"),
        (Span(50.0, 60.0, "mug"), "is what the recording has"),
        (Span(0.0, 4.0, "a/b"), "looks like a path"),
        (Span(0.0, 4.0, None), "nothing to learn"),
    ],
)
def test_what_cannot_be_learned_is_refused(bag, params, tmp_path, span, text) -> None:
    with pytest.raises(BagError, match=text):
        taught(bag, params, tmp_path / "s", span)


def test_topics_are_named_where_one_must_be_chosen(bag, frames, tmp_path) -> None:
    with pytest.raises(BagError, match=r"topic /no is not in it.*; topics of images: /camera/ima"):
        Recording(bag, "no")
    with pytest.raises(BagError, match=r"/lr/learner_status is lr_ros/msg/LearnerStatus"):
        Recording(bag, "lr/learner_status")
    both = write(tmp_path / "both", {"/a": images(frames[:2]), "/b": images(frames[:2])})
    with pytest.raises(BagError, match=r"name the topic \(--topic\); topics of images: /a, /b"):
        Recording(both)
    with pytest.raises(SourceError, match="no recording"):
        Recording(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learner: {ros__parameters: {training.seed: many}}", "training.seed = 'many'"),
        ("learner: {ros__parameters: {encoder.input_size: 96}}", "encoder.input_size is 160"),
        ("- a list", "node names"),
        ("/**: {ros__parameters: {training.strategy: guess}}", "guess"),
    ],
)
def test_parameters_are_checked(tmp_path, text, words) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(BagError, match=words):
        load_settings(path)


def test_parameters_that_nobody_has_are_told(tmp_path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text("/lr/learner: {ros__parameters: {training: {sed: 3, seed: 4}}}")
    settings = load_settings(path)
    assert settings.unused == ("training.sed",)
    assert settings.learning().seed == 4
