from __future__ import annotations

from dataclasses import replace

import pytest

from lr_ros.benchmark.latents import load_or_encode
from lr_ros.benchmark.run import Exam, Job, run_job
from lr_ros.benchmark.settings import STRATEGIES, Variant
from lr_ros.benchmark.subject import make_encoder, make_subject
from lr_ros.benchmark.work import load_dataset, make_work
from lr_ros.core.strategies import STRATEGIES as CLASSES

from . import tiny
from .test_run import settings_of


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Settings of a small network on a tiny data set, and the exam on it."""
    place = tmp_path_factory.mktemp("small")
    settings = settings_of(
        tiny.core50(place / "data", objects=3, sessions=3, frames=4),
        cut="block14",
        input_size=48,
        replay=20,
        max_batches=3,
    )
    data = load_dataset(settings)
    latents = load_or_encode(data.root, data.files, make_encoder(settings), place / "cache")
    return settings, Exam(data.root, make_work(data, settings, 0), data.classes, latents)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_learns_measures_and_goes_on_after_a_stop(small, tmp_path, strategy):
    settings, exam = small

    def run(folder, report=lambda step: None):
        job = Job(Variant.parse(strategy), 0, "digest", folder)
        return run_job(job, exam, lambda: make_subject(settings, strategy, 0), report, 0)

    def stop(step):
        if step.done == 2:
            raise KeyboardInterrupt

    whole = run(tmp_path / "whole")
    assert len(whole.accuracy) == 3
    assert (whole.replay_bytes > 0) == (strategy not in {"naive", "ncm", "slda", "cwr"})
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "stopped", stop)
    assert run(tmp_path / "stopped").class_accuracy == whole.class_accuracy


def test_what_is_learned_is_named(small):
    settings, exam = small
    subject = make_subject(settings, "slda", 0)
    subject.learn([exam.show(clip) for clip in exam.work.test])
    for clip in exam.work.test:
        answers = subject.predict(exam.latents.read(clip.files))
        assert answers == [exam.classes[clip.label]] * len(clip.files)


@pytest.mark.parametrize("strategy", ["default", "ar1free", "naive"])
def test_epochs_decide_how_long_is_trained(small, strategy, monkeypatch):
    settings, exam = small
    steps = []
    step = CLASSES[strategy].step
    monkeypatch.setattr(
        CLASSES[strategy], "step", lambda self, batch: steps.append(1) or step(self, batch)
    )
    counts = []
    for epochs in (1, 3):
        steps.clear()
        subject = make_subject(replace(settings, epochs=epochs), strategy, 0)
        subject.learn([exam.show(exam.work.batches[0][0])])
        counts.append(len(steps))
    assert counts[1] == 3 * counts[0] > 0
