"""What operators may ask for."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lr_ros.msg import ErrorCode as ErrorCodeMessage

from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.requests import (
    MAX_NAME,
    Defaults,
    Region,
    check_class_name,
    check_learn,
)

DEFAULTS = Defaults(100, 60.0)


@pytest.mark.parametrize(
    "name",
    ["", "a" * 10_000, "two\nlines", "bell\a", "../x", "a/b", "a\\b", ".hidden", "unknown",
     "Unknown", "UNKNOWN", " mug", "mug ", "zero\u200bwidth", "\ud800"],
)  # fmt: skip
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(TeachingError) as caught:
        check_class_name(name)
    assert caught.value.code is ErrorCode.INVALID_NAME
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["mug", "red mug 2", "Tasse", "кружка", "茶碗", "a" * MAX_NAME])
def test_good_names_are_kept(name: str) -> None:
    assert check_class_name(name) == name


def test_names_that_look_alike_are_one() -> None:
    assert check_class_name("cafe\u0301") == check_class_name("caf\u00e9")


@given(st.text())
def test_every_text_is_a_name_or_an_error(name: str) -> None:
    with contextlib.suppress(TeachingError):
        kept = check_class_name(name)
        assert 1 <= len(kept) <= 2 * MAX_NAME
        assert kept.isprintable()


@pytest.mark.parametrize(
    ("frames", "duration", "region"),
    [
        (0, 0.0, Region()),
        (-2, 0.0, Region()),
        (10**9, 0.0, Region()),
        (10, math.nan, Region()),
        (10, math.inf, Region()),
        (10, -1.0, Region()),
        (10, 1e9, Region()),
        (10, 0.0, Region(0, 0, 10, 0)),
        (10, 0.0, Region(0, 0, 0, 10)),
        (10, 0.0, Region(5, 5, 0, 0)),
    ],
)
def test_impossible_numbers_are_refused(frames: int, duration: float, region: Region) -> None:
    with pytest.raises(TeachingError) as caught:
        check_learn("mug", frames, duration, region, DEFAULTS)
    assert caught.value.code is ErrorCode.INVALID_ARGUMENT


def test_defaults_are_put_in() -> None:
    request = check_learn("mug", -1, 0.0, Region(), DEFAULTS)
    assert (request.frames, request.duration) == DEFAULTS


def test_the_codes_are_those_of_the_message() -> None:
    named = {code.name: int(code) for code in ErrorCode}
    told = {
        name: getattr(ErrorCodeMessage, name)
        for name in dir(ErrorCodeMessage)
        if name.isupper() and isinstance(getattr(ErrorCodeMessage, name), int)
    }
    assert named == told
