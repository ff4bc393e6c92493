"""The robot asks about strangers, never too often, and learns on by itself only when allowed to."""

from __future__ import annotations

from pathlib import Path

from teaching.classroom import Classroom, result


def test_one_question_about_each_stranger(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        mug = room.show("mug", 100)
        cup = room.show("cup", 100)
        assert room.notebook.asked_about == [mug, cup]


def test_asks_while_the_object_is_still_there(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 15, leaves=False)
        room.settle()
        assert room.notebook.asked_about == []  # 1.4 s, and it takes 2 s
        room.show("mug", 10, segment, leaves=False)
        room.settle()
        assert room.notebook.asked_about == [segment]


def test_does_not_ask_what_passed_by_in_a_hurry(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("mug", 15)
        assert room.notebook.questions == []


def test_does_not_ask_what_it_knows_or_was_just_taught(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug", 1, leaves=False)
        capture = room.begin("mug", 10)
        room.show("mug", 10, segment, leaves=False)
        result(capture)
        room.learner.looks["mug"] = "something else"  # as if it had not been learned well
        room.show("mug", 40, segment)
        assert room.notebook.questions == []
        del room.learner.looks["mug"]
        room.show("mug", 40)
        assert room.notebook.questions == []


def test_asks_no_more_often_than_it_may(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.configure(interval=3600.0)
        first = room.show("mug")
        room.show("cup")
        assert room.notebook.asked_about == [first]
        room.configure(interval=0.0)
        third = room.show("box")
        assert room.notebook.asked_about == [first, third]
        room.configure(ask=False)
        room.show("can")
        assert room.notebook.asked_about == [first, third]


def test_asks_nothing_while_a_session_runs_or_learning_is_paused(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        segment = room.show("cup", 1, leaves=False)
        capture = room.begin("cup", 1000)
        room.show("cup", 50, segment, leaves=False)
        room.settle()
        assert room.notebook.questions == []
        room.engine.sessions.stop(keep=False)
        result(capture)
        room.engine.pause(True)
        room.show("cup", 50, segment)
        assert room.notebook.questions == []
        room.engine.pause(False)
        asked = room.show("cup", 50)
        assert room.notebook.asked_about == [asked]


def test_unanswered_segments_of_one_thing_are_grouped(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        first, other, again = (room.show(name) for name in ("mug", "cup", "mug"))
        assert room.notebook.asked_about == [first, other, again]
        assert [question.same_as for question, _ in room.notebook.questions] == [(), (), (first,)]


def test_an_answered_question_is_not_grouped_with_later_ones(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.learner.looks["mug"] = "something else"  # as if it had not been learned well
        result(room.engine.label_segment(room.show("mug"), "mug"))
        room.show("mug")
        assert [question.same_as for question, _ in room.notebook.questions] == [(), ()]


def test_an_answer_is_learned_and_ends_the_asking(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        segment = room.show("mug")
        question, view = room.notebook.questions[0]
        assert (view.name, view.unknown) == ("", 1.0)
        assert question.segment.frames > 20
        assert result(room.engine.label_segment(segment, "mug")).success
        room.show("mug")
        assert room.notebook.asked_about == [segment]


def test_segment_ids_that_begin_again_are_asked_about_again(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.show("mug", segment=1)
        room.time += 60.0  # the recognizer was restarted
        room.show("cup", segment=1)
        assert room.notebook.asked_about == [1, 1]


def test_does_not_learn_on_by_itself_unless_allowed_to(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.teach("mug")
        room.teach("cup")
        room.show("mug")
        assert room.learner.class_info("mug").sessions == 1
        assert room.engine.status.model_version == 2


def test_learns_on_from_confident_segments_and_undo_takes_it_back(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.configure(adapt=True)
        room.teach("mug")
        room.teach("cup")
        room.show("mug")
        room.notebook.wait(lambda book: book.models[-1].version == 3)
        assert room.learner.class_info("mug").sessions == 2
        room.settle()
        room.undo()
        assert room.learner.class_info("mug").sessions == 1
        assert room.learner.class_info("cup").sessions == 1


def test_does_not_learn_on_from_strangers_or_short_visits(tmp_path: Path) -> None:
    with Classroom(tmp_path) as room:
        room.configure(adapt=True)
        room.teach("mug")
        room.teach("cup")
        room.show("box")
        room.show("mug", 12)
        assert room.engine.status.model_version == 2
        room.configure(adapt_score=1.0)
        room.show("mug")
        assert room.engine.status.model_version == 2
