"""When the demo has succeeded, and what it says when it has not."""

from __future__ import annotations

import json
from collections import Counter

import cv2
import numpy as np
import pytest

from lr_ros.cli.demo import conclude
from lr_ros.evaluation.contact_sheet import Cell, contact_sheet, save_png
from lr_ros.evaluation.demo_report import UNKNOWN, DemoReport, ObjectResult


def result(name: str, right: int, wrong: int, called: str = UNKNOWN) -> ObjectResult:
    return ObjectResult(name, Counter({name: right, called: wrong}))


def test_all_right():
    report = DemoReport((result("mug", 40, 0), result("duck", 36, 4)), {"mug": 0.5})
    assert report.accuracy == 0.95
    assert report.faults == []
    content = json.loads(json.dumps(report.as_dict()))
    assert content["succeeded"] is True
    assert content["per_class"] == {"mug": 1.0, "duck": 0.9}


def test_one_object_called_otherwise_fails_it_all():
    results = [result(f"o{n}", 40, 0) for n in range(9)]
    report = DemoReport((*results, result("mug", 20, 20, "cup")))
    assert report.accuracy == 0.95
    assert len(report.faults) == 1
    assert "'mug'" in report.faults[0]
    assert "20 of 40" in report.faults[0]


def test_many_wrong_frames_fail_it():
    report = DemoReport(tuple(result(f"o{n}", 30, 10) for n in range(4)))
    assert [result.most_given for result in report.results] == ["o0", "o1", "o2", "o3"]
    assert len(report.faults) == 1
    assert "75%" in report.faults[0]


def test_no_frames_are_no_success():
    report = DemoReport((ObjectResult("mug", Counter()),))
    assert report.faults
    assert report.accuracy == 0.0


@pytest.mark.parametrize(("right", "code"), [(40, 0), (10, 1)])
def test_the_conclusion_is_the_exit_code(tmp_path, capsys, right, code):
    report = DemoReport((result("[b]mug", right, 40 - right, "cup"),), {"[b]mug": 0.25})
    assert conclude(report, tmp_path) == code
    output = capsys.readouterr()
    assert "[b]mug" in output.out
    assert "demo.png" in output.out
    assert ("failed" in output.err) == bool(code)


def test_a_contact_sheet_holds_every_picture(tmp_path):
    red = np.full((48, 64, 3), (200, 10, 10), np.uint8)
    blue = np.full((480, 640, 3), (10, 10, 200), np.uint8)
    sheet = contact_sheet(
        [("Taught", [Cell(red, "a"), Cell(blue, "ü")]), ("Later", [Cell(None, "gone", False)])]
    )
    save_png(sheet, tmp_path / "sheet.png")
    read = cv2.imread(str(tmp_path / "sheet.png"), cv2.IMREAD_COLOR_RGB)
    assert np.array_equal(read, sheet)
    for colour in ((200, 10, 10), (10, 10, 200)):
        assert (sheet == colour).all(axis=2).sum() == 320 * 240


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(OSError, match="no_folder"):
        save_png(np.zeros((4, 4, 3), np.uint8), tmp_path / "no_folder" / "x.png")
