"""The frozen stage: from pictures to latents, on ONNX Runtime."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from numpy.typing import NDArray

from .graph import build_graph
from .preprocess import PREPROCESSING_VERSION, Images, preprocess
from .session import Session
from .spec import BackboneSpec
from .weights import Parameters, digest, load_parameters

_GRAPH_VERSION = 1


def encoder_id(spec: BackboneSpec, parameters: Parameters) -> str:
    """Return a name (hex) of everything that a latent's meaning depends on."""
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

    ``encoder_id`` names what a latent means: latents of different ids must not be mixed.
    ``latent_shape`` is (channels, height, width).
    """

    def __init__(self, spec: BackboneSpec, threads: int = 1) -> None:
        parameters = load_parameters(spec)
        net = spec.network
        units = net.below(spec.cut)
        folded = {c.name: parameters[c.name].folded(net.norm_eps) for u in units for c in u.convs}
        model = build_graph(
            net, units, folded, (3, *spec.input_shape), pool=spec.cut == net.pool_name
        )
        self.spec = spec
        self.encoder_id = encoder_id(spec, parameters)
        self.latent_shape = spec.latent_shape
        self._session = Session(model.SerializeToString(), threads)

    def encode(self, images: Images) -> NDArray[np.float32]:
        """Return the latents, float32 [N, C, h, w], of pictures of any size.

        Raises:
            ValueError: a picture is not uint8 [H, W, 3].
        """
        if len(images) == 0:
            return np.empty((0, *self.latent_shape), np.float32)
        return self._session.run(preprocess(images, self.spec.input_shape))
