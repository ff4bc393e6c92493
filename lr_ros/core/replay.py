"""The replay memory: packed latents with their classes and clips, filled until full."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .quantize import BITS, FloatArray, Quantizer, calibrate, widened
from .replay_policy import POLICIES, Candidates
from .state import State

_MOST_PATTERNS = 10_000_000


@dataclass(frozen=True)
class Sample:
    """Patterns drawn from the memory: latents float32 [n, *shape] and classes int64 [n]."""

    latents: FloatArray
    labels: NDArray[np.int64]


def patterns_in(megabytes: float, shape: tuple[int, ...], bits: int) -> int:
    """Return how many patterns of ``shape`` fit into ``megabytes`` (10^6 bytes), at least one."""
    return max(1, int(megabytes * 1e6 // Quantizer(bits).packed_size(math.prod(shape))))


class ReplayMemory:
    """A bounded store of latents to learn from again.

    Classes are numbers, 0 and up; clips are any text. With ``quantizer`` None one is calibrated on
    the first patterns added, and widened when later ones need it. Memory is taken up as patterns
    come, never filled with zeros that could be drawn. Seeded: equal calls give equal contents.

    Args:
        capacity: most patterns it may hold.
        shape: shape of one latent.
        bits: bits a value.
        policy: what to keep when full: ``balanced``, ``paper``, ``reservoir`` or ``similarity``.
        seed: of the policy's chance.
        quantizer: fixed scale, for latents whose range is known.

    Raises:
        ValueError: an argument is out of its range.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the choices that make up a memory
        self,
        capacity: int,
        shape: tuple[int, ...],
        bits: int = 8,
        policy: str = "balanced",
        seed: int = 0,
        quantizer: Quantizer | None = None,
    ) -> None:
        if not 1 <= capacity <= _MOST_PATTERNS:
            raise ValueError(f"replay capacity is {capacity}; it must be 1 to {_MOST_PATTERNS}")
        if policy not in POLICIES:
            raise ValueError(f"replay policy is {policy!r}; choose one of {', '.join(POLICIES)}")
        if bits not in BITS or (quantizer is not None and quantizer.bits != bits):
            raise ValueError(f"bits is {bits}; choose one of {BITS}, as the quantizer has")
        self.capacity, self.shape, self.bits, self.policy = capacity, tuple(shape), bits, policy
        self.quantizer = quantizer
        self._fixed = quantizer is not None
        self._rng = np.random.default_rng(seed)
        self._codes = np.empty((0, Quantizer(bits).packed_size(math.prod(shape))), np.uint8)
        self._labels = np.empty(0, np.int64)
        self._clips = np.empty(0, np.int64)
        self._clip_ids: list[str] = []
        self._batches = 0
        self._seen = 0

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def nbytes(self) -> int:
        """Bytes that the stored patterns take."""
        return int(self._codes.nbytes)

    @property
    def labels(self) -> NDArray[np.int64]:
        """A copy of the class of each stored pattern, int64 [n]."""
        return self._labels.copy()

    @property
    def clip_numbers(self) -> NDArray[np.int64]:
        """A copy of a number for the clip of each stored pattern, int64 [n]."""
        return self._clips.copy()

    def counts(self) -> dict[int, int]:
        """Return how many patterns are stored of each class that has any."""
        labels, counts = np.unique(self._labels, return_counts=True)
        return dict(zip(labels.tolist(), counts.tolist(), strict=True))

    def clips(self, label: int) -> dict[str, int]:
        """Return how many patterns are stored of each clip of a class."""
        numbers, counts = np.unique(self._clips[self._labels == label], return_counts=True)
        return {self._clip_ids[n]: int(c) for n, c in zip(numbers, counts, strict=True)}

    def add(
        self,
        latents: NDArray[np.floating],
        label: int | NDArray[np.int64],
        clip_id: str | Sequence[str],
    ) -> None:
        """Offer latents [N, *shape] of one learning batch; the policy decides what is kept.

        ``label`` and ``clip_id`` are one for all latents or one each.

        Raises:
            ValueError: shapes or lengths do not fit, a label is negative, or a value is not finite;
                nothing is changed then.
        """
        count = len(latents)
        labels = np.broadcast_to(np.asarray(label, np.int64), (count,))
        clip_ids = [clip_id] * count if isinstance(clip_id, str) else list(clip_id)
        if latents.shape[1:] != self.shape:
            raise ValueError(f"latents have shape {latents.shape[1:]}, not {self.shape}")
        if len(clip_ids) != count:
            raise ValueError(f"{count} latents came with {len(clip_ids)} clip ids")
        if count == 0:
            return
        if labels.min() < 0:
            raise ValueError(f"label {labels.min()} is negative")
        quantizer = self._quantizer_for(latents)
        codes = quantizer.encode(latents)
        if self.quantizer is not None and quantizer != self.quantizer:
            self._codes = quantizer.encode(self.quantizer.decode(self._codes, self.shape))
        self.quantizer = quantizer
        self._offer(codes, labels, self._numbers(clip_ids))

    def _quantizer_for(self, latents: NDArray[np.floating]) -> Quantizer:
        if self.quantizer is None:
            return calibrate(latents, self.bits)
        return self.quantizer if self._fixed else widened(self.quantizer, latents)

    def _offer(
        self, codes: NDArray[np.uint8], labels: NDArray[np.int64], clips: NDArray[np.int64]
    ) -> None:
        self._batches += 1
        all_labels = np.concatenate([self._labels, labels])
        all_clips = np.concatenate([self._clips, clips])
        candidates = Candidates(
            len(self), self.capacity, all_labels, all_clips, self._batches, self._seen,
            self._vectors(codes),
        )  # fmt: skip
        keep = POLICIES[self.policy](candidates, self._rng)
        old, new = keep[keep < len(self)], keep[keep >= len(self)] - len(self)
        kept = np.empty((len(keep), codes.shape[1]), np.uint8)
        # It may be large, so it is written to once; "clip" because "raise" goes through a copy.
        np.take(self._codes, old, axis=0, out=kept[: len(old)], mode="clip")
        np.take(codes, new, axis=0, out=kept[len(old) :], mode="clip")
        self._codes = kept
        self._labels, self._clips = all_labels[keep], all_clips[keep]
        self._seen += len(labels)

    def _vectors(self, new: NDArray[np.uint8]) -> FloatArray:
        """Return what the similarity policy compares: each latent averaged over its places."""
        if self.policy != "similarity" or self.quantizer is None:
            return np.empty((0, 0), np.float32)
        latents = self.quantizer.decode(np.concatenate([self._codes, new]), self.shape)
        vectors: FloatArray = latents.reshape(len(latents), self.shape[0], -1).mean(axis=2)
        return vectors

    def _numbers(self, clip_ids: Sequence[str]) -> NDArray[np.int64]:
        known = {clip: number for number, clip in enumerate(self._clip_ids)}
        for clip in clip_ids:
            known.setdefault(clip, len(known))
        self._clip_ids = list(known)
        return np.array([known[clip] for clip in clip_ids], np.int64)

    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw ``n`` patterns without replacement, or all where there are fewer."""
        return self.take(rng.choice(len(self), min(n, len(self)), replace=False))

    def take(self, places: NDArray[np.int64]) -> Sample:
        """Return the stored patterns at ``places`` (0 to len - 1), in that order."""
        if self.quantizer is None:
            return Sample(np.empty((0, *self.shape), np.float32), np.empty(0, np.int64))
        return Sample(self.quantizer.decode(self._codes[places], self.shape), self._labels[places])

    def forget(self, label: int) -> None:
        """Remove all patterns of a class; classes above it move down by one."""
        self._keep(self._labels != label)
        self._labels = self._labels - (self._labels > label)

    def rename(self, old: int, new: int) -> None:
        """Make the patterns of class ``old`` patterns of class ``new``; the numbers stay as is."""
        self._labels = np.where(self._labels == old, new, self._labels)

    def fitted_to(self, other: ReplayMemory) -> ReplayMemory:
        """Return a memory with these patterns and the capacity, bits and policy of ``other``.

        Patterns that are too many go by chance, from the largest classes first. With other bits all
        are encoded anew; more bits bring nothing back that fewer have lost.
        """
        twin = self.copy()
        twin.capacity, twin.policy = other.capacity, other.policy
        if len(twin) > twin.capacity:
            none = np.empty((0, 0), np.float32)
            stored = (len(self), twin.capacity, self._labels, self._clips)
            candidates = Candidates(*stored, self._batches, self._seen, none)
            twin._keep(POLICIES["balanced"](candidates, twin._rng))
        if twin.bits != other.bits:
            latents = twin.take(np.arange(len(twin))).latents
            twin.bits, twin._fixed = other.bits, other._fixed
            twin.quantizer = other.quantizer
            if twin.quantizer is None and len(latents):
                twin.quantizer = calibrate(latents, twin.bits)
            twin._codes = (twin.quantizer or Quantizer(twin.bits)).encode(latents)
        return twin

    def _keep(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> None:
        """Keep the patterns of a mask, or of places; clips without any are forgotten."""
        self._codes, self._labels = self._codes[chosen], self._labels[chosen]
        used, self._clips = np.unique(self._clips[chosen], return_inverse=True)
        self._clip_ids = [self._clip_ids[number] for number in used]

    def copy(self) -> ReplayMemory:
        """Return an independent memory with the same contents and the same chance ahead.

        The arrays are shared until one of the two changes: they are replaced, never written to.
        """
        twin = object.__new__(ReplayMemory)
        twin.__dict__.update(self.__dict__)
        twin._clip_ids = list(self._clip_ids)
        twin._rng = np.random.default_rng()
        twin._rng.bit_generator.state = self._rng.bit_generator.state
        return twin

    def state(self) -> State:
        """Return everything needed to go on exactly here."""
        quantizer = self.quantizer
        return State(
            {"codes": self._codes, "labels": self._labels, "clips": self._clips},
            {
                "capacity": self.capacity,
                "shape": list(self.shape),
                "bits": self.bits,
                "policy": self.policy,
                "quantizer": None
                if quantizer is None
                else {"scale": quantizer.scale, "zero_point": quantizer.zero_point},
                "fixed": self._fixed,
                "clip_ids": self._clip_ids,
                "batches": self._batches,
                "seen": self._seen,
                "rng": self._rng.bit_generator.state,
            },
        )

    @classmethod
    def restored(cls, state: State) -> ReplayMemory:
        """Return the memory that :meth:`state` described.

        Raises:
            ValueError: the parts do not fit together; the message names the first that does not.
        """
        meta, arrays = state.meta, state.arrays
        bits, scale = meta["bits"], meta["quantizer"]
        quantizer = None if scale is None else Quantizer(bits, **scale)
        shape = tuple(meta["shape"])
        memory = cls(meta["capacity"], shape, bits, meta["policy"], quantizer=quantizer)
        codes, labels, clips = arrays["codes"], arrays["labels"], arrays["clips"]
        count = len(labels)
        if codes.dtype != np.uint8 or codes.shape != (count, memory._codes.shape[1]):
            raise ValueError(f"replay codes are {codes.dtype} {codes.shape}; {count} were expected")
        if count > memory.capacity or clips.shape != (count,):
            raise ValueError(f"replay memory holds {count} patterns and {len(clips)} clip numbers")
        if count and (quantizer is None or labels.min() < 0):
            raise ValueError("replay memory has patterns without a quantizer, or negative labels")
        if count and not 0 <= clips.min() <= clips.max() < len(meta["clip_ids"]):
            raise ValueError("replay memory has patterns of clips that have no id")
        memory._codes, memory._clip_ids = codes, list(meta["clip_ids"])
        memory._labels, memory._clips = labels.astype(np.int64), clips.astype(np.int64)
        memory._fixed = bool(meta["fixed"])
        memory._batches, memory._seen = meta["batches"], meta["seen"]
        memory._rng.bit_generator.state = meta["rng"]
        return memory
