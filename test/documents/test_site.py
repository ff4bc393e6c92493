"""The pages hang together: all are in the navigation, links lead somewhere, nothing is stale."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import ROOT

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("**/*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.+)$", _without_code(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def test_every_page_is_in_the_navigation() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = [
        line.strip()
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
        for line in tree.splitlines()
        if line.strip() and not line.startswith(":")
    ]
    assert len(listed) == len(set(listed))
    pages = {str(path.relative_to(DOCS).with_suffix("")) for path in PAGES}
    assert not pages - {"index", *listed}, "name them in a toctree of docs/index.md"
    assert set(listed) <= pages


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *PAGES], ids=_name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    for link in LINK.findall(_without_code(page.read_text(encoding="utf-8"))):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{_name(page)} links to {link}"
        if anchor:
            assert anchor in _anchors(target), f"{_name(page)} links to {link}"


def test_pages_made_from_the_code_are_as_the_code_is() -> None:
    done = subprocess.run(
        [sys.executable, "-P", str(ROOT / "scripts/generate"), "--check"],
        cwd=ROOT.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_figures_can_be_drawn(tmp_path: Path) -> None:
    command = [sys.executable, "-P", str(ROOT / "scripts/figures"), str(tmp_path)]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    drawn = {path.name for path in tmp_path.glob("*.svg")}
    assert drawn == {path.name for path in (DOCS / "images").glob("method_*.svg")}
    for name in drawn:
        assert f"images/{name}" in (DOCS / "method.md").read_text(encoding="utf-8")
