"""The panel is built of elements and text: no text of others is taken for HTML or code."""

from __future__ import annotations

import ast
from pathlib import Path

PANEL = Path(__file__).resolve().parents[2] / "lr_ros" / "panel"
RAW = {"html", "markdown", "mermaid", "add_body_html", "run_javascript", "sanitize", "eval"}


def _calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in sorted(PANEL.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found.append((f"{path.name}:{node.lineno} {node.func.attr}", node))
    return found


def test_nothing_is_put_into_the_page_raw() -> None:
    calls = _calls()
    assert len(calls) > 50, "it looks at nothing"
    for where, call in calls:
        assert call.func.attr not in RAW, where
        if call.func.attr == "add_head_html":
            assert all(isinstance(a, ast.Name) and a.id.isupper() for a in call.args), where
        for keyword in call.keywords:
            assert keyword.arg not in {"html", "v_html"}, where


def test_the_pages_own_script_writes_no_html() -> None:
    for path in (PANEL / "assets").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        for raw in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert raw not in text, f"{path.name}: {raw}"
