"""Latents stored in 32, 16, 8, 7, 6, 4, 2 or 1 bits a value, truly packed.

From 8 bits down the codes are unsigned whole numbers on one scale for the whole tensor, as in
QLR-CL (Ravaglia et al. 2021, arXiv 2110.10486, section III): ``value = (code - zero_point) *
scale``. With one bit there are two values only (binary latent replay, Vorabbi et al. 2024, arXiv
2401.09916); see :class:`Quantizer`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = (32, 16, 8, 7, 6, 4, 2, 1)
"""The numbers of bits a value may take."""

FloatArray = NDArray[np.float32]
Packed = NDArray[np.uint8]

_FLOATS: dict[int, np.dtype[Any]] = {32: np.dtype("<f4"), 16: np.dtype("<f2")}
_FLOAT16_LARGEST = float(np.finfo(np.float16).max)
_FLOAT32_LARGEST = float(np.finfo(np.float32).max)
_CALIBRATION_VALUES = 200_000  # enough for a stable scale, few enough for milliseconds
_CLIPPINGS = np.linspace(0.1, 1.0, 37)
_LARGEST_ZERO_POINT = 255
_WIDENING = 0.1


@dataclass(frozen=True)
class Quantizer:
    """Turns latents into packed codes and back.

    Attributes:
        bits: one of :data:`BITS`; 32 and 16 are IEEE floats, little endian.
        scale: one quantisation step, in units of the activation; 1 for floats.
        zero_point: the code that stands for activation 0; 0 for floats. With one bit, 0 means the
            two values 0 and ``scale`` (latents after a ReLU), and 1 the two values ``-scale`` and
            ``scale`` (their sign).

    Raises:
        ValueError: an attribute is out of its range.
    """

    bits: int
    scale: float = 1.0
    zero_point: int = 0

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise ValueError(f"bits is {self.bits}; choose one of {', '.join(map(str, BITS))}")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale is {self.scale}; it must be finite and above 0")
        if self.scale * 2.0**self.bits > _FLOAT32_LARGEST and not self.is_float:
            raise ValueError(f"scale is {self.scale}; {self.bits} bits of it exceed all floats")
        largest = 0 if self.is_float else min(2**self.bits - 1, _LARGEST_ZERO_POINT)
        if not 0 <= self.zero_point <= largest:
            raise ValueError(f"zero_point is {self.zero_point}; it must be 0 to {largest}")

    @property
    def is_float(self) -> bool:
        """Whether values are kept as floating-point numbers."""
        return self.bits in _FLOATS

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the largest value that a code of 2 to 8 bits can stand for."""
        steps = 2**self.bits - 1
        return -self.zero_point * self.scale, (steps - self.zero_point) * self.scale

    def packed_size(self, values: int) -> int:
        """Return the bytes that one pattern of ``values`` values takes."""
        return (values * self.bits + 7) // 8

    def encode(self, latents: NDArray[np.floating]) -> Packed:
        """Return latents [N, ...] as packed codes uint8 [N, bytes].

        Values beyond the calibrated range take its nearest end.

        Raises:
            ValueError: a value is not finite.
        """
        flat = np.asarray(latents, np.float32).reshape(len(latents), math.prod(latents.shape[1:]))
        if not np.isfinite(flat).all():
            raise ValueError("latents hold values that are not finite; leave these frames out")
        if self.bits == 16:
            flat = np.clip(flat, -_FLOAT16_LARGEST, _FLOAT16_LARGEST)
        if self.is_float:
            octets: Packed = np.ascontiguousarray(flat, _FLOATS[self.bits]).view(np.uint8)
            return octets.reshape(len(flat), self.packed_size(flat.shape[1]))
        return pack(self._codes(flat), self.bits)

    def decode(self, packed: Packed, shape: tuple[int, ...]) -> FloatArray:
        """Return packed codes uint8 [N, bytes] as latents float32 [N, *shape].

        Raises:
            ValueError: the number of bytes does not belong to ``shape``, or a float among them is
                not finite.
        """
        values = math.prod(shape)
        packed = np.ascontiguousarray(packed, np.uint8)
        wanted = self.packed_size(values)
        if packed.ndim != 2 or packed.shape[1] != wanted:
            raise ValueError(
                f"packed latents have shape {packed.shape}; {values} values of {self.bits} bits "
                f"take {wanted} bytes a pattern"
            )
        if self.is_float:
            floats: FloatArray = packed.view(_FLOATS[self.bits]).astype(np.float32)
            if not np.isfinite(floats).all():
                raise ValueError("packed latents hold values that are not finite")
            return floats.reshape(len(packed), *shape)
        levels = self._levels()
        return levels[unpack(packed, self.bits, values)].reshape(len(packed), *shape)

    def _codes(self, flat: FloatArray) -> NDArray[np.uint8]:
        if self.bits == 1:
            threshold = 0.0 if self.zero_point else self.scale / 2
            return (flat > threshold).astype(np.uint8)
        steps: FloatArray = np.rint(flat * np.float32(1 / self.scale))
        steps += self.zero_point
        return np.clip(steps, 0, 2**self.bits - 1, out=steps).astype(np.uint8)

    def _levels(self) -> FloatArray:
        """Return the value of each code, float32 [2**bits]."""
        if self.bits == 1 and self.zero_point:
            return np.array([-self.scale, self.scale], np.float32)
        codes = np.arange(2**self.bits) - self.zero_point
        return (codes * self.scale).astype(np.float32)


def calibrate(latents: NDArray[np.floating], bits: int) -> Quantizer:
    """Return the quantiser with the least mean squared error on these latents [N, ...].

    Of ranges between a tenth of the values' range and all of it, each with 0 among its codes, the
    best is taken: rare extremes cost less when clipped than a coarse step costs all others.

    Raises:
        ValueError: there are no values, or some are not finite, or ``bits`` is unknown.
    """
    if bits in _FLOATS:
        return Quantizer(bits)
    values = np.asarray(latents, np.float32).ravel()
    if values.size == 0:
        raise ValueError("no latents to calibrate on; give at least one")
    values = values[:: math.ceil(values.size / _CALIBRATION_VALUES)]
    if not np.isfinite(values).all():
        raise ValueError("latents hold values that are not finite; leave these frames out")
    if bits == 1:
        return _calibrate_binary(values)
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    if low == high:
        return Quantizer(bits)
    candidates = [_with_range(low * part, high * part, bits) for part in _CLIPPINGS]
    return min(candidates, key=lambda quantizer: _squared_error(quantizer, values))


def widened(quantizer: Quantizer, latents: NDArray[np.floating]) -> Quantizer:
    """Return a quantiser that these latents fit in as well, or the same one if they do.

    Only the whole numbers of 2 to 8 bits have a range to speak of. It grows by a tenth or not at
    all, so that what is stored is not rounded anew for nothing.
    """
    if quantizer.is_float or quantizer.bits == 1:
        return quantizer
    low, high = quantizer.bounds
    wanted_low, wanted_high = calibrate(latents, quantizer.bits).bounds
    margin = (high - low) * _WIDENING
    if wanted_low >= low - margin and wanted_high <= high + margin:
        return quantizer
    return _with_range(min(low, wanted_low), max(high, wanted_high), quantizer.bits)


def _with_range(low: float, high: float, bits: int) -> Quantizer:
    steps = 2**bits - 1
    scale = max((high - low) / steps, float(np.finfo(np.float32).tiny))
    return Quantizer(bits, scale, min(max(round(-low / scale), 0), steps))


def _squared_error(quantizer: Quantizer, values: FloatArray) -> float:
    restored = quantizer._levels()[quantizer._codes(values)]
    return float(np.mean(np.square(restored - values, dtype=np.float64)))


def _calibrate_binary(values: FloatArray) -> Quantizer:
    """Take the sign with the mean magnitude, or for latents after a ReLU a threshold and a mean.

    The mean magnitude is the best level for a sign (XNOR-Net, Rastegari et al. 2016, section 3.1).
    """
    if values.min() < 0:
        return Quantizer(1, _at_least_tiny(float(np.abs(values).mean())), 1)
    level = float(values.mean())
    for _ in range(20):  # Lloyd's algorithm with one level held at 0
        above = values[values > level / 2]
        if above.size == 0:
            break
        level = float(above.mean())
    return Quantizer(1, _at_least_tiny(level), 0)


def _at_least_tiny(level: float) -> float:
    return max(level, float(np.finfo(np.float32).tiny))


def pack(codes: NDArray[np.uint8], bits: int) -> Packed:
    """Return codes [N, n], each below ``2**bits``, as uint8 [N, ceil(n * bits / 8)].

    Code k takes bits k * bits and up, the lowest first (little endian).
    """
    if bits == 8:
        return np.ascontiguousarray(codes)
    count, values = codes.shape
    groups = -(-values // 8)
    padded = np.zeros((count, groups * 8), np.uint64)
    padded[:, :values] = codes
    shifts = np.arange(8, dtype=np.uint64) * np.uint64(bits)
    words = np.bitwise_or.reduce(padded.reshape(count, groups, 8) << shifts, axis=2)
    octets = words.astype("<u8").view(np.uint8).reshape(count, groups, 8)[:, :, :bits]
    return np.ascontiguousarray(octets.reshape(count, groups * bits)[:, : (values * bits + 7) // 8])


def unpack(packed: Packed, bits: int, values: int) -> NDArray[np.uint8]:
    """Return the codes uint8 [N, values] that :func:`pack` packed."""
    if bits == 8:
        return packed
    count = len(packed)
    groups = -(-values // 8)
    octets = np.zeros((count, groups * bits), np.uint8)
    octets[:, : packed.shape[1]] = packed
    words = np.zeros((count, groups, 8), np.uint8)
    words[:, :, :bits] = octets.reshape(count, groups, bits)
    shifts = np.arange(8, dtype=np.uint64) * np.uint64(bits)
    codes: Packed = ((words.view("<u8") >> shifts) & np.uint64(2**bits - 1)).astype(np.uint8)
    return codes.reshape(count, groups * 8)[:, :values]
