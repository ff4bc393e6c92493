"""Class names are data: whatever they are, they reach no path, no shell and no terminal as code."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from lr_ros.cli import output
from lr_ros.core.state import State
from lr_ros.core.store import Store
from lr_ros.core.store.errors import InvalidNameError
from lr_ros.core.store.names import check_name
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.requests import check_class_name

HOSTILE = (
    "$(touch owned)", "`id`", "; rm -rf .", "| cat", "&& reboot", "'\"", "%s%n", "{0}", "-rf",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt;", "[red]x[/red]",
    "[link=file:etc]x[/link]", "{{7*7}}", "${HOME}", "javascript:alert(1)", "con", "~root", "*",
)  # fmt: skip
names = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=64)


@given(st.text(max_size=80))
def test_a_name_is_refused_or_harmless_to_a_terminal_and_a_path(name: str) -> None:
    taken = refusal = None
    try:
        taken = check_class_name(name)
    except TeachingError as error:
        refusal = error
    if taken is None:
        assert refusal is not None
        assert refusal.code is ErrorCode.INVALID_NAME
        assert str(refusal).isprintable(), "not even the refusal repeats control characters"
        return
    assert taken.isprintable()
    assert 0 < len(name) <= 64
    assert not {"/", "\\", "\0", "\n", "\x1b"} & set(taken)
    assert taken not in {".", ".."}
    assert unicodedata.normalize("NFC", taken) == taken


@pytest.mark.parametrize(
    "name",
    [
        "../x", "/etc/passwd", "a/b", "a\\b", ".hidden", "a\nb", "\x1b[2J", "\u202etxt.exe",
        "a\0b", " a", "unknown",
    ],
)  # fmt: skip
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(TeachingError):
        check_class_name(name)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=names)
def test_a_name_goes_through_the_store_and_makes_no_file(tmp_path: Path, name: str) -> None:
    """It is kept as text inside a version; the names of files are the store's own."""
    with Store(tmp_path / "store") as store:
        store.commit(State({}, {"classes": [name]}), f"learn {name}")
        loaded = store.load()
    assert loaded is not None
    assert loaded.state.meta["classes"] == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    for path in (tmp_path / "store" / "versions").iterdir():
        assert path.name.isascii()
        assert name not in path.name or name.isalnum() or name in "-._"


@given(name=names)
def test_a_saved_model_lies_in_the_store_or_is_refused(name: str) -> None:
    try:
        check_name(name, "model")
    except InvalidNameError:
        return
    root = Path("/store/models")
    assert (root / name).parent == root
    assert Path(name).name == name


@given(name=st.sampled_from(HOSTILE))
def test_a_table_prints_a_name_as_it_is(name: str) -> None:
    """No markup of the terminal library is obeyed."""
    text = io.StringIO()
    patched = pytest.MonkeyPatch()
    patched.setattr(output, "out", lambda: Console(file=text, width=200))
    try:
        output.table(("class",), [(name,)])
    finally:
        patched.undo()
    assert name in text.getvalue()
