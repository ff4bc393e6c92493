from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from panel.browser import running_chromium


# Of a module, not of the session: while it runs, Playwright's event loop is this thread's, and no
# test could have one of its own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with running_chromium() as browser:
        yield browser
