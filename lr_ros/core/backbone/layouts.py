"""How the tensors of weights files are called: from our layer to (weight, prefix of its norm)."""

from __future__ import annotations

from collections.abc import Callable, Container

from .architecture import Conv

Layout = Callable[[Conv], tuple[str, str]]

# Where timm's mobilenetv1_100 keeps each separable layer: (stage, place in it).
_TIMM_BLOCKS = {
    "conv2_1": (0, 0),
    "conv2_2": (1, 0),
    "conv3_1": (1, 1),
    "conv3_2": (2, 0),
    "conv4_1": (2, 1),
    "conv4_2": (3, 0),
    **{f"conv5_{place}": (3, place) for place in range(1, 6)},
    "conv5_6": (4, 0),
    "conv6": (4, 1),
}


def layout_of(name: str, tensors: Container[str]) -> Layout:
    """Return the naming that a file of weights for the network ``name`` follows."""
    if name.startswith("efficientnet"):
        return _efficientnet_layout
    return _timm_layout if "conv_stem.weight" in tensors else _mobilenet_layout


def _efficientnet_layout(conv: Conv) -> tuple[str, str]:
    """Names in the state dicts of efficientnet-lite-pytorch."""
    unit, _, part = conv.name.partition(".")
    if unit == "stem":
        return "_conv_stem.weight", "_bn0"
    if unit == "features":
        return "_conv_head.weight", "_bn1"
    number = {"expand": 0, "depthwise": 1, "project": 2}[part]
    block = f"_blocks.{unit.removeprefix('block')}"
    return f"{block}._{part}_conv.weight", f"{block}._bn{number}"


def _mobilenet_layout(conv: Conv) -> tuple[str, str]:
    """Names as in this package: the layer's, then ``weight`` and ``norm``."""
    return f"{conv.name}.weight", f"{conv.name}.norm"


def _timm_layout(conv: Conv) -> tuple[str, str]:
    """Names in the state dict of timm's ``mobilenetv1_100``."""
    if conv.name == "conv1":
        return "conv_stem.weight", "bn1"
    layer, _, part = conv.name.partition("/")
    stage, place = _TIMM_BLOCKS[layer]
    kind, norm = {"dw": ("conv_dw", "bn1"), "sep": ("conv_pw", "bn2")}[part]
    return f"blocks.{stage}.{place}.{kind}.weight", f"blocks.{stage}.{place}.{norm}"
