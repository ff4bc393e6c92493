"""The layers above the cut and a linear head, trained by stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from numpy.typing import NDArray
from torch import nn

from .backbone import BackboneSpec, TrainableStage
from .backbone.trainable import fastest_compute
from .state import Arrays, with_prefix
from .training_inside import InsideReplay
from .training_views import part_of, random_parts

FloatArray = NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        learning_rate: of the layers between cut and head.
        head_rate: learning rate of the head.
        momentum: of SGD; starts from zero in each session.
        weight_decay: of all weights.
        clip: largest norm of the gradient; a longer one is shortened to it.
        minibatch: patterns a step.
        new_share: part of them taken from the session itself, the others are replayed.
        average: decay a step of the running average of all weights, which is what serves; 0: none.
        part: side of the part of a latent that is looked at, as a share of the whole side.
        flip: whether half of the patterns are mirrored left to right.
        lower_every: the lower half of the layers is trained in every n-th step only, because lower
            layers forget less. The other steps replay what came out of that half in the session's
            steps before, and pass through the upper half alone (progressive latent replay, Pawlak
            et al. 2022, arXiv 2207.01562); 1 trains all layers in all steps.
        compute: type of the activations: ``float32`` is the same on all machines, ``bfloat16`` is
            twice as fast where the processor can, ``fastest`` takes that where it can.
    """

    learning_rate: float = 0.003
    head_rate: float = 0.015
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip: float = 5.0
    minibatch: int = 96
    new_share: float = 1 / 6
    average: float = 0.99
    part: float = 0.75
    flip: bool = True
    lower_every: int = 1
    compute: Literal["float32", "bfloat16", "fastest"] = "fastest"


class TrainedNetwork:
    """A trainable stage, a linear head with one row a class, and a running average of both.

    The average (Polyak and Juditsky 1992; Izmailov et al. 2018, arXiv 1803.05407) is what answers:
    the weights themselves lean towards whatever was learned last, so that their accuracy swings.
    """

    def __init__(self, spec: BackboneSpec, recipe: Recipe, seed: int = 0) -> None:
        self.recipe = recipe
        self.spec = part_of(spec, recipe.part)
        compute = fastest_compute() if recipe.compute == "fastest" else recipe.compute
        self.stage = TrainableStage(self.spec, seed, compute=compute)
        self.weight = nn.Parameter(torch.zeros(0, spec.feature_size))
        self.bias = nn.Parameter(torch.zeros(0))
        self.steps = 0
        self._average = [p.detach().clone() for p in self._parameters()]
        self._optimizer: torch.optim.SGD | None = None
        self._inside = InsideReplay()

    @property
    def classes(self) -> int:
        """Number of rows of the head."""
        return len(self.bias)

    def add_class(self) -> None:
        """Add a row to the head that makes the new class neither likely nor unlikely."""
        rows = [*range(self.classes), None]
        self._set_rows(rows)

    def remove(self, label: int) -> None:
        """Take a class's row out of the head and of its average."""
        self._set_rows([row for row in range(self.classes) if row != label])

    def _set_rows(self, rows: list[int | None]) -> None:
        old = (self.weight.detach(), self.bias.detach(), *self._average[-2:])
        weight, bias, mean_weight, mean_bias = (_rows_of(tensor, rows) for tensor in old)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)
        self._average[-2:] = [mean_weight, mean_bias]
        self._optimizer = None

    def begin(self) -> None:
        """Start a session: momentum from zero."""
        self._optimizer = self._new_optimizer()
        self._inside = InsideReplay()

    def _new_optimizer(self) -> torch.optim.SGD:
        recipe = self.recipe
        return torch.optim.SGD(
            [
                {"params": list(self.stage.parameters()), "lr": recipe.learning_rate},
                {"params": [self.weight, self.bias], "lr": recipe.head_rate},
            ],
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            weight_decay=recipe.weight_decay,
        )

    def step(
        self, latents: FloatArray, labels: NDArray[np.int64], rng: np.random.Generator
    ) -> float:
        """Descend once on latents [N, C, h, w] and labels [N]; return the cross entropy before.

        Random parts of the latents are taken, half of them mirrored, as the recipe says.

        Raises:
            FloatingPointError: the loss is not finite; nothing is changed then.
        """
        parts = random_parts(latents, self.spec.latent_shape[1:], self.recipe.flip, rng)
        inside = self.stage.inside(torch.from_numpy(parts), self._lower)
        truth = torch.from_numpy(labels)
        if self.recipe.lower_every > 1:
            self._inside.keep(inside, truth)
        return self._descend(inside, truth)

    @property
    def steps_inside(self) -> bool:
        """Whether the next step is one of the upper layers alone, by :meth:`step_inside`."""
        return not self._inside.empty and self._inside.steps % self.recipe.lower_every != 0

    def step_inside(self, rng: np.random.Generator) -> float:
        """Descend once with the upper layers, on what the lower ones gave in the steps before.

        Returns the cross entropy before; raises FloatingPointError as :meth:`step` does.
        """
        return self._descend(*self._inside.sample(self.recipe.minibatch, rng))

    @property
    def _lower(self) -> int:
        """Units in the lower half of the layers."""
        return len(self.stage.depth_groups()) // 2

    def _descend(self, inside: torch.Tensor, labels: torch.Tensor) -> float:
        if self._optimizer is None:
            self._optimizer = self._new_optimizer()
        logits = F.linear(self.stage.features_from(inside, self._lower), self.weight, self.bias)
        loss = F.cross_entropy(logits, labels)
        value = float(loss.detach())
        if not np.isfinite(value):
            raise FloatingPointError("training diverged: the loss is not finite")
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self._parameters(), self.recipe.clip)
        self._optimizer.step()
        self._inside.steps += 1
        self._follow()
        return value

    def _follow(self) -> None:
        """Move the average towards the weights, faster in the first steps."""
        self.steps += 1
        decay = min(self.recipe.average, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            torch._foreach_lerp_(self._average, self._parameters(), 1 - decay)

    def _parameters(self) -> list[torch.Tensor]:
        return [*self.stage.parameters(), self.weight, self.bias]

    def serving(self) -> tuple[Arrays, FloatArray, FloatArray]:
        """Return the averaged network: arrays of the stage, weight and bias of the head."""
        twin = self.stage.clone()
        _copy(self._average[:-2], twin.parameters())
        return (
            dict(twin.arrays()),
            self._average[-2].numpy().copy(),
            self._average[-1].numpy().copy(),
        )

    def fork(self) -> TrainedNetwork:
        """Return an independent copy."""
        twin = object.__new__(TrainedNetwork)
        twin.recipe, twin.spec, twin.steps = self.recipe, self.spec, self.steps
        twin.stage = self.stage.clone()
        twin.weight = nn.Parameter(self.weight.detach().clone())
        twin.bias = nn.Parameter(self.bias.detach().clone())
        twin._average = [tensor.clone() for tensor in self._average]
        twin._optimizer, twin._inside = None, InsideReplay()
        return twin

    def arrays(self) -> Arrays:
        """Return the whole state between two sessions."""
        stage, weight, bias = self.serving()
        return {
            **with_prefix("stage", dict(self.stage.arrays())),
            **with_prefix("average", stage),
            "weight": self.weight.detach().numpy().copy(),
            "bias": self.bias.detach().numpy().copy(),
            "average_weight": weight,
            "average_bias": bias,
            "steps": np.array([self.steps]),
        }

    def load(self, arrays: Arrays) -> None:
        """Take over a state that :meth:`arrays` gave; KeyError or ValueError if it does not fit."""
        weight, bias = arrays["weight"], arrays["bias"]
        wanted = (len(bias), self.weight.shape[1])
        for name in ("weight", "average_weight"):
            if arrays[name].shape != wanted:
                raise ValueError(f"head {name} has shape {arrays[name].shape}, not {wanted}")
        self.stage.load_arrays(_part(arrays, "stage"))
        twin = self.stage.clone()
        twin.load_arrays(_part(arrays, "average"))
        self.weight, self.bias = nn.Parameter(_tensor(weight)), nn.Parameter(_tensor(bias))
        self._average = [p.detach().clone() for p in twin.parameters()]
        self._average += [_tensor(arrays["average_weight"]), _tensor(arrays["average_bias"])]
        self.steps = int(arrays["steps"][0])
        self._optimizer, self._inside = None, InsideReplay()


def _rows_of(tensor: torch.Tensor, rows: list[int | None]) -> torch.Tensor:
    empty = torch.zeros_like(tensor[:1]) if len(tensor) else torch.zeros(1, *tensor.shape[1:])
    parts = [empty if row is None else tensor[row : row + 1] for row in rows]
    return torch.cat(parts) if parts else torch.zeros(0, *tensor.shape[1:])


def _copy(source: Iterable[torch.Tensor], target: Iterable[torch.Tensor]) -> None:
    with torch.no_grad():
        for value, parameter in zip(source, target, strict=True):
            parameter.copy_(value)


def _part(arrays: Arrays, prefix: str) -> Arrays:
    start = prefix + "."
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}


def _tensor(array: NDArray[Any]) -> torch.Tensor:
    return torch.from_numpy(np.array(array, np.float32))
