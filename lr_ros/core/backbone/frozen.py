"""The frozen stage: from pictures to latents, on ONNX Runtime."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .cache import cached, default_cache_dir
from .graph import Folded, build_graph
from .int8 import quantise_stage
from .int8_graph import build_int8_graph
from .preprocess import PREPROCESSING_VERSION, Images, fit, normalise
from .session import Session
from .spec import BackboneSpec
from .weights import Parameters, digest, load_parameters

_GRAPH_VERSION = 1
"""Goes up whenever the same weights would give other latents."""

_AT_ONCE = 32
"""Pictures a run: more of them leave the processor's caches and take longer each."""


def encoder_id(spec: BackboneSpec, parameters: Parameters) -> str:
    """Return a name (32 hex digits) of everything that a latent's meaning depends on."""
    facts = {
        "backbone": spec.name,
        "cut": spec.cut,
        "input": spec.input_shape,
        "precision": spec.precision,
        "weights": digest(parameters, spec.network.below(spec.cut)),
        "preprocessing": PREPROCESSING_VERSION,
        "graph": _GRAPH_VERSION,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


class FrozenStage:
    """The network up to the cut; never trained, so that its latents stay valid.

    A float32 stage is made from the weights in a fraction of a second; an 8-bit one is calibrated
    in some seconds, once, and kept in ``cache_dir`` (by default ``~/.cache/lr_ros``).

    Attributes:
        spec: what it was made from.
        encoder_id: names what a latent means; latents of different ids must not be mixed.
        latent_shape: (channels, height, width).

    Raises:
        ValueError: ``threads`` is less than one.
        WeightsError: the weights cannot be read.
    """

    def __init__(
        self, spec: BackboneSpec, threads: int = 1, cache_dir: str | Path | None = None
    ) -> None:
        parameters = load_parameters(spec)
        self.spec = spec
        self.encoder_id = encoder_id(spec, parameters)
        self.latent_shape = spec.latent_shape
        eps = spec.network.norm_eps
        convs = [conv.name for unit in spec.network.below(spec.cut) for conv in unit.convs]
        folded = {name: parameters[name].folded(eps) for name in convs}
        if spec.precision == "fp32":
            model = _float_model(spec, folded)
        else:
            directory = default_cache_dir() if cache_dir is None else Path(cache_dir)
            name = f"{self.encoder_id}.int8"
            model = cached(directory, name, lambda: _int8_model(spec, folded))
        self._session = Session(model, threads)

    def encode(self, images: Images) -> NDArray[np.float32]:
        """Return the latents, float32 [N, C, h, w], of pictures of any size.

        Raises:
            ValueError: a picture is not uint8 [H, W, 3].
        """
        pictures = fit(images, self.spec.input_shape)
        if len(pictures) == 0:
            return np.empty((0, *self.latent_shape), np.float32)
        starts = range(0, len(pictures), _AT_ONCE)
        parts = [self._run(pictures[start : start + _AT_ONCE]) for start in starts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        integers = self.spec.precision == "int8"
        return self._session.run(pictures if integers else normalise(pictures))


def _float_model(spec: BackboneSpec, folded: Folded) -> bytes:
    net = spec.network
    shape = (3, *spec.input_shape)
    pool = spec.cut == net.pool_name
    model = build_graph(net, net.below(spec.cut), folded, shape, pool)
    content: bytes = model.SerializeToString()
    return content


def _int8_model(spec: BackboneSpec, folded: Folded) -> bytes:
    net = spec.network
    units = net.below(spec.cut)
    stage = quantise_stage(net, units, folded, spec.input_shape)
    pool = spec.cut == net.pool_name
    model = build_int8_graph(net, units, stage, spec.input_shape, pool)
    content: bytes = model.SerializeToString()
    return content
