"""A real Chromium, and a person before the page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

PATIENCE = 40_000
"""The longest wait for what a page is to show [ms]."""

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

NO_DRIVER = "playwright is not installed: pip install -r requirements/development.txt"

NO_CHROMIUM = (
    "there is no Chromium: apt-get install chromium on Debian (make test does it for root); on "
    "Ubuntu, whose chromium is a snap: .venv/bin/playwright install --with-deps chromium"
)

# As root Chromium needs --no-sandbox; the rest keeps it from looking for hosts of its maker's.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]

PHONE = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


@contextmanager
def running_chromium() -> Iterator[Any]:
    """Return a Chromium; the test is skipped on a machine without one."""
    sync_api = pytest.importorskip("playwright.sync_api", reason=NO_DRIVER)
    with sync_api.sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, NAMES)), playwright.chromium.executable_path)
        if not os.path.exists(found):
            pytest.skip(NO_CHROMIUM)
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


class Person:
    """Somebody who looks at the page, taps and reads."""

    def __init__(self, chromium: Any, address: str, **settings: Any) -> None:
        self.context = chromium.new_context(**(settings or DESKTOP))
        self.page = self.context.new_page()
        self.address = address
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(address)

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.foreign.append(request.url)

    # ---- doing ----------------------------------------------------------------------------------

    def teach(self, name: str, frames: int | None = None) -> None:
        self.page.get_by_label("Frames to gather").fill("" if frames is None else str(frames))
        self.page.get_by_placeholder("What is it called?").fill(name)
        self.press("Teach")

    def press(self, name: str, within: Any = None) -> None:
        (within or self.page).get_by_role("button", name=name, exact=True).click()

    # ---- seeing ---------------------------------------------------------------------------------

    @property
    def dialog(self) -> Any:
        return self.page.get_by_role("dialog")

    def row(self, name: str) -> Any:
        """The row of a class in the list of what is known."""
        named = self.page.locator(".lr-row-name").get_by_text(name, exact=True)
        return self.page.locator(".lr-row").filter(has=named)

    def question(self, title: str | re.Pattern[str] = re.compile("What (is|was) this")) -> Any:
        """The newest question of such a title."""
        return self.page.locator(".lr-question").filter(has_text=title).first

    def sees(self, name: str) -> None:
        """Wait until the robot names it."""
        self.page.locator(".lr-headline").get_by_text(name, exact=True).wait_for()

    def reads(self, text: str | re.Pattern[str]) -> None:
        """Wait for a text anywhere on the page."""
        self.page.get_by_text(text).first.wait_for()

    def is_told(self, text: str) -> None:
        """Wait for what is said on what was asked for."""
        self.page.locator(".q-notification").get_by_text(text).first.wait_for()

    def is_warned(self, title: str) -> None:
        """Wait for a notice of something wrong."""
        self.page.locator(".lr-notice-title").get_by_text(title).first.wait_for()

    def is_well(self) -> None:
        """Wait until nothing is wrong."""
        self.page.locator(".lr-pill").get_by_text("All is well").wait_for()
        self.page.locator(".lr-notice").wait_for(state="detached")

    def too_wide(self) -> list[str]:
        """What reaches beyond the page's edge, so that the page scrolls sideways; empty if none."""
        found: list[str] = self.page.evaluate(
            """() => {
              const width = document.documentElement.clientWidth;
              if (document.documentElement.scrollWidth <= width) return [];
              return [...document.querySelectorAll("body *")]
                .filter(e => e.getBoundingClientRect().right > width + 0.5)
                .map(e => `${e.tagName}.${e.className}`);
            }"""
        )
        return found

    def too_small(self) -> list[str]:
        """The buttons that are too small for a finger."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll("main button")]
              .filter(b => b.offsetParent && Math.min(
                b.getBoundingClientRect().height, b.getBoundingClientRect().width) < 36)
              .map(b => b.innerText || b.ariaLabel)"""
        )
        return found

    def assert_nothing_broke(self) -> None:
        assert self.errors == []
        assert self.foreign == [], "nothing is loaded from elsewhere"

    def close(self) -> None:
        self.context.close()
