"""What the panel shows of what it knows: no browser, no ROS."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.panel.facts import Camera, NodeReport
from lr_ros.panel.view.answer import answer_view
from lr_ros.panel.view.classes import classes_view, plot_of
from lr_ros.panel.view.health import health_view
from lr_ros.panel.view.lesson import lesson_view
from lr_ros.panel.view.questions import SUGGESTIONS, questions_view
from lr_ros.panel.view.words import ago, count, length, listed, percent
from panel.parts import State, facts, known, question, recognition, status


def titles(**changes: object) -> list[str]:
    return [notice.title for notice in health_view(facts(**changes)).notices]


def test_needs_neither_ros_nor_a_browser_nor_the_networks() -> None:
    views = ["answer", "classes", "health", "lesson", "questions"]
    code = (
        "import sys\n"
        + "".join(f"import lr_ros.panel.view.{view}\n" for view in views)
        + "import lr_ros.panel.board\n"
        "print(*sorted({'rclpy', 'nicegui', 'torch', 'lr_ros.client'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert found.stdout.strip() == ""


# ---- the answer ---------------------------------------------------------------------------------


def test_the_best_class_is_the_answer_and_every_score_has_a_bar() -> None:
    view = answer_view(facts())
    assert (view.headline, view.detail, view.tone) == ("mug", "90% sure", "known")
    assert [(bar.label, bar.share) for bar in view.bars] == [("mug", 0.9), ("duck", 0.1)]
    assert view.unknown is not None
    assert view.unknown.share == 0.2
    assert view.region == "region 30 × 40 at 1, 2"  # noqa: RUF001 - a times sign


@pytest.mark.parametrize(
    ("changes", "headline", "tone"),
    [
        ({"unknown": True}, "Unknown object", "unknown"),
        ({"unknown": True, "segment_id": 0}, "Nothing in view", "silent"),
        ({"segment_id": 0}, "mug", "known"),  # the whole image is looked at, without segments
        ({"scores": {}, "unknown": True}, "Something new", "unknown"),
        ({"scores": {}, "unknown": True, "segment_id": 0}, "Nothing learned yet", "silent"),
    ],
)
def test_what_is_not_known_is_said(changes: dict, headline: str, tone: str) -> None:
    view = answer_view(facts(recognition=recognition(**changes)))
    assert (view.headline, view.tone) == (headline, tone)


def test_an_old_answer_is_no_answer() -> None:
    for changes in ({"recognition": None}, {"recognition_age": 10.0}):
        view = answer_view(facts(**changes))
        assert (view.tone, view.bars, view.unknown) == ("lost", (), None)


# ---- the lesson ---------------------------------------------------------------------------------


def test_while_frames_are_gathered() -> None:
    view = lesson_view(
        facts(
            status=status(
                state=State.CAPTURING,
                class_name="mug",
                frames=12,
                frames_target=40,
                progress=0.3,
                refusals={"duplicate": 3, "too_dark": 1},
                warnings=("looks like cup, 0.93",),
            )
        )
    )
    assert view.title == "Looking at mug"
    assert "12 of 40 frames" in view.detail
    assert view.progress == 0.3
    assert view.notes == (
        "looks like cup, 0.93",
        "not used: 3 the same view again and 1 too dark",
    )
    assert (view.may_teach, view.may_finish, view.may_cancel) == (False, True, True)


def test_training_tells_the_time_left_once_there_is_something_to_go_by() -> None:
    early = status(state=State.TRAINING, class_name="mug", progress=0.01, elapsed=1.0)
    late = status(state=State.TRAINING, class_name="mug", progress=0.25, elapsed=4.0)
    assert "left" not in lesson_view(facts(status=early)).detail
    assert "12 s left" in lesson_view(facts(status=late)).detail
    assert lesson_view(facts(status=late)).may_cancel


@pytest.mark.parametrize(
    ("changes", "stage", "may_teach"),
    [
        ({"status": None}, "absent", False),
        ({"status_age": 9.0}, "absent", False),
        ({"status": status(paused=True)}, "paused", False),
        ({"status": status(state=State.QUEUED, class_name="mug")}, "queued", True),
        ({"status": status(state=State.FAILED, message="too few frames")}, "failed", True),
        ({}, "ready", True),
    ],
)
def test_whether_a_session_may_begin(changes: dict, stage: str, may_teach: bool) -> None:
    view = lesson_view(facts(**changes))
    assert (view.stage, view.may_teach) == (stage, may_teach)
    assert not view.may_finish


def test_a_failure_says_the_learners_reason() -> None:
    failed = status(state=State.FAILED, message="3 good frames: show it longer")
    assert lesson_view(facts(status=failed)).detail == "3 good frames: show it longer"


# ---- the classes --------------------------------------------------------------------------------


def test_a_row_a_class_and_the_plot() -> None:
    classes = (
        known("mug", sessions=2, latents=120, held_out_accuracy=0.955, last_learned=1000.0),
        known("duck", last_learned=1085.0),
    )
    view = classes_view(facts(classes=classes, now=1090.0))
    assert view.rows[0][:5] == ("mug", "2 sessions", "96%", "120 latents", "1 minute ago")
    assert view.rows[1].accuracy_text == "–"  # noqa: RUF001 - the dash that is shown
    assert view.memory == "40 of 1500 latents in the replay memory"
    plot = plot_of(view)
    assert plot.names == ("mug", "duck")
    assert plot.accuracy == (pytest.approx(95.5), None)
    assert plot.latents == (120, 20)


# ---- the questions ------------------------------------------------------------------------------


def test_a_question_offers_the_guess_first_then_what_was_taught_last() -> None:
    classes = tuple(known(f"c{n}", last_learned=float(n)) for n in range(9))
    asked = (question(4, best_guess="c1", score=0.4), question(7, same_as=(4,), thumbnail=b"x"))
    newest, older = questions_view(facts(questions=asked, classes=classes))
    assert newest.segment_id == 7
    assert (newest.title, newest.in_view, newest.picture) == ("What is this?", True, True)
    assert "1 earlier thing" in newest.detail
    assert newest.answers[0] == "c8"
    assert older.title == "What was this?"
    assert "perhaps c1 (40%)" in older.detail
    assert older.answers[:2] == ("c1", "c8")
    assert len(older.answers) == SUGGESTIONS == len(set(older.answers))


def test_a_guess_that_was_forgotten_meanwhile_is_not_offered() -> None:
    (view,) = questions_view(facts(questions=(question(4, best_guess="gone"),)))
    assert "gone" not in view.answers


def test_without_a_learner_there_is_nobody_to_answer() -> None:
    assert questions_view(facts(questions=(question(4),), status_age=9.0)) == ()


# ---- how it is ----------------------------------------------------------------------------------


def test_all_is_well() -> None:
    view = health_view(facts())
    assert view.notices == ()
    assert {line.level for line in view.lines} == {"ok"}


def no_images(age: str = "12") -> dict:
    report = NodeReport(2, "no images arrive", {"input age [s]": age})
    return {"recognizer": report, "learner": facts().reports["learner"]}


def test_without_a_camera_it_says_how_to_get_one() -> None:
    camera = Camera("/lr/image", 0, ("/camera/image_raw",))
    (notice,) = health_view(facts(reports=no_images(), camera=camera)).notices
    assert notice.title == "No camera"
    assert "/lr/image" in notice.text
    assert "image:=/camera/image_raw" in notice.remedies[0]
    assert any("webcam.launch.py" in remedy for remedy in notice.remedies)
    assert any("simulation.launch.py" in remedy for remedy in notice.remedies)


@pytest.mark.parametrize(("age", "said"), [("12", "for 12 s"), ("inf", "yet"), ("?", "yet")])
def test_a_camera_that_is_there_but_silent(age: str, said: str) -> None:
    (notice,) = health_view(facts(reports=no_images(age))).notices
    assert notice.title == "No picture from the camera"
    assert said in notice.text


def test_a_learner_that_is_gone() -> None:
    only = frozenset({"recognizer"})
    assert titles(status_age=9.0, nodes=only) == ["The learner is not running"]
    assert titles(status_age=9.0) == ["The learner does not answer"]


def test_a_recognizer_that_is_gone() -> None:
    assert titles(reports={"learner": facts().reports["learner"]}, nodes=frozenset()) == [
        "The recognizer is not running"
    ]


@pytest.mark.parametrize(
    ("node", "report", "title"),
    [
        ("recognizer", NodeReport(1, "not active"), "The recognizer is not active"),
        ("recognizer", NodeReport(1, "disabled by service"), "Recognition is switched off"),
        ("recognizer", NodeReport(1, "names come 900 ms late"), "The recognizer has a problem"),
        ("learner", NodeReport(1, "not active"), "The learner is not active"),
        ("learner", NodeReport(1, "3 sessions wait"), "The learner has a problem"),
        (
            "learner",
            NodeReport(2, "what was learned is not on disk", {"saved": "False"}),
            "What was learned is not saved",
        ),
        ("image_source", NodeReport(2, "/dev/video0 is gone"), "The image source has a problem"),
    ],
)
def test_diagnostics_in_plain_words(node: str, report: NodeReport, title: str) -> None:
    reports = {**facts().reports, node: report}
    assert titles(reports=reports) == [title]


def test_refused_pictures_are_told_of_while_none_is_recognized() -> None:
    refusing = NodeReport(0, "recognizing", {"refused: encoding": "40"})
    reports = {**facts().reports, "recognizer": refusing}
    assert titles(reports=reports, recognition_age=9.0) == ["The camera's pictures cannot be used"]
    assert titles(reports=reports) == []


def test_a_recognizer_that_does_not_use_the_model() -> None:
    assert titles(recognition=recognition(model_version=0)) == [
        "The recognizer does not use what was learned"
    ]
    assert titles(recognition=recognition(model_version=0), status=status(elapsed=1.0)) == []


def test_a_report_of_long_ago_counts_for_nothing() -> None:
    old = NodeReport(0, "recognizing", {}, age=60.0)
    assert titles(reports={**facts().reports, "recognizer": old})


# ---- words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3, "just now"), (45, "40 seconds ago"), (61, "1 minute ago"), (7300, "2 hours ago"),
     (90000, "1 day ago"), (-50, "–"), (math.inf, "–")],  # noqa: RUF001 - the dash that is shown
)  # fmt: skip
def test_ago(seconds: float, text: str) -> None:
    assert ago(seconds) == text


def test_small_words() -> None:
    assert (count(1, "class", "classes"), count(2, "class", "classes")) == ("1 class", "2 classes")
    assert (length(0.84), length(45.2), length(300)) == ("0.8 s", "45 s", "5 min")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert (percent(0.999), percent(1.0), percent(math.nan)) == ("99%", "100%", "–")  # noqa: RUF001


@given(st.floats(allow_nan=True), st.text(min_size=1, max_size=64))
def test_views_take_every_number_and_name(number: float, name: str) -> None:
    seen = recognition(scores={name: number}, unknown_score=number)
    shown = facts(
        now=number,
        classes=(known(name, held_out_accuracy=min(max(number, 0.0), 1.0), last_learned=number),),
        questions=(question(1, best_guess=name, start=number),),
        recognition=seen if math.isfinite(number) else recognition(),
        status=status(class_name=name, state=State.CAPTURING, progress=number),
    )
    assert classes_view(shown).rows[0].name == name
    assert questions_view(shown)[0].answers == (name,)
    assert name in lesson_view(shown).title
    answer_view(shown)
    health_view(shown)
