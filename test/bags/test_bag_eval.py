"""`lr bag eval`: truth files, figures, and reading beside a running learner."""

from __future__ import annotations

import json
import math

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.bags.errors import BagError
from lr_ros.bags.evaluate import load_known
from lr_ros.bags.gathering import Span
from lr_ros.bags.scoring import Scores
from lr_ros.bags.settings import load_settings
from lr_ros.bags.truth import load_spans, within
from lr_ros.core.store import Store

from .commands import report, run

CSV = """\
start,end,class
0,1,none
1.3,3.7,mug
4.1,4.9,
5.3,7.7,pot
9.3,10.7,mug
"""


def test_a_taught_object_is_known_a_strange_one_is_listed_apart(
    bag, params, store, tmp_path
) -> None:
    truth, plot = tmp_path / "truth.csv", tmp_path / "plot.png"
    truth.write_text(CSV)
    with Store(store):  # the learner runs
        scores = report("eval", bag, "--params", params, "--store", store,
                        "--truth", truth, "--plot", plot)  # fmt: skip
    mug = scores["per_class"]["mug"]
    assert mug["images"] == 38
    assert mug["accuracy"] > 0.8
    assert list(scores["strangers"]) == ["pot"]
    assert scores["strangers"]["pot"]["images"] == 24
    assert scores["false_name_share_when_nobody"] == 0.0
    assert scores["images_judged"] == sum(p["images"] for p in scores["timeline"])
    assert scores["accuracy"] + scores["unknown_share"] + scores["wrong_name_share"] == 1.0
    assert cv2.imread(str(plot)).shape[1] > 600


def test_tables_for_people(bag, params, store) -> None:
    done = run("eval", bag, "--params", params, "--store", store, "--class", "mug",
               "--from", 9.3, "--to", 10.7)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "called unknown" in done.stdout
    assert "14 images judged" in done.stdout


def test_an_empty_store_and_a_missing_model_are_named(bag, params, tmp_path) -> None:
    settings = load_settings(params)
    with pytest.raises(BagError, match="nothing has been learned in"):
        load_known(settings, tmp_path / "none")
    with pytest.raises(BagError, match="there is no model"):
        load_known(settings, tmp_path, tmp_path / "none.snapshot")
    assert not (tmp_path / "none").exists()
    done = run("eval", bag, "--store", tmp_path / "none", "--class", "mug")
    assert done.returncode == 2
    assert "learn first" in done.stderr


def test_truth_in_three_languages(tmp_path) -> None:
    spans = (Span(0.0, 1.0, None), Span(1.0, 2.5, "mug"))
    entries = [{"start": 1, "end": 2.5, "class": "mug"}, {"start": 0, "end": 1, "class": None}]
    contents = {
        "a.json": json.dumps({"spans": entries}),
        "b.yaml": "- {start: 0, end: 1, class: none}\n- {start: 1, end: 2.5, class: mug}\n",
        "c.csv": "start,end,class\n0,1,\n1,2.5,mug\n",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text)
        assert load_spans(tmp_path / name) == spans, name


def test_truth_by_frames_as_eval_stream_has_it(tmp_path) -> None:
    path = tmp_path / "t.json"
    frames = [{"frame": n, "object": "mug" if n > 3 else None} for n in range(10)]
    path.write_text(json.dumps({"fps": 10, "frames": frames}))
    nobody, mug = load_spans(path)
    assert (nobody.class_name, mug.class_name) == (None, "mug")
    assert all(nobody.begin <= n / 10 < nobody.end for n in range(4))
    assert all(mug.begin <= n / 10 < mug.end for n in range(4, 10))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "a list of spans"),
        ("- {start: 0, end: 1}", "span 1 needs start, end and class"),
        ("- {start: 2, end: 1, class: a}", "before its start"),
        ("- {start: -1, end: 1, class: a}", "start = -1 of span 1"),
        ("- {start: 0, end: .nan, class: a}", "end = nan of span 1"),
        ("- {start: 0, end: 1, class: 7}", "class 7 of span 1"),
        ("- {start: 0, end: 2, class: a}\n- {start: 1, end: 3, class: b}", "overlap"),
        ("a: [", "cannot be read"),
    ],
)
def test_wrong_truth_names_the_entry(tmp_path, text, words) -> None:
    path = tmp_path / "truth.yaml"
    path.write_text(text)
    with pytest.raises(BagError, match=words):
        load_spans(path)


def test_a_range_cuts_the_truth() -> None:
    spans = (Span(0.0, 2.0, "a"), Span(3.0, 5.0, "b"))
    assert within(spans, 1.0, 3.5) == (Span(1.0, 2.0, "a"), Span(3.0, 3.5, "b"))
    with pytest.raises(BagError, match="no span lies between"):
        within(spans, 6.0, math.inf)


@given(st.lists(st.sampled_from(["mug", "cup", None]), min_size=1, max_size=60))
def test_every_image_is_counted_once(names) -> None:
    scores = Scores((Span(0.0, 2.0, "mug"), Span(2.0, 3.0, None), Span(3.0, 4.0, "x")), ["mug"])
    for number, name in enumerate(names):
        scores.add(number / 10, name, True)
    said = scores.as_dict()
    tallies = [*scores.classes.values(), *scores.strangers.values(), scores.nobody]
    assert sum(t.images for t in tallies) + said["images_not_judged"] == len(names)
    assert all(t.right + t.unknown * (t is scores.classes.get("mug")) <= t.images for t in tallies)
