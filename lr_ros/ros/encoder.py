"""The encoder as the parameters name it; the same rows serve the recognizer and the learner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lr_ros.core.backbone import BackboneSpec


def backbone_spec(parameters: Mapping[str, Any]) -> BackboneSpec:
    """Return the backbone of the parameters ``encoder.*``.

    Raises:
        ValueError: A value is out of its range; the message names it.
    """
    return BackboneSpec(
        name=parameters["encoder.backbone"],
        cut=parameters["encoder.cut"],
        input_size=parameters["encoder.input_size"],
        precision=parameters["encoder.precision"],
        weights=parameters["encoder.weights"] or None,
    )
