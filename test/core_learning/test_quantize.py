"""Packing: sizes, order, error bounds, and refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lr_ros.core.quantize import BITS, Quantizer, calibrate, pack, unpack

LOW_BITS = [bits for bits in BITS if bits <= 8]


@given(
    bits=st.sampled_from(LOW_BITS),
    count=st.integers(0, 4),
    values=st.integers(1, 70),
    seed=st.integers(0, 99),
)
def test_packing_is_exact_and_as_small_as_can_be(bits, count, values, seed):
    codes = np.random.default_rng(seed).integers(0, 2**bits, (count, values)).astype(np.uint8)
    packed = pack(codes, bits)
    assert packed.shape == (count, -(-values * bits // 8))
    np.testing.assert_array_equal(unpack(packed, bits, values), codes)


@given(bits=st.sampled_from(LOW_BITS), values=st.integers(1, 40), seed=st.integers(0, 99))
def test_codes_lie_one_after_the_other_lowest_bit_first(bits, values, seed):
    codes = np.random.default_rng(seed).integers(0, 2**bits, values).astype(np.uint8)
    number = sum(int(code) << (bits * place) for place, code in enumerate(codes))
    packed = pack(codes[None], bits)[0]
    assert packed.tobytes() == number.to_bytes(len(packed), "little")


@settings(deadline=None)
@given(
    bits=st.sampled_from(LOW_BITS[:-1]),
    scale=st.floats(1e-3, 1e3),
    offset=st.floats(-1, 1),
    seed=st.integers(0, 99),
)
def test_error_is_at_most_half_a_step_within_the_range(bits, scale, offset, seed):
    rng = np.random.default_rng(seed)
    latents = ((rng.random((5, 3, 2, 2)) - 0.5 + offset) * scale).astype(np.float32)
    quantizer = calibrate(latents, bits)
    restored = quantizer.decode(quantizer.encode(latents), (3, 2, 2))
    low = -quantizer.zero_point * quantizer.scale
    high = (2**bits - 1 - quantizer.zero_point) * quantizer.scale
    inside = (latents >= low) & (latents <= high)
    error = np.abs(restored - latents)
    assert (error[inside] <= quantizer.scale * 0.5001).all()
    beyond = np.maximum(low - latents, latents - high)[~inside]
    assert (error[~inside] <= beyond + 1e-5 * scale).all()


@pytest.mark.parametrize("bits", LOW_BITS)
def test_value_is_code_less_zero_point_times_scale(bits):
    quantizer = Quantizer(bits, 0.5, 0)
    codes = np.arange(2**bits, dtype=np.uint8)[None]
    decoded = quantizer.decode(pack(codes, bits), (2**bits,))
    np.testing.assert_array_equal(decoded[0], codes[0] * 0.5)


def test_zero_stays_zero():
    latents = np.random.default_rng(0).normal(1, 2, (4, 50)).astype(np.float32)
    for bits in LOW_BITS[:-1]:
        quantizer = calibrate(latents, bits)
        zeros = np.zeros((1, 50), np.float32)
        np.testing.assert_array_equal(quantizer.decode(quantizer.encode(zeros), (50,)), zeros)


def test_order_of_values_is_kept():
    latents = np.sort(np.random.default_rng(0).normal(size=500)).astype(np.float32)[None]
    for bits in BITS:
        quantizer = calibrate(latents, bits)
        assert (np.diff(quantizer.decode(quantizer.encode(latents), (500,))) >= 0).all()


def test_more_bits_lose_less():
    latents = np.random.default_rng(0).normal(size=(8, 400)).astype(np.float32)
    errors = []
    for bits in BITS:
        quantizer = calibrate(latents, bits)
        restored = quantizer.decode(quantizer.encode(latents), (400,))
        errors.append(float(np.square(restored - latents).mean()))
    assert errors[0] == 0
    assert errors == sorted(errors)
    assert errors[BITS.index(8)] < 1e-3


def test_one_bit_of_signed_latents_is_their_sign_with_the_mean_magnitude():
    latents = np.array([[-3.0, -1.0, 1.0, 3.0]], np.float32)
    quantizer = calibrate(latents, 1)
    restored = quantizer.decode(quantizer.encode(latents), (4,))
    np.testing.assert_allclose(restored, [[-2, -2, 2, 2]])


def test_one_bit_of_latents_after_a_relu_keeps_the_zeros():
    latents = np.array([[0.0, 0.1, 3.9, 4.1]], np.float32)
    quantizer = calibrate(latents, 1)
    restored = quantizer.decode(quantizer.encode(latents), (4,))
    np.testing.assert_allclose(restored, [[0, 0, 4, 4]], atol=1e-5)


def test_a_few_extremes_do_not_make_the_scale_coarse():
    latents = np.random.default_rng(0).normal(size=(1, 20_000)).astype(np.float32)
    latents[0, 0] = 100
    assert calibrate(latents, 4).scale < 1.5


def test_float16_is_clipped_to_its_range_and_float32_exact():
    latents = np.array([[1e9, -1e9, 0.1]], np.float32)
    np.testing.assert_array_equal(
        Quantizer(32).decode(Quantizer(32).encode(latents), (3,)), latents
    )
    half = Quantizer(16).decode(Quantizer(16).encode(latents), (3,))
    np.testing.assert_allclose(half, [[65504, -65504, 0.1]], rtol=1e-3)


def test_constant_latents_can_be_calibrated():
    for bits in BITS:
        zeros = np.zeros((2, 9), np.float32)
        quantizer = calibrate(zeros, bits)
        restored = quantizer.decode(quantizer.encode(zeros), (9,))
        np.testing.assert_allclose(restored, zeros, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused(value):
    latents = np.full((1, 8), value, np.float32)
    with pytest.raises(ValueError, match="not finite"):
        Quantizer(8).encode(latents)
    with pytest.raises(ValueError, match="not finite"):
        calibrate(latents, 8)
    packed = latents.view(np.uint8).reshape(1, -1)
    with pytest.raises(ValueError, match="not finite"):
        Quantizer(32).decode(packed, (8,))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((5,), "bits is 5"),
        ((8, 0.0), "scale is 0.0"),
        ((8, float("nan")), "scale is nan"),
        ((8, 3e38), r"scale is 3e\+38"),
        ((4, 1.0, 16), "zero_point is 16"),
        ((16, 1.0, 1), "zero_point is 1"),
    ],
)
def test_impossible_quantizers_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Quantizer(*arguments)


def test_wrong_number_of_bytes_is_refused():
    with pytest.raises(ValueError, match="take 6 bytes"):
        Quantizer(6).decode(np.zeros((1, 7), np.uint8), (8,))
