"""What the teacher is told while an object is shown, and with the result."""

from __future__ import annotations

from pathlib import Path

from lr_ros.teaching.requests import LearnRequest, Region
from teaching.classroom import WAIT, Classroom, result

NOBODY = 0
"""The segment of frames in which no object is seen."""


def test_looks_like_a_known_class(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        taught = room.teach("beaker", thing="mug")
        assert len(taught.warnings) == 1
        assert taught.warnings[0].startswith("looks like mug, ")
        assert taught.warnings[0] in taught.message
        assert room.engine.status.warnings == taught.warnings


def test_a_new_object_and_one_taught_further_need_no_advice(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        assert room.teach("cup").warnings == ()
        assert room.teach("mug").warnings == ()


def test_advice_is_there_as_soon_as_the_session_begins(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        segment = room.show("mug", 10, leaves=False)
        capture = room.begin("beaker", 20)
        (advice,) = room.engine.advice(capture).result(WAIT)
        assert advice.startswith("looks like mug")
        room.show("mug", 1, segment, leaves=False)
        room.notebook.wait(lambda book: book.statuses[-1].warnings == (advice,))
        room.engine.sessions.cancel()


def test_a_segment_named_afterwards_is_advised_on_too(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        again = room.show("cup")
        room.learner.looks["beaker"] = "cup"
        taught = result(room.engine.label_segment(again, "beaker"))
        assert taught.warnings[0].startswith("looks like cup")


def test_views_that_hardly_vary(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 5, leaves=False)
        capture = room.begin("mug", 100)
        room.show("mug", 20, segment, still=True)
        assert result(capture).warnings == ("views hardly vary: turn the object",)


def test_most_frames_blurred(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 8, leaves=False)
        capture = room.begin("mug", 100)
        room.show("mug", 20, segment, sharpness=0.0)
        assert result(capture).warnings == ("most frames are blurred",)


def test_nobody_in_view_is_said_from_the_beginning_to_the_result(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("nobody", 3, NOBODY, leaves=False)
        capture = room.begin("wall", 20)
        during = "no object is in view: the whole image is learned"
        assert room.engine.advice(capture).result(WAIT) == (during,)
        room.show("nobody", 10, NOBODY, leaves=False)
        room.notebook.wait(lambda book: book.statuses[-1].warnings == (during,))
        room.show("nobody", 20, NOBODY, leaves=False)
        after = "no object was in view: the whole image was learned"
        assert result(capture).warnings == (after,)
        assert after in result(capture).message


def test_nobody_in_view_is_no_matter_once_somebody_came(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("nobody", 3, NOBODY, leaves=False)
        capture = room.begin("mug", 10)
        room.show("nobody", 3, NOBODY, leaves=False)
        room.show("mug", 11, leaves=False)
        assert result(capture).warnings == ()


def test_nobody_need_be_in_view_of_a_region_that_is_asked_for(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("nobody", 3, NOBODY, leaves=False)
        asked = LearnRequest("mug", 20, 60.0, Region(0, 0, 20, 20))
        assert room.engine.advice(room.engine.sessions.begin(asked)).result(WAIT) == ()
