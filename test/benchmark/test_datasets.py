from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.benchmark.dataset import DatasetError, natural
from lr_ros.benchmark.layouts import detect_layout, open_dataset

from . import tiny


def test_core50_names_sessions_and_time_order_come_from_the_tree(tmp_path):
    tiny.core50(tmp_path, objects=11, sessions=3, frames=3)
    tiny.labels(tmp_path, objects=11)
    data = open_dataset(tmp_path)
    assert data.layout == "core50"
    assert data.classes == tuple(f"thing_{o}" for o in range(1, 12))
    assert {c.session for c in data.train} == {"s1", "s2"}
    assert {c.session for c in data.test} == {"s3"}
    assert len(data.train) == 22
    tenth = next(c for c in data.train if c.clip_id == "s2/o10")
    assert data.classes[tenth.label] == "thing_10"
    assert tenth.files == tuple(f"s2/o10/C_02_10_{f:03}.png" for f in range(3))
    assert all((data.root / f).is_file() for f in data.files)


def test_core50_may_be_given_as_the_folder_of_images_itself(tmp_path):
    tiny.core50(tmp_path)
    data = open_dataset(tmp_path / "core50_128x128", test_sessions=["2", "s4"])
    assert {c.session for c in data.test} == {"s2", "s4"}


def test_core50_depth_maps_are_no_frames(tmp_path):
    tiny.core50(tmp_path)
    rng = np.random.default_rng(1)
    tiny.frame(tmp_path / "core50_128x128/s1/o1/D_01_01_000.png", 0, 5, rng)
    data = open_dataset(tmp_path)
    assert not any("/D_" in f for f in data.files)


def test_core50_itself_has_ten_categories_of_five(tmp_path):
    tiny.core50(tmp_path, objects=50, sessions=3, frames=1)
    data = open_dataset(tmp_path, level="category")
    assert data.classes[0] == "plug_adapter"
    assert data.classes[-1] == "remote_control"
    assert {c.label for c in data.train if c.obj in {"o6", "o10"}} == {1}
    assert open_dataset(tmp_path).classes[5] == "mobile_phone1"


def test_category_level_elsewhere_comes_from_the_labels_file(tmp_path):
    tiny.core50(tmp_path)
    with pytest.raises(DatasetError, match="category"):
        open_dataset(tmp_path, level="category")
    tiny.labels(tmp_path)
    assert open_dataset(tmp_path, level="category").classes == ("kind_1", "kind_0")


@pytest.mark.parametrize("arranged", [False, True])
def test_openloris_sessions_are_segments_of_a_factor(tmp_path, arranged):
    tiny.openloris(tmp_path, arranged)
    data = open_dataset(tmp_path)
    assert data.layout == "openloris"
    assert data.classes == ("bottle_01", "bottle_02", "cup_01")
    assert len({c.session for c in data.train}) == 6
    assert len(data.test) == 18
    assert not {f for c in data.train for f in c.files} & {f for c in data.test for f in c.files}
    assert open_dataset(tmp_path, level="category").classes == ("bottle", "cup")


def test_any_folder_of_sessions_needs_to_be_told_what_is_for_testing(tmp_path):
    tiny.folder(tmp_path)
    assert detect_layout(tmp_path) == "folder"
    with pytest.raises(DatasetError, match="garden, kitchen, night 2"):
        open_dataset(tmp_path)
    data = open_dataset(tmp_path, test_sessions=["2"])
    assert data.classes == ("fork", "mug")
    assert {c.session for c in data.test} == {"night 2"}


@pytest.mark.parametrize(
    ("sessions", "message"),
    [(["9"], "'9' is not in"), (["1", "2", "3", "4"], "none is left")],
)
def test_impossible_test_sessions_are_refused(tmp_path, sessions, message):
    tiny.core50(tmp_path)
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path, test_sessions=sessions)


@pytest.mark.parametrize("kind", ["nothing", "empty", "file"])
def test_what_is_no_data_set_is_refused(tmp_path, kind):
    place = tmp_path / kind
    if kind == "empty":
        place.mkdir()
    if kind == "file":
        place.write_text("x")
    with pytest.raises(DatasetError):
        open_dataset(place, test_sessions=["1"])


def test_a_broken_labels_file_is_refused_by_name(tmp_path):
    tiny.core50(tmp_path)
    (tmp_path / "labels.json").write_text("{")
    with pytest.raises(DatasetError, match=r"labels\.json"):
        open_dataset(tmp_path)


def test_every_takes_each_kth_frame_of_each_clip(tmp_path):
    data = open_dataset(tiny.core50(tmp_path))
    thin = data.every(4)
    assert len(thin.train) == len(data.train)
    assert thin.train[0].files == data.train[0].files[::4]
    assert len(thin.files) == len(data.files) / 3
    apart = data.every(1, 3)
    assert (apart.train, apart.test[0].files) == (data.train, data.test[0].files[::3])
    with pytest.raises(DatasetError, match="every"):
        data.every(0)


@given(st.lists(st.integers(0, 10**6), min_size=2))
def test_natural_order_counts(numbers):
    names = [f"s{n}" for n in numbers]
    assert sorted(names, key=natural) == [f"s{n}" for n in sorted(numbers)]
