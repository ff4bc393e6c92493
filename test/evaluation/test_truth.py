from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.evaluation.errors import InputError
from lr_ros.evaluation.truth import Appearance, Truth, check_length, load_truth


def truth_of(pattern: str, fps: float = 10.0) -> Truth:
    """One letter a frame names the object, a dot nobody."""
    return Truth(fps, tuple(None if letter == "." else letter for letter in pattern))


def test_appearances_are_numbered_by_object():
    assert truth_of("..aaa.......bb........aa").appearances == (
        Appearance("a", 2, 4, 0),
        Appearance("b", 12, 13, 0),
        Appearance("a", 22, 23, 1),
    )


def test_a_short_gap_does_not_end_an_appearance():
    assert truth_of("aa.....aa").appearances == (Appearance("a", 0, 8, 0),)
    assert len(truth_of("aa......aa").appearances) == 2


def test_another_object_in_the_gap_ends_it():
    assert [a.name for a in truth_of("aabaa").appearances] == ["a", "b", "a"]


@given(st.text("ab.", max_size=60))
def test_appearances_cover_every_frame_with_an_object_once(pattern):
    truth = truth_of(pattern)
    covered = [
        index
        for appearance in truth.appearances
        for index in range(appearance.first, appearance.last + 1)
        if truth.objects[index] == appearance.name
    ]
    assert covered == [i for i, name in enumerate(truth.objects) if name is not None]
    for name in set(pattern) - {"."}:
        numbers = [a.number for a in truth.appearances if a.name == name]
        assert numbers == list(range(len(numbers)))


def frames(*names: str | None) -> list[dict[str, object]]:
    return [{"frame": i, "object": name, "box": None} for i, name in enumerate(names)]


def test_a_good_file_is_read(tmp_path):
    path = tmp_path / "truth.json"
    path.write_text(json.dumps({"fps": 5, "width": 3, "frames": frames(None, "mug", "mug")}))
    assert load_truth(path) == Truth(5.0, (None, "mug", "mug"))


BAD = {
    "no JSON": "{",
    "no object": "[1, 2]",
    "no frames": '{"fps": 10}',
    "frames no list": '{"fps": 10, "frames": {}}',
    "no fps": json.dumps({"frames": frames("a")}),
    "fps zero": json.dumps({"fps": 0, "frames": frames("a")}),
    "fps true": json.dumps({"fps": True, "frames": frames("a")}),
    "fps NaN": '{"fps": NaN, "frames": [{"object": "a"}]}',
    "fps text": json.dumps({"fps": "10", "frames": frames("a")}),
    "entry no object": '{"fps": 10, "frames": [3]}',
    "entry without name": '{"fps": 10, "frames": [{"frame": 0}]}',
    "name a number": '{"fps": 10, "frames": [{"object": 7}]}',
    "name empty": '{"fps": 10, "frames": [{"object": ""}]}',
    "out of order": json.dumps({"fps": 10, "frames": frames("a", "a")[::-1]}),
    "never an object": json.dumps({"fps": 10, "frames": frames(None, None)}),
    "empty": json.dumps({"fps": 10, "frames": []}),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused_with_its_name(tmp_path, case):
    path = tmp_path / "truth.json"
    path.write_text(BAD[case])
    with pytest.raises(InputError, match=r"truth\.json"):
        load_truth(path)


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_truth(tmp_path / "none.json")
    with pytest.raises(InputError, match="cannot be read"):
        load_truth(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        load_truth(tmp_path / "binary")


def test_another_length_than_the_videos_is_refused(tmp_path):
    check_length(truth_of("aa"), 2, tmp_path)
    with pytest.raises(InputError, match=r"2 frames.* 3"):
        check_length(truth_of("aa"), 3, tmp_path)
