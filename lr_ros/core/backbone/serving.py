"""The trainable stage at inference speed, built anew from the weights of each new model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .graph import build_graph
from .layers import folded_arrays
from .session import Session
from .spec import BackboneSpec
from .trainable import TrainableStage


class ServingStage:
    """The units above the cut and the pool, on ONNX Runtime.

    ``arrays`` are those of :meth:`TrainableStage.arrays`.

    Raises:
        ValueError: an array is missing or has another shape.
    """

    def __init__(self, spec: BackboneSpec, arrays: Mapping[str, NDArray[Any]], threads: int = 1):
        net = spec.network
        units = net.above(spec.cut)
        folded = {c.name: folded_arrays(c, arrays) for unit in units for c in unit.convs}
        self.spec = spec
        self._session = None
        if spec.cut != net.pool_name:
            model = build_graph(net, units, folded, spec.latent_shape, pool=True)
            self._session = Session(model.SerializeToString(), threads)

    def features(self, latents: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the pooled features, float32 [N, feature_size], of latents [N, C, h, w]."""
        count = len(latents)
        if latents.shape[1:] != self.spec.latent_shape:
            raise ValueError(
                f"latents have shape {latents.shape[1:]}, not {self.spec.latent_shape}"
            )
        if self._session is None or count == 0:
            return np.asarray(latents, np.float32).reshape(count, self.spec.feature_size)
        return self._session.run(np.ascontiguousarray(latents, np.float32)).reshape(count, -1)


def pretrained_arrays(spec: BackboneSpec) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of the untouched pretrained network above the cut."""
    return TrainableStage(spec).arrays()
