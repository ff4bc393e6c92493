"""Scores of made-up logs, worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.test_truth import truth_of
from lr_ros.evaluation.scoring import Log, Result, Session, percentile, score, update_times

#        0         1         2
#        0123456789012345678901234
STREAM = "aaa......bbb......aaaa.bb"


def played(
    answers: str, stream: str = STREAM, version: int = 1, sessions: tuple[Session, ...] = ()
) -> dict:
    """One letter a frame: the name given, '?' unknown, ' ' no answer."""
    results = [
        Result(100.0 + i / 10, None if letter == "?" else letter, version, 10.0)
        for i, letter in enumerate(answers)
        if letter != " "
    ]
    published = {100.0 + i / 10: i for i in range(len(stream))}
    return score(truth_of(stream), Log(published, results, sessions, {"learner": 123.456}))


def test_everything_right():
    report = played("aaa??????bbb??????aaaa?bb")
    assert report["accuracy"] == 1.0
    assert report["per_class"] == {"a": 1.0, "b": 1.0}
    assert report["false_names_when_empty"] == 0.0
    assert (report["frames_published"], report["frames_processed"], report["dropped"]) == (
        25,
        25,
        0,
    )
    assert report["rss_mb"] == {"learner": 123.5}


def test_unknown_wrong_and_missing_answers_are_wrong():
    report = played("aaa??????bbb??????a?b  bb")
    assert report["per_class"] == {"a": 0.25, "b": 1.0}
    assert report["accuracy"] == 0.5  # by frames: three of six
    assert report["dropped"] == 2


def test_the_first_appearance_is_not_scored():
    assert played("???" + "?" * 6 + "aaa" + "??????aaaa?bb")["accuracy"] == 1.0


def test_names_given_to_nobody_are_counted_over_all_empty_frames():
    report = played("aaabb????bbb?????baaaa?bb")
    assert report["false_names_when_empty"] == pytest.approx(3 / 13, abs=1e-4)


def test_a_short_gap_within_a_later_appearance_is_empty_not_wrong():
    report = played("aaa......aa?aa".replace(".", "?"), "aaa......aa.aa")
    assert report["accuracy"] == 1.0
    assert report["false_names_when_empty"] == 0.0


def test_an_object_seen_once_has_no_accuracy():
    report = played("??aa", "..aa")
    assert report["accuracy"] is None
    assert report["per_class"] == {}


def test_answers_to_images_nobody_published_do_not_count():
    truth = truth_of("a......a")
    log = Log({1.0: 0, 2.0: 7}, [Result(1.5, "a", 1, 5.0), Result(2.0, "a", 1, 7.0)], (), {})
    report = score(truth, log)
    assert report["frames_processed"] == 1
    assert report["recognition_latency_ms"] == {"p50": 7.0, "p95": 7.0}


def test_frames_that_were_not_published_are_not_scored():
    truth = truth_of("a......aa")
    report = score(truth, Log({1.0: 7}, [Result(1.0, "a", 1, 5.0)], (), {}))
    assert report["accuracy"] == 1.0
    assert report["false_names_when_empty"] is None


def test_nothing_at_all_gives_no_figures():
    report = score(truth_of("a......a"), Log({}, [], (), {}))
    assert report["frames_published"] == 0
    assert report["recognition_latency_ms"] == {"p50": None, "p95": None}
    assert report["update_seconds"] == {"median": None, "max": None}


def test_update_time_is_to_the_first_answer_of_the_session_s_model():
    results = [
        Result(10.0, "a", 1, 100.0),
        Result(10.5, "a", 2, 100.0),
        Result(11.0, "a", 4, 100.0),
    ]
    sessions = [
        Session("a", 10.0, 2),
        Session("b", 10.2, 3),
        Session("c", 10.2, 9),  # never answered
        Session("d", 10.2, None, "too few frames"),
        Session("e", 20.0, 1),  # its model answered before its last frame: learned while looking
    ]
    assert update_times(sessions, results) == pytest.approx([0.6, 0.9, 0.0])


def test_percentile_is_by_nearest_rank():
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([], 0.5) is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_a_percentile_is_one_of_the_values_and_not_exceeded_by_its_share(values, share):
    result = percentile(values, share)
    assert result in values
    assert sum(value <= result for value in values) >= share * len(values) - 1e-9


@given(st.text("ab?", min_size=25, max_size=25))
def test_shares_lie_between_0_and_1(answers):
    report = played(answers)
    for share in (report["accuracy"], report["false_names_when_empty"]):
        assert 0.0 <= share <= 1.0
