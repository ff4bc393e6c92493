"""Which network, cut where, at which input size and precision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .architecture import Network, network

Precision = Literal["fp32", "int8"]
_PRECISIONS = ("fp32", "int8")
_SMALLEST_INPUT, _LARGEST_INPUT = 32, 1024


def available_cuts(name: str) -> tuple[str, ...]:
    """Return the names of the cuts of a backbone, from its input to its pooled feature.

    Raises:
        ValueError: no backbone has that name.
    """
    return network(name).cuts


@dataclass(frozen=True)
class BackboneSpec:
    """A backbone and where it is cut into a frozen and a trainable stage.

    Attributes:
        name: ``efficientnet_lite0`` (or 1, 2) or ``mobilenet_v1``.
        cut: the last layer of the frozen stage, one of :func:`available_cuts`.
        input_size: side in pixels of the square picture the network sees, or (height, width).
        precision: of the frozen stage: ``fp32`` or ``int8``.
        weights: path of a weights file (.safetensors, or a state dict as .pth); None takes the
            pretrained ones of the installed package, and random ones for ``mobilenet_v1``.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    name: str = "efficientnet_lite0"
    cut: str = "block10"
    input_size: int | tuple[int, int] = 128
    precision: Precision = "fp32"
    weights: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.input_size, list):  # as JSON gives it back
            object.__setattr__(self, "input_size", tuple(self.input_size))
        cuts = available_cuts(self.name)
        if self.cut not in cuts:
            raise ValueError(
                f"{self.name} has no cut {self.cut!r}; choose one of {', '.join(cuts)}"
            )
        if self.precision not in _PRECISIONS:
            raise ValueError(f"precision is {self.precision!r}; choose fp32 or int8")
        for side in self.input_shape:
            if isinstance(side, bool) or not isinstance(side, int):
                raise ValueError(f"input_size is {self.input_size!r}; give whole pixels")
            if not _SMALLEST_INPUT <= side <= _LARGEST_INPUT:
                raise ValueError(
                    f"input_size is {self.input_size!r}; "
                    f"each side must be {_SMALLEST_INPUT} to {_LARGEST_INPUT} pixels"
                )

    @property
    def input_shape(self) -> tuple[int, int]:
        """Height and width in pixels of the picture the network sees."""
        size = self.input_size
        if isinstance(size, tuple):
            if len(size) != 2:
                raise ValueError(f"input_size is {size!r}; give one side or (height, width)")
            return (size[0], size[1])
        return (size, size)

    @property
    def network(self) -> Network:
        """The description of the whole network."""
        return network(self.name)

    @property
    def latent_shape(self) -> tuple[int, int, int]:
        """Shape (channels, height, width) of one latent."""
        return self.network.latent_shape(self.cut, self.input_shape)

    @property
    def feature_size(self) -> int:
        """Number of values of the pooled feature at the end of the trainable stage."""
        return self.network.feature_size
