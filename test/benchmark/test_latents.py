from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from lr_ros.benchmark.latents import cache_key, load_or_encode
from lr_ros.benchmark.layouts import open_dataset

from . import tiny
from .fakes import MeanColour


@pytest.fixture
def data(tmp_path):
    return open_dataset(tiny.core50(tmp_path / "data", objects=3))


def pixels_mean(data, name):
    return np.asarray(Image.open(data.root / name)).mean((0, 1)).astype(np.float32)


def test_latents_are_read_back_by_name_in_any_order(data, tmp_path):
    latents = load_or_encode(data.root, data.files, MeanColour(), tmp_path / "cache")
    wanted = tuple(np.random.default_rng(0).permutation(data.files)[:17])
    got = latents.read(wanted)
    assert got.shape == (17, 3, 1, 1)
    np.testing.assert_allclose(got[:, :, 0, 0], [pixels_mean(data, n) for n in wanted], rtol=1e-6)
    assert latents.read(()).shape == (0, 3, 1, 1)
    with pytest.raises(KeyError):
        latents.read(("s1/o1/none.png",))


def test_images_are_encoded_once(data, tmp_path):
    encoder = MeanColour()
    steps = []
    for _ in range(2):
        load_or_encode(data.root, data.files, encoder, tmp_path / "cache", steps.append)
    assert encoder.encoded == len(data.files)
    assert steps[-1] == len(data.files)


def test_another_encoder_other_files_or_a_changed_file_give_other_latents(data):
    key = cache_key("a", data.root, data.files)
    assert key == cache_key("a", data.root, data.files)
    assert key != cache_key("b", data.root, data.files)
    assert key != cache_key("a", data.root, data.files[:-1])
    (data.root / data.files[0]).write_bytes(b"changed")
    assert key != cache_key("a", data.root, data.files)


def test_bad_files_are_named_with_what_is_wrong_and_have_no_row(data, tmp_path):
    empty, text, cut, gone = data.files[:4]
    (data.root / empty).write_bytes(b"")
    (data.root / text).write_text("no image")
    whole = (data.root / cut).read_bytes()
    (data.root / cut).write_bytes(whole[: len(whole) // 2])
    (data.root / gone).unlink()
    latents = load_or_encode(data.root, data.files, MeanColour(), tmp_path / "cache")
    assert set(latents.bad) == {empty, text, cut, gone}
    assert latents.bad[gone] == "missing"
    assert "corrupt" in latents.bad[cut]
    assert set(latents.row_of) == set(data.files[4:])
    np.testing.assert_allclose(
        latents.read(data.files[4:5]).ravel(), pixels_mean(data, data.files[4]), rtol=1e-6
    )


def test_a_truncated_jpeg_is_bad_though_decoders_would_fill_it_with_grey(tmp_path):
    data = open_dataset(tiny.openloris(tmp_path / "data"))
    path = data.root / data.files[0]
    path.write_bytes(path.read_bytes()[:-40])
    latents = load_or_encode(data.root, data.files[:2], MeanColour(), tmp_path / "cache")
    assert set(latents.bad) == {data.files[0]}


def test_a_file_of_rows_that_was_cut_short_is_refused(data, tmp_path):
    latents = load_or_encode(data.root, data.files, MeanColour(), tmp_path / "cache")
    latents.path.write_bytes(latents.path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="delete both"):
        load_or_encode(data.root, data.files, MeanColour(), tmp_path / "cache")
