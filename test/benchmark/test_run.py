from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lr_ros.benchmark.latents import load_or_encode
from lr_ros.benchmark.record import Record, load_checkpoint, save_checkpoint
from lr_ros.benchmark.run import Exam, Job, evaluate, run_job
from lr_ros.benchmark.settings import Settings, Variant
from lr_ros.benchmark.work import load_dataset, make_work
from lr_ros.core.state import State

from . import tiny
from .fakes import MeanColour, NoisyMeans


def settings_of(root, **changes) -> Settings:
    plain = Settings(
        data=str(root),
        layout=None,
        level="object",
        protocol="nicv2",
        nicv2=391,
        test_sessions=None,
        every=1,
        test_every=None,
        max_batches=None,
        backbone="efficientnet_lite0",
        cut="block10",
        input_size=128,
        precision="fp32",
        weights=None,
        bits=8,
        replay=100,
        epochs=None,
        threads=1,
    )
    return replace(plain, **changes)


@pytest.fixture
def exam(tmp_path):
    settings = settings_of(tiny.core50(tmp_path / "data"))
    data = load_dataset(settings)
    latents = load_or_encode(data.root, data.files, MeanColour(), tmp_path / "cache")
    return Exam(data.root, make_work(data, settings, 0), data.classes, latents)


def job_in(folder, seed=0) -> Job:
    return Job(Variant.parse("ncm"), seed, "digest", folder)


def test_each_batch_is_learned_whole_and_measured(exam, tmp_path):
    subject = NoisyMeans("ncm", 0, noise=0)
    steps = []
    record = run_job(job_in(tmp_path), exam, lambda: subject, steps.append)
    assert [s.done for s in steps] == list(range(1, len(exam.work.batches) + 1))
    shown = [c for batch in exam.work.batches for c in batch]
    assert subject.learned == [(exam.classes[c.label], c.clip_id, len(c.files)) for c in shown]
    assert record.accuracy[-1] == 1.0
    assert record.accuracy[0] == pytest.approx(len(exam.work.batches[0]) / len(exam.classes))
    assert len(record.batch_seconds) == len(record.accuracy)
    assert len(record.batch_processor_seconds) == len(record.accuracy)
    assert record.replay_bytes == 32 * len(exam.classes)
    assert record.peak_rss_mb > 1
    assert job_in(tmp_path).finished().accuracy == record.accuracy


def test_classes_not_shown_yet_count_as_wrong(exam):
    subject = NoisyMeans("ncm", 0, noise=0)
    first = exam.work.test[0]
    subject.learn([exam.show(first)])
    total, by_class = evaluate(subject, exam)
    assert total == pytest.approx(1 / len(exam.classes))
    assert by_class[first.label] == 1
    assert by_class.sum() == 1


class PowerCutError(Exception):
    pass


@pytest.mark.parametrize("batches", [1, 4, 11])
def test_a_run_cut_off_goes_on_to_the_figures_of_one_that_was_not(exam, tmp_path, batches):
    def cut_off(step):
        if step.done == batches:
            raise PowerCutError

    whole = run_job(job_in(tmp_path / "a"), exam, lambda: NoisyMeans("ncm", 5))
    with pytest.raises(PowerCutError):
        run_job(job_in(tmp_path / "b"), exam, lambda: NoisyMeans("ncm", 5), cut_off, 0)
    assert job_in(tmp_path / "b").finished() is None
    steps = []
    later = run_job(job_in(tmp_path / "b"), exam, lambda: NoisyMeans("ncm", 5), steps.append)
    # The batch that was cut off before its checkpoint is learned anew, those before it are not.
    assert steps[0].done == batches
    assert later.accuracy == whole.accuracy
    assert later.class_accuracy == whole.class_accuracy
    assert later.forgetting() == whole.forgetting()
    assert not list((tmp_path / "b").glob("*.checkpoint"))


def test_a_checkpoint_of_other_settings_is_not_gone_on_from(exam, tmp_path):
    job = job_in(tmp_path)
    stale = Record("other settings", "ncm", 0, [0] * 5, [0.5], [[0.5] * 5], [0.1])
    save_checkpoint(job.checkpoint_path, State(), stale)
    steps = []
    run_job(job, exam, lambda: NoisyMeans("ncm", 0), steps.append)
    assert steps[0].done == 1


@pytest.mark.parametrize("content", [b"", b"x" * 100, b"\xff" * 9])
def test_a_broken_checkpoint_means_from_the_beginning(tmp_path, content):
    path = tmp_path / "x.checkpoint"
    path.write_bytes(content)
    assert load_checkpoint(path) is None


def test_checkpoints_keep_arrays_meta_and_record(tmp_path):
    arrays = {"a": np.arange(6, dtype=np.float64).reshape(2, 3)[:, ::2], "b": np.array([1], "u1")}
    record = Record("d", "ncm", 3, [-1, 0], [0.25], [[None, 0.5]], [0.1])
    save_checkpoint(tmp_path / "c", State(arrays, {"x": [1, {"y": 2**70}]}), record)
    state, same = load_checkpoint(tmp_path / "c")
    assert same == record
    assert state.meta == {"x": [1, {"y": 2**70}]}
    for name, array in arrays.items():
        np.testing.assert_array_equal(state.arrays[name], array)
        assert state.arrays[name].dtype == array.dtype


def test_variants_change_only_what_they_name():
    settings = settings_of("x")
    variant = Variant.parse("default:bits=4:replay=7:lower_every=2")
    assert variant.strategy == "default"
    assert variant.apply(settings) == replace(settings, bits=4, replay=7, lower_every=2)
    assert Variant.parse("slda").apply(settings) == settings


@pytest.mark.parametrize("text", ["", "Default", "default:", "default:cut=1", "best", "ncm:bits=x"])
def test_what_is_no_variant_is_refused(text):
    with pytest.raises(ValueError, match="strategy"):
        Variant.parse(text)
