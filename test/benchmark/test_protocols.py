from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.benchmark.dataset import Clip, Dataset, DatasetError
from lr_ros.benchmark.layouts import open_dataset
from lr_ros.benchmark.protocols import make_batches

from . import tiny


def made_up(objects: int, sessions: int, tmp_path) -> Dataset:
    clips = tuple(
        Clip(f"s{s}", f"o{o}", o, (f"s{s}/o{o}/0.png",))
        for s in range(sessions)
        for o in range(objects)
    )
    names = tuple(f"class {o}" for o in range(objects))
    return Dataset("made up", "folder", tmp_path, names, clips, clips[:1])


@pytest.mark.parametrize(
    ("protocol", "variant", "batches", "first"),
    [
        ("nicv2", 391, 391, 10),
        ("nicv2", 196, 196, 10),
        ("nicv2", 79, 79, 10),
        ("nc", 391, 9, 80),
        ("ni", 391, 8, 50),
    ],
)
def test_the_rules_make_of_core50_what_its_authors_made(
    tmp_path, protocol, variant, batches, first
):
    data = made_up(50, 8, tmp_path)
    made, source = make_batches(data, protocol, 0, variant)
    assert len(made) == batches
    assert len(made[0]) == first
    assert "rule" in source


@given(
    objects=st.integers(1, 23),
    sessions=st.integers(1, 5),
    protocol=st.sampled_from(["nicv2", "nc", "ni"]),
    variant=st.sampled_from([391, 196, 79]),
    seed=st.integers(0, 99),
)
def test_every_clip_is_learned_exactly_once(objects, sessions, protocol, variant, seed):
    data = made_up(objects, sessions, Path("unused"))
    made, _ = make_batches(data, protocol, seed, variant)
    shown = [c.clip_id for batch in made for c in batch]
    assert sorted(shown) == sorted(c.clip_id for c in data.train)
    assert all(made)


def test_nicv2_shows_one_session_of_each_first_object_and_then_one_clip_at_a_time(tmp_path):
    made, _ = make_batches(made_up(20, 4, tmp_path), "nicv2", 3)
    assert len({c.obj for c in made[0]}) == len(made[0]) == 4
    assert all(len(batch) == 1 for batch in made[1:])


def test_the_order_follows_the_seed_and_nothing_else(tmp_path):
    data = made_up(20, 4, tmp_path)
    assert make_batches(data, "nicv2", 1) == make_batches(data, "nicv2", 1)
    assert make_batches(data, "nicv2", 1) != make_batches(data, "nicv2", 2)


def write_lists(root, runs: int = 2) -> None:
    for run in range(runs):
        folder = root / "NIC_v2_391" / f"run{run}"
        folder.mkdir(parents=True)
        mixed = [f"s1/o{o}/C_01_{o:02}_{f:03}.png {o - 1}" for o in (1, 2) for f in range(6)]
        mixed = list(np.random.default_rng(run).permutation(mixed))
        alone = [f"s2/o{3 + run}/C_02_{3 + run:02}_{f:03}.png {2 + run}" for f in range(6)]
        (folder / "train_batch_00_filelist.txt").write_text("\n".join(mixed) + "\n")
        (folder / "train_batch_01_filelist.txt").write_text("\n".join(alone))


@pytest.mark.parametrize("place", [".", "batches_filelists"])
def test_core50s_own_lists_come_before_the_rule(tmp_path, place):
    tiny.core50(tmp_path)
    write_lists(tmp_path / place)
    data = open_dataset(tmp_path)
    made, source = make_batches(data.every(2), "nicv2", seed=3, step=2)
    assert source.endswith("NIC_v2_391/run1")
    assert {c.clip_id for c in made[0]} == {"s1/o1", "s1/o2"}
    first = next(c for c in made[0] if c.obj == "o1")
    assert first.files == tuple(f"s1/o1/C_01_01_{f:03}.png" for f in (0, 2, 4))
    assert [c.clip_id for c in made[1]] == ["s2/o4"]
    assert "rule" in make_batches(data, "ni", seed=0)[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("s1/../../etc/passwd 0", "not 's<n>"),
        ("s1/o1/x.png", "not 's<n>"),
        ("s3/o1/C_03_01_000.png 0", "for testing only"),
        ("s1/o99/x.png 98", "no object o99"),
    ],
)
def test_a_list_that_does_not_fit_is_refused_with_its_line(tmp_path, line, message):
    tiny.core50(tmp_path)
    tiny.labels(tmp_path)
    write_lists(tmp_path, runs=1)
    bad = tmp_path / "NIC_v2_391/run0/train_batch_01_filelist.txt"
    bad.write_text(f"s2/o3/C_02_03_000.png 2\n{line}\n")
    with pytest.raises(DatasetError, match=message) as caught:
        make_batches(open_dataset(tmp_path), "nicv2", 0)
    assert "filelist.txt:2" in str(caught.value)


def test_a_gap_in_the_lists_is_refused(tmp_path):
    tiny.core50(tmp_path)
    write_lists(tmp_path, runs=1)
    (tmp_path / "NIC_v2_391/run0/train_batch_00_filelist.txt").unlink()
    with pytest.raises(DatasetError, match="none left out"):
        make_batches(open_dataset(tmp_path), "nicv2", 0)


@pytest.mark.parametrize(("protocol", "variant"), [("domain", 391), ("nicv2", 7)])
def test_unknown_protocols_are_refused(tmp_path, protocol, variant):
    with pytest.raises(DatasetError, match="unknown"):
        make_batches(made_up(3, 3, tmp_path), protocol, 0, variant)
