"""Scenario files: what is accepted, and errors that name the line, the key and the remedy."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lr_ros.cli.sim_play import conclude
from lr_ros.evaluation.errors import InputError
from lr_ros.evaluation.scenario import VERBS, find_scenario, load_scenario
from lr_ros.evaluation.scenario_report import ScenarioReport, StepResult

SHIPPED = Path(__file__).parents[2] / "config" / "scenarios"
HEAD = "title: T\nsteps:\n"


def load(tmp_path: Path, text: str):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda p: p.stem)
def test_the_shipped_scenarios_are_sound_and_check_something(path: Path) -> None:
    scenario = load_scenario(path)
    assert any(step.verb == "check" for step in scenario.steps)
    assert find_scenario(path.stem, SHIPPED) == path


def test_short_and_long_forms_mean_the_same(tmp_path: Path) -> None:
    text = HEAD + "  - present: duck\n  - present: {object: duck}\n  - undo\n  - undo:\n"
    first, second, undo, other = load(tmp_path, text).steps
    assert first.values == second.values == {"object": "duck", "yaw": None}
    assert (undo.verb, undo.values) == (other.verb, other.values) == ("undo", {})
    assert [step.line for step in (first, second, undo, other)] == [3, 4, 5, 6]


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    (check,) = load(tmp_path, HEAD + "  - check: duck\n").steps
    assert check.values == {
        "expect": "duck",
        "object": None,
        "frames": 20,
        "at_least": 0.5,
        "settle": 1.0,
    }


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "mapping with `title` and `steps`"),
        ("title: T\n", 1, "`steps` is needed"),
        ("steps:\n  - undo\n", 1, "`title` is needed"),
        (HEAD + "  []\n", 2, "`steps` is needed"),
        (HEAD + "  - undo\nspeed: 3\n", 4, "no key 'speed'; there are: title, steps, require"),
        (HEAD + "  - undo\n  - dance: 3\n", 4, "no step 'dance'; there are: present, place"),
        (HEAD + "  - present duck\n", 3, "no step 'present duck'; write `- present: duck`"),
        (HEAD + "  - wait: soon\n", 3, "`wait`, `seconds`: 'soon' is not a number"),
        (HEAD + "  - wait: .nan\n", 3, "is not within 0 to 3600"),
        (HEAD + "  - teach: {frames: 3}\n", 3, "`teach` needs `name`"),
        (HEAD + "  - teach:\n      name: a\n      frames: 0\n", 5, "`frames`: 0 is not within"),
        (
            HEAD + "  - teach:\n      name: a\n      frame: 9\n",
            5,
            "no key 'frame'; there are: name",
        ),
        (HEAD + "  - place: duck\n", 3, "`place` takes object, x, y"),
        (HEAD + "  - check: {expect: a, at_least: 2}\n", 3, "2 is not within 0 to 1"),
        (HEAD + "  - domain: {hand: 1}\n", 3, "1 is not true or false"),
        (HEAD + "  - domain: {}\n", 3, "`domain` needs one of"),
        (HEAD + "  - known: duck\n", 3, "is no list of names"),
        (HEAD + "  - {wait: 1, undo: }\n", 3, "a step is one of"),
        (HEAD + "  - undo\nrequire: {accuracy: 0.5}\n", 4, "nothing checked"),
        (HEAD + "  - undo\nrequire: {accuracy: 5}\n", 4, "5 is not within"),
        (HEAD + "  - undo\ntitle: U\n", 4, "'title' stands here twice"),
        ("title: &a T\nsteps: [{present: *a}]\n", 2, "write the entry out"),
        (HEAD + "  - [\n", 4, "no YAML"),
        (HEAD + "  - !!python/object/apply:os.system [ls]\n", 3, "no YAML"),
    ],
)
def test_errors_name_the_line_and_the_remedy(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert words in str(caught.value)
    assert f"s.yaml:{line}:" in str(caught.value)


def test_missing_and_strange_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        load_scenario(tmp_path / "no.yaml")
    with pytest.raises(InputError, match="cannot be read"):
        load_scenario(tmp_path)
    with pytest.raises(InputError, match="lr_ros has: first_lesson"):
        find_scenario("nothing", SHIPPED)
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"b\.yaml"):
        load_scenario(tmp_path / "b.yaml")
    (tmp_path / "deep.yaml").write_text("[" * 5000)
    with pytest.raises(InputError, match=r"deep\.yaml"):
        load_scenario(tmp_path / "deep.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["title", "steps", "require", *VERBS]), inner)
        ),
        max_leaves=12,
    )
)
def test_whatever_is_written_is_read_or_refused(tmp_path_factory, content) -> None:
    import yaml  # noqa: PLC0415 - only here

    path = tmp_path_factory.mktemp("s") / "s.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with contextlib.suppress(InputError):  # anything else is a fault
        load_scenario(path)


def results(tmp_path: Path, answers: list[dict[str, int]], require: float, fault: str = ""):
    from collections import Counter  # noqa: PLC0415 - only here

    steps = "".join(f"  - check: {{expect: duck, frames: {sum(a.values())}}}\n" for a in answers)
    scenario = load(tmp_path, f"{HEAD}{steps}require: {{accuracy: {require}}}\n")
    done = [
        StepResult(n, step, fault, Counter(a))
        for n, (step, a) in enumerate(zip(scenario.steps, answers, strict=True), 1)
    ]
    return ScenarioReport(scenario, tuple(done))


def test_the_score_is_that_of_all_frames_and_a_missed_threshold_is_a_fault(tmp_path: Path) -> None:
    report = results(tmp_path, [{"duck": 9, "unknown": 1}, {"duck": 3, "mug": 7}], 0.5)
    assert report.accuracy == pytest.approx(0.6)
    assert report.faults == []
    assert report.as_dict()["passed"]
    missed = results(tmp_path, [{"duck": 9, "unknown": 1}, {"duck": 3, "mug": 7}], 0.7)
    assert "60% of all checked frames are right; 70% are required" in missed.faults[0]
    assert (conclude(report), conclude(missed)) == (0, 1)
    assert not missed.as_dict()["passed"]
    failed = results(tmp_path, [{"duck": 1}], 0.0, fault="too bad")
    assert failed.faults == ["step 1 (line 3): too bad"]


def test_steps_that_were_not_taken_are_a_fault(tmp_path: Path) -> None:
    whole = results(tmp_path, [{"duck": 10}, {"duck": 10}], 0.0)
    cut = ScenarioReport(whole.scenario, whole.results[:1])
    assert cut.faults == ["1 steps were not taken"]
