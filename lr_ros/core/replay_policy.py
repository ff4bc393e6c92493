"""Which patterns a full replay memory keeps: each policy is one function.

All patterns, stored and new, are numbered together: 0 to ``stored - 1`` are in the memory, in their
order, and the new ones follow. A policy returns the numbers of those to keep, ascending.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """What a policy may look at.

    Attributes:
        stored: how many of the patterns are in the memory already.
        capacity: how many may be kept.
        labels: class of each pattern, int64 [n].
        clips: clip of each pattern, int64 [n].
        batches: learning batches so far, this one included.
        seen: patterns ever offered to the memory before these.
        vectors: one short description of each pattern, float32 [n, d]; empty if not asked for.
    """

    stored: int
    capacity: int
    labels: Indices
    clips: Indices
    batches: int
    seen: int
    vectors: NDArray[np.float32]

    @property
    def new(self) -> int:
        """How many patterns are offered."""
        return len(self.labels) - self.stored


Policy = Callable[[Candidates, np.random.Generator], Indices]


def balanced(candidates: Candidates, rng: np.random.Generator) -> Indices:
    """Keep as many of each class as of any other, and within a class as many of each clip.

    What must go goes from the largest class first (Hayes and Kanan, REMIND, 2020), and from the
    largest clip in it first; within a clip chance decides.
    """
    quotas = _fair_shares(np.bincount(candidates.labels), candidates.capacity, rng)
    kept = [
        _from_each_clip(np.flatnonzero(candidates.labels == label), candidates.clips, quota, rng)
        for label, quota in enumerate(quotas)
        if quota
    ]
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.int64)


def paper(candidates: Candidates, rng: np.random.Generator) -> Indices:
    """Let h = min(capacity / i, |B|) random new patterns replace random old ones in batch i.

    Pellegrini et al. 2020, algorithm 1; but a memory with free room is filled first, which their
    published code does not do.
    """
    free = candidates.capacity - candidates.stored
    share = min(candidates.capacity // max(candidates.batches, 1), candidates.new)
    coming = min(max(free, share), candidates.new, candidates.capacity)
    going = max(coming - free, 0)
    old = rng.permutation(candidates.stored)[going:]
    new = candidates.stored + rng.permutation(candidates.new)[:coming]
    return np.sort(np.concatenate([old, new]))


def reservoir(candidates: Candidates, rng: np.random.Generator) -> Indices:
    """Keep every pattern ever seen with the same probability (Vitter 1985, algorithm R)."""
    slots = np.full(candidates.capacity, -1, np.int64)
    slots[: candidates.stored] = np.arange(candidates.stored)
    free = candidates.capacity - candidates.stored
    new = np.arange(candidates.stored, candidates.stored + candidates.new)
    filling, rest = new[:free], new[free:]
    slots[candidates.stored : candidates.stored + len(filling)] = filling
    if len(rest):
        earlier = max(candidates.seen + len(filling), candidates.capacity)
        places = rng.integers(0, earlier + 1 + np.arange(len(rest)))
        taken = places < candidates.capacity
        # A slot drawn twice holds the later pattern, as if they had come one after the other.
        slots[places[taken]] = rest[taken]
    return np.sort(slots[slots >= 0])


def similarity(candidates: Candidates, rng: np.random.Generator) -> Indices:
    """Keep of each class, in equal shares, the patterns most like the class's mean (cosine)."""
    quotas = _fair_shares(np.bincount(candidates.labels), candidates.capacity, rng)
    kept = []
    for label, quota in enumerate(quotas):
        members = np.flatnonzero(candidates.labels == label)
        vectors = candidates.vectors[members]
        lengths = np.linalg.norm(vectors, axis=1) + 1e-12
        likeness = vectors @ vectors.mean(axis=0) / lengths if len(members) else lengths
        kept.append(members[np.argsort(-likeness, kind="stable")[:quota]])
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, np.int64)


def _fair_shares(sizes: Indices, total: int, rng: np.random.Generator) -> Indices:
    """Cap ``sizes`` at one level so that they sum to at most ``total``; chance places the rest."""
    shares = sizes.astype(np.int64)
    if shares.sum() <= total:
        return shares
    ascending = np.sort(shares)
    below = np.concatenate([[0], np.cumsum(ascending)[:-1]])
    levels = (total - below) // np.arange(len(shares), 0, -1)
    # The level is set by the first size that does not fit below its own fair part of what is left.
    level = int(levels[np.argmax(ascending > levels)])
    capped = np.minimum(shares, level)
    able = rng.permutation(np.flatnonzero(shares > level))
    capped[able[: total - capped.sum()]] += 1
    return capped


def _from_each_clip(
    members: Indices, clips: Indices, quota: int, rng: np.random.Generator
) -> Indices:
    """Choose ``quota`` of ``members``, as evenly from their clips as these allow."""
    if quota >= len(members):
        return members
    _, clip = np.unique(clips[members], return_inverse=True)
    quotas = _fair_shares(np.bincount(clip), quota, rng)
    shuffled = rng.permutation(len(members))
    by_clip = shuffled[np.argsort(clip[shuffled], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(clip))[:-1]])
    rank = np.arange(len(members)) - starts[clip[by_clip]]
    chosen: Indices = members[by_clip[rank < quotas[clip[by_clip]]]]
    return chosen


POLICIES: dict[str, Policy] = {
    "balanced": balanced,
    "paper": paper,
    "reservoir": reservoir,
    "similarity": similarity,
}
"""The policies by name."""
