from __future__ import annotations

import argparse
import json

import pytest

from lr_ros.cli import bench
from lr_ros.cli.main import main

from . import tiny


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lr")
    bench.add_parser(parser.add_subparsers())
    return parser.parse_args(["bench", *arguments])


def lr_bench(*arguments: str) -> int:
    return main(["bench", *arguments])


def test_from_the_command_to_the_results(tmp_path, capsys):
    tiny.core50(tmp_path / "data", objects=3, sessions=3, frames=4)
    code = lr_bench(
        f"--data={tmp_path / 'data'}",
        "--protocol=nicv2",
        "--strategies=ncm,naive:epochs=1",
        "--seeds=1",
        f"--out={tmp_path / 'out'}",
        "--cut=block14",
        "--input-size=32",
        "--every=2",
        "--test-sessions=s2",
        "--max-batches=3",
        "--threads=1",
    )
    assert code == 0
    results = json.loads((tmp_path / "out/results.json").read_text())
    assert results["settings"]["test_sessions"] == ["s2"]
    assert results["settings"]["test_frames"] == 6
    for name in ("ncm", "naive:epochs=1"):
        assert len(results["strategies"][name][0]["accuracy"]) == 3
    # Colours are told apart with ease; what was not shown within three batches cannot be.
    assert results["strategies"]["ncm"][0]["final_accuracy"] > 0.6
    assert "| ncm | 1 |" in capsys.readouterr().out


def test_what_goes_wrong_is_said_in_a_sentence(tmp_path, capsys):
    assert lr_bench(f"--data={tmp_path / 'none'}", f"--out={tmp_path / 'out'}") == 2
    assert "is not a folder" in capsys.readouterr().err
    tiny.core50(tmp_path / "data")
    code = lr_bench(f"--data={tmp_path / 'data'}", f"--out={tmp_path / 'out'}", "--cut=nowhere")
    assert code == 2
    assert "'nowhere'" in capsys.readouterr().err


def test_bad_files_give_their_own_exit_and_names(tmp_path, capsys):
    tiny.core50(tmp_path / "data")
    (tmp_path / "data/core50_128x128/s1/o1/C_01_01_002.png").write_bytes(b"no")
    arguments = (f"--data={tmp_path / 'data'}", f"--out={tmp_path / 'out'}", "--cut=block14",
                 "--input-size=32", "--strategies=ncm", "--threads=1")  # fmt: skip
    assert lr_bench(*arguments) == 2
    assert "s1/o1/C_01_01_002.png: not an image" in " ".join(capsys.readouterr().err.split())
    assert lr_bench(*arguments, "--on-bad-file=skip") == 0


@pytest.mark.parametrize(
    "argument",
    [
        "--strategies=best",
        "--strategies=",
        "--seeds=0",
        "--every=-1",
        "--bits=1.5",
        "--protocol=domain",
        "--test-sessions=,",
        "--max-batches=99999999999",
    ],
)
def test_wrong_values_are_refused_before_anything_is_done(tmp_path, argument, capsys):
    with pytest.raises(SystemExit) as caught:
        parse("--data=x", f"--out={tmp_path}", argument)
    assert caught.value.code == 2
    assert argument.split("=")[0] in capsys.readouterr().err


def test_the_cut_follows_the_backbone_and_the_cache_the_results(tmp_path):
    plan = bench.make_plan(parse("--data=x", f"--out={tmp_path}", "--backbone=mobilenet_v1"))
    assert plan.settings.cut == "conv5_4/dw"
    assert plan.cache == tmp_path / "cache"
    assert bench.make_plan(parse("--data=x", f"--out={tmp_path}")).settings.cut == "block10"
    assert plan.variants[0].strategy == "default"
