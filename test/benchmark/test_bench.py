from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from lr_ros.benchmark.bench import BadFilesError, Plan, run_benchmark
from lr_ros.benchmark.results import ResultsError, locked
from lr_ros.benchmark.settings import Variant

from . import tiny
from .fakes import MeanColour, noisy_means
from .test_run import settings_of


def plan_of(tmp_path, strategies="ncm,slda", seeds=2, **changes) -> Plan:
    return Plan(
        settings=settings_of(tmp_path / "data", **changes),
        variants=tuple(Variant.parse(s) for s in strategies.split(",")),
        seeds=tuple(range(seeds)),
        out=tmp_path / "out",
        cache=tmp_path / "cache",
    )


def bench(plan, encoder=None):
    screen = io.StringIO()
    encoder = encoder or MeanColour()
    failures = run_benchmark(
        plan, lambda settings: encoder, noisy_means, Console(file=screen, width=200)
    )
    return failures, screen.getvalue()


@pytest.fixture
def data(tmp_path):
    return tiny.core50(tmp_path / "data", objects=4, sessions=3, frames=3)


def test_results_have_the_promised_schema(data, tmp_path):
    failures, _ = bench(plan_of(tmp_path))
    assert failures == {}
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert set(results) == {"dataset", "protocol", "settings", "machine", "strategies"}
    assert set(results["strategies"]) == {"ncm", "slda"}
    for runs in results["strategies"].values():
        assert [r["seed"] for r in runs] == [0, 1]
        for run in runs:
            assert set(run) == {
                "seed",
                "accuracy",
                "final_accuracy",
                "forgetting",
                "batch_seconds",
                "batch_processor_seconds",
                "replay_bytes",
                "peak_rss_mb",
            }
            assert len(run["accuracy"]) == len(run["batch_seconds"]) == 7
            assert all(0 <= a <= 1 for a in run["accuracy"])
            assert run["final_accuracy"] == run["accuracy"][-1]
    assert results["machine"]["cores"] >= 1
    assert results["settings"]["test_frames"] == 12


def test_the_report_has_a_row_for_each_strategy_and_the_plots_are_pictures(data, tmp_path):
    bench(plan_of(tmp_path, "ncm,default:bits=4"))
    text = (tmp_path / "out/results.md").read_text()
    assert "| ncm | 2 |" in text
    assert "| default:bits=4 | 2 |" in text
    for name in ("accuracy.png", "memory.png", "update_time.png"):
        with Image.open(tmp_path / "out" / name) as picture:
            assert picture.size[0] > 600
            assert np.asarray(picture.convert("L")).std() > 5


def test_a_second_call_runs_only_what_is_new(data, tmp_path):
    encoder = MeanColour()
    bench(plan_of(tmp_path, "ncm", seeds=1), encoder)
    first = json.loads((tmp_path / "out/results.json").read_text())["strategies"]["ncm"][0]
    _, screen = bench(plan_of(tmp_path, "ncm,slda", seeds=2), encoder)
    assert encoder.encoded == 36
    assert "ncm, seed 0: done" not in screen
    assert "ncm, seed 1: done" in screen
    again = json.loads((tmp_path / "out/results.json").read_text())["strategies"]
    assert again["ncm"][0] == first
    assert len(again["slda"]) == 2


def test_runs_that_fail_or_die_do_not_stop_the_others(data, tmp_path):
    failures, screen = bench(plan_of(tmp_path, "naive,cwr,ncm", seeds=1))
    assert failures["naive, seed 0"].message == "RuntimeError: naive it was"
    assert "naive it was" in failures["naive, seed 0"].details
    assert "killed" in failures["cwr, seed 0"].message
    assert "ncm, seed 0: done" in screen
    assert list(json.loads((tmp_path / "out/results.json").read_text())["strategies"]) == ["ncm"]


def test_bad_files_are_refused_by_name_or_skipped_as_asked(data, tmp_path):
    images = tmp_path / "data/core50_128x128"
    (images / "s1/o1/C_01_01_000.png").write_bytes(b"junk")
    (images / "s3/o2/C_03_02_001.png").write_bytes(b"")
    plan = plan_of(tmp_path, "ncm", seeds=1)
    with pytest.raises(BadFilesError, match="2 missing or corrupt") as caught:
        bench(plan)
    assert "s1/o1/C_01_01_000.png" in str(caught.value)
    assert "s3/o2/C_03_02_001.png" in str(caught.value)
    assert not (tmp_path / "out/results.json").exists()
    failures, screen = bench(replace(plan, skip_bad_files=True))
    assert failures == {}
    assert "2 missing or corrupt" in screen
    settings = json.loads((tmp_path / "out/results.json").read_text())["settings"]
    assert settings["skipped_files"] == 2
    assert settings["test_frames"] == 11
    assert len((tmp_path / "out/bad_files.txt").read_text().splitlines()) == 2


def test_results_of_other_settings_are_not_mixed_in(data, tmp_path):
    bench(plan_of(tmp_path, "ncm", seeds=1))
    with pytest.raises(ResultsError, match="every is 2 and was 1"):
        bench(plan_of(tmp_path, "ncm", seeds=1, every=2))


def test_a_folder_in_use_is_refused(data, tmp_path):
    with locked(tmp_path / "out"), pytest.raises(ResultsError, match="another benchmark"):
        bench(plan_of(tmp_path))


def bench_and_say(plan, started):
    started.set()
    bench(plan)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_stopped_midway_and_started_again_gives_the_same_results(data, tmp_path, number):
    whole = replace(plan_of(tmp_path, "ncm,slda"), out=tmp_path / "whole")
    bench(whole)
    plan = plan_of(tmp_path, "ncm,slda")
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    process = context.Process(target=bench_and_say, args=(plan, started))
    process.start()
    assert started.wait(60)
    while process.is_alive() and not list((tmp_path / "out/runs").glob("*.json")):
        process.join(0.02)
    os.kill(process.pid, number)
    process.join(60)
    failures, _ = bench(plan)
    assert failures == {}
    accuracies = [
        {
            (name, run["seed"]): (run["accuracy"], run["forgetting"])
            for name, runs in json.loads(path.read_text())["strategies"].items()
            for run in runs
        }
        for path in (tmp_path / "whole/results.json", tmp_path / "out/results.json")
    ]
    assert accuracies[0] == accuracies[1]
