"""Batch renormalisation against algorithm 1 of the paper, written out in float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lr_ros.core.backbone.renorm import BatchRenorm

EPS = 1e-3


class PaperRenorm:
    """Ioffe 2017, algorithm 1, on [C, L]; gradients by the formulas below it (section 3)."""

    def __init__(self, scale, shift, mean, variance):
        self.scale, self.shift = scale, shift
        self.mu, self.sigma = mean.copy(), np.sqrt(variance + EPS)

    def step(self, x, grad, r_max, d_max, momentum):
        m = x.shape[1]
        mu_b = x.mean(1)
        sigma_b = np.sqrt(EPS + ((x - mu_b[:, None]) ** 2).mean(1))
        r = np.clip(sigma_b / self.sigma, 1 / r_max, r_max)
        d = np.clip((mu_b - self.mu) / self.sigma, -d_max, d_max)
        x_hat = (x - mu_b[:, None]) / sigma_b[:, None] * r[:, None] + d[:, None]
        y = self.scale[:, None] * x_hat + self.shift[:, None]
        to_hat = grad * self.scale[:, None]
        centred = x - mu_b[:, None]
        to_sigma = (to_hat * centred).sum(1) * -r / sigma_b**2
        to_mu = to_hat.sum(1) * -r / sigma_b
        to_x = (
            to_hat * (r / sigma_b)[:, None]
            + to_sigma[:, None] * centred / (m * sigma_b)[:, None]
            + to_mu[:, None] / m
        )
        self.mu = self.mu + momentum * (mu_b - self.mu)
        self.sigma = self.sigma + momentum * (sigma_b - self.sigma)
        return y, to_x, (grad * x_hat).sum(1), grad.sum(1)


@pytest.mark.parametrize(("r_max", "d_max"), [(1.0, 0.0), (1.25, 0.5), (3.0, 5.0)])
def test_three_steps_equal_the_paper(r_max, d_max):
    rng = np.random.default_rng(0)
    scale, shift, mean = (rng.standard_normal(6) for _ in range(3))
    variance = rng.uniform(0.2, 4, 6)
    paper = PaperRenorm(scale, shift, mean, variance)
    norm = BatchRenorm(*(torch.tensor(a) for a in (scale, shift, mean, variance)), EPS)
    norm.set_limits(r_max, d_max, 0.1)
    for _ in range(3):
        x = 2 * rng.standard_normal((6, 5, 4)) + rng.standard_normal((6, 1, 1))
        grad = rng.standard_normal(x.shape)
        expected = paper.step(x.reshape(6, -1), grad.reshape(6, -1), r_max, d_max, 0.1)
        inputs = torch.tensor(x, requires_grad=True)
        out = norm(inputs, relu6=False)
        got = torch.autograd.grad(out, (inputs, norm.scale, norm.shift), torch.tensor(grad))
        for mine, theirs in zip((out.detach(), *got), expected, strict=True):
            np.testing.assert_allclose(mine.numpy().reshape(theirs.shape), theirs, atol=1e-9)
        np.testing.assert_allclose(norm.running_mean.numpy(), paper.mu, atol=1e-12)
        np.testing.assert_allclose(norm.running_std.numpy(), paper.sigma, atol=1e-12)


def test_bfloat16_activations_leave_statistics_and_gradients_in_float32():
    """Only what is handed on is rounded: to 8 binary digits, so by 1/256 at most.

    The means are up to 20 deviations away from zero, where sums in bfloat16 would be useless.
    """
    rng = np.random.default_rng(0)
    scale, shift = rng.standard_normal(6), rng.standard_normal(6)
    mean, variance = 10 * rng.standard_normal(6), rng.uniform(0.2, 4, 6)
    paper = PaperRenorm(scale, shift, mean, variance)
    norm = BatchRenorm(*(torch.tensor(a).float() for a in (scale, shift, mean, variance)), EPS)
    norm.set_limits(1.25, 0.5, 0.1)
    x = torch.tensor(rng.standard_normal((6, 64, 16)) + mean[:, None, None]).bfloat16()
    grad = torch.tensor(rng.standard_normal(x.shape)).bfloat16()
    flat = (t.double().numpy().reshape(6, -1) for t in (x, grad))
    y, to_x, to_scale, to_shift = paper.step(*flat, 1.25, 0.5, 0.1)
    out = norm(x.requires_grad_(), relu6=False)
    got = torch.autograd.grad(out, (x, norm.scale, norm.shift), grad)
    assert [t.dtype for t in (out, *got)] == 2 * [torch.bfloat16] + 2 * [torch.float32]
    for mine, theirs in ((out.detach(), y), (got[0], to_x)):
        values = mine.double().numpy().reshape(theirs.shape)
        np.testing.assert_allclose(values, theirs, rtol=1 / 256, atol=1e-4)
    for mine, theirs in ((got[1], to_scale), (got[2], to_shift)):
        np.testing.assert_allclose(mine.numpy(), theirs, rtol=1e-4, atol=2e-3)
    np.testing.assert_allclose(norm.running_mean.numpy(), paper.mu, rtol=1e-5)
    np.testing.assert_allclose(norm.running_std.numpy(), paper.sigma, rtol=1e-4)


def test_relu6_cuts_values_and_gradients():
    torch.manual_seed(0)
    one, zero = torch.ones(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    norm = BatchRenorm(4 * one, zero + 1, zero, one, EPS)
    x = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    norm.limits[2] = 0  # the population stands still, so both calls normalise alike
    cut, plain = norm(x, relu6=True), norm(x, relu6=False).clamp(0, 6)
    torch.testing.assert_close(cut, plain)
    pull = torch.randn_like(cut)
    torch.testing.assert_close(
        torch.autograd.grad(cut, (x, norm.scale, norm.shift), pull),
        torch.autograd.grad(plain, (x, norm.scale, norm.shift), pull),
    )


def test_evaluation_uses_the_population_and_leaves_it_alone():
    scale, shift, mean, variance = (torch.tensor([v]) for v in (2.0, 1.0, 0.5, 0.0))
    norm = BatchRenorm(scale, shift, mean, variance, EPS).eval()
    x = torch.full((1, 2, 2), 0.5 + EPS**0.5)
    torch.testing.assert_close(norm(x, relu6=False), torch.full_like(x, 3.0))
    assert norm.running_mean.item() == 0.5


def test_limits_and_statistics_are_in_the_state():
    one = torch.ones(2)
    norm, other = (BatchRenorm(one, one, one, one, EPS) for _ in range(2))
    norm.set_limits(3, 5, 0.2)
    norm(torch.randn(2, 3, 4), relu6=True)
    other.load_state_dict(norm.state_dict())
    assert other.limits.tolist() == [3, 5, 0.2]
    torch.testing.assert_close(other.running_std, norm.running_std)


@pytest.mark.parametrize("limits", [(0.9, 0, 0.1), (1, -1, 0.1), (1, 0, 1.5), (float("nan"), 0, 0)])
def test_limits_out_of_range_are_refused(limits):
    one = torch.ones(1)
    with pytest.raises(ValueError, match="r_max"):
        BatchRenorm(one, one, one, one, EPS).set_limits(*limits)
