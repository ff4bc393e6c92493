"""The minibatches of latent replay as published: new and replayed patterns in fixed proportion."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Mix:
    """One minibatch: places of its patterns in the session, and in the replay memory."""

    new: Indices
    replayed: Indices


def paper_batches(
    new: int, stored: int, minibatch: int, epochs: int, rng: np.random.Generator
) -> Iterator[Mix]:
    """Yield the minibatches of one learning batch of ``new`` patterns, ``stored`` being in memory.

    Pellegrini et al. 2020, algorithm 1: ``n_new = round(minibatch * new / (new + stored))`` of
    each are new, the rest replayed, so that one epoch passes over both once. The new ones are
    shuffled each epoch, the replayed ones once. The last minibatch
    of an epoch is smaller where the numbers do not divide.
    """
    share = round(minibatch * new / (new + stored)) if new else 0
    share = min(max(share, 1), minibatch)
    count = -(-new // share)
    order = rng.permutation(stored)
    for _ in range(epochs):
        shuffled = rng.permutation(new)
        for number in range(count):
            start = number * (minibatch - share)
            yield Mix(
                shuffled[number * share : (number + 1) * share],
                order[start : start + minibatch - share],
            )


def batches_an_epoch(new: int, stored: int, minibatch: int) -> int:
    """Return how many minibatches :func:`paper_batches` yields an epoch."""
    share = round(minibatch * new / (new + stored)) if new else 0
    return -(-new // min(max(share, 1), minibatch))
