from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from ros_processes import Probe

from faults.teaching import DOMAIN_ID


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    """Return a probe in a namespace that no other test uses."""
    probe = Probe(f"faults_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    yield probe
    probe.close()


@pytest.fixture
def own_probe() -> Iterator[Probe]:
    """Return a probe for nodes that only one test uses."""
    probe = Probe(f"faults_{uuid.uuid4().hex[:8]}", DOMAIN_ID)
    yield probe
    probe.close()
