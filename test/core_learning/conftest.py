"""One thread: small matrices gain nothing from more, and equal runs need equal numbers of them."""

from __future__ import annotations

import pytest
import torch

from lr_ros.core.strategies.cumulative import Cumulative


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _short_cumulative_trainings(monkeypatch):
    """The fewest steps are for real pictures; these patterns take a third of them."""
    monkeypatch.setattr(Cumulative, "fewest_steps", 10)
