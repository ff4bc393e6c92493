# mypy: allow-untyped-calls
# (torch gives autograd functions no types)
"""Batch renormalisation (Ioffe 2017, arXiv 1702.03275, algorithm 1)."""

from __future__ import annotations

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Arrays = dict[str, NDArray[Any]]

DEFAULT_R_MAX, DEFAULT_D_MAX, DEFAULT_MOMENTUM = 1.25, 0.5, 0.01


class _BatchRenorm(torch.autograd.Function):
    """Normalise with the minibatch's statistics, corrected by the constants r and d, then ReLU6.

    A channel is taken as a group of its own of one picture, so that torch's group normalisation
    gives statistics and gradients in one pass each, summed in the type of ``scale``.
    """

    @staticmethod
    def forward(  # noqa: PLR0913, PLR0917 - an autograd function takes all its inputs in a row
        ctx: Any,
        x: Tensor,
        scale: Tensor,
        shift: Tensor,
        mean: Tensor,
        std: Tensor,
        r: Tensor,
        d: Tensor,
        relu6: bool,
    ) -> Tensor:
        factor = scale * r / std
        offset = scale * d + shift - mean * factor
        out = _scaled(x, factor, offset)
        if relu6:
            out.clamp_(0, 6)
        ctx.save_for_backward(x, scale * r, mean, std, r, d, out if relu6 else None)
        return out

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, gain, mean, std, r, d, out = ctx.saved_tensors
        grad = grads[0].contiguous()
        if out is not None:
            grad = torch.ops.aten.hardtanh_backward(grad, out, 0, 6)
        # With r and d constant this is plain batch normalisation whose scale is scale * r.
        channels, values = len(x), x[0].numel()
        to_x, to_gain, to_shift = torch.ops.aten.native_group_norm_backward(
            _flat(grad), _flat(x), mean[None], 1 / std[None], gain,
            1, channels, values, channels, [True, True, True],
        )  # fmt: skip
        to_scale = to_gain * r + to_shift * d
        return to_x.view(x.shape), to_scale, to_shift, None, None, None, None, None


def _flat(x: Tensor) -> Tensor:
    """View [C, P, N] as one picture [1, C, P * N]."""
    return x.reshape(1, len(x), -1)


def _scaled(x: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
    """Return ``x * factor + offset`` by channel, computed in the type of ``factor``."""
    zero, one = torch.zeros_like(factor), torch.ones_like(factor)
    # Normalisation by a mean of 0 and a variance of 1: the one affine pass of mixed types.
    out = torch.batch_norm(_flat(x), factor, offset, zero, one, False, 0.0, 0.0, False)
    return out.view(x.shape)


def _statistics(x: Tensor, eps: float, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return mean and deviation (which contains ``eps``) of each channel, summed in ``dtype``."""
    channels, values = len(x), x[0].numel()
    one, zero = torch.ones(channels, dtype=dtype), torch.zeros(channels, dtype=dtype)
    _, mean, inverse = torch.ops.aten.native_group_norm(
        _flat(x), one, zero, 1, channels, values, channels, eps
    )
    return mean[0], 1 / inverse[0]


class BatchRenorm(nn.Module):
    """Batch renormalisation of activations [C, places, pictures], and ReLU6 if wanted.

    While training, the minibatch's mean and deviation normalise, held to the population's by
    r in [1 / r_max, r_max] and d in [-d_max, d_max]; the population's move towards the minibatch's
    by ``momentum`` a step. In evaluation the population's normalise. The deviations contain ``eps``
    (sigma = sqrt(variance + eps)), so that none is ever zero.

    Activations may be bfloat16; statistics, their limits r and d, scale and shift and all their
    gradients are float32 even so, and the normalisation is computed in float32.

    The statistics and the limits are buffers, hence part of the state.
    """

    running_mean: Tensor
    running_std: Tensor
    limits: Tensor

    def __init__(
        self, scale: Tensor, shift: Tensor, mean: Tensor, variance: Tensor, eps: float
    ) -> None:
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(scale.clone())
        self.shift = nn.Parameter(shift.clone())
        self.register_buffer("running_mean", mean.clone())
        self.register_buffer("running_std", (variance + eps).sqrt())
        limits = [DEFAULT_R_MAX, DEFAULT_D_MAX, DEFAULT_MOMENTUM]
        self.register_buffer("limits", torch.tensor(limits, dtype=torch.float64))

    def set_limits(self, r_max: float, d_max: float, momentum: float) -> None:
        """Set how far a minibatch may pull, and how fast the population follows.

        Raises:
            ValueError: r_max < 1, d_max < 0 or momentum outside [0, 1].
        """
        if not (r_max >= 1 and d_max >= 0 and 0 <= momentum <= 1):
            raise ValueError(
                f"r_max is {r_max}, d_max {d_max}, momentum {momentum}; "
                "they must be at least 1, at least 0, and 0 to 1"
            )
        self.limits.copy_(torch.tensor([r_max, d_max, momentum], dtype=torch.float64))

    def forward(self, x: Tensor, relu6: bool) -> Tensor:
        """Normalise x [C, P, N]."""
        if self.training:
            mean, std, r, d = self._minibatch(x.detach())
        else:
            mean, std = self.running_mean, self.running_std
            factor = self.scale / std
            out = _scaled(x, factor, self.shift - mean * factor)
            return out.clamp(0, 6) if relu6 else out
        result: Tensor = _BatchRenorm.apply(x, self.scale, self.shift, mean, std, r, d, relu6)
        return result

    @torch.no_grad()
    def _minibatch(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return mean, deviation, r and d of a minibatch, then move the population's."""
        r_max, d_max, momentum = self.limits.tolist()
        mean, std = _statistics(x, self.eps, self.scale.dtype)
        r = (std / self.running_std).clamp(1 / r_max, r_max)
        d = ((mean - self.running_mean) / self.running_std).clamp(-d_max, d_max)
        self.running_mean.lerp_(mean, momentum)
        self.running_std.lerp_(std, momentum)
        return mean, std, r, d

    def arrays(self) -> Arrays:
        """Return a copy of weights, statistics and limits by name."""
        return {
            "scale": self.scale.detach().numpy().copy(),
            "shift": self.shift.detach().numpy().copy(),
            "running_mean": self.running_mean.numpy().copy(),
            "running_std": self.running_std.numpy().copy(),
            "limits": self.limits.numpy().copy(),
        }
