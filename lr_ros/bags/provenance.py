"""Where a model comes from, in digests: what was known before, what was taught, how it was made."""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lr_ros.core
from lr_ros.core.learner import LatentReplayLearner
from lr_ros.core.state import State

_CORE = Path(lr_ros.core.__file__).parent

LIBRARIES = ("lr_ros", "torch", "numpy", "onnxruntime", "opencv-python-headless")
"""What computes: another version may round otherwise."""


def state_digest(state: State) -> str:
    """Return the SHA-256 of all that is known, chance and replay memory included."""
    digest = hashlib.sha256(json.dumps(state.meta, sort_keys=True).encode())
    for name in sorted(state.arrays):
        array = np.ascontiguousarray(state.arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def weights_digest(learner: LatentReplayLearner) -> str:
    """Return the SHA-256 of the model that the recognizer gets; empty where nothing is known."""
    if not learner.classes:
        return ""
    return hashlib.sha256(learner.export().weights).hexdigest()


def frames_digest(latents: Iterable[NDArray[np.float32]]) -> str:
    """Return the SHA-256 of the latents of a session, in order."""
    digest = hashlib.sha256()
    for latent in latents:
        digest.update(np.ascontiguousarray(latent).tobytes())
    return digest.hexdigest()


def machine() -> dict[str, str]:
    """Return what else decides the last bits: processor and libraries."""
    found = {"processor": f"{platform.machine()} {platform.processor()}".strip()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # from the distribution's packages
            found[name] = "unknown"
    return found


@functools.cache
def code_digest() -> str:
    """Return the SHA-256 of the learning core's code: a checkout may differ from its version."""
    digest = hashlib.sha256()
    for path in sorted(_CORE.rglob("*.py")):
        digest.update(str(path.relative_to(_CORE)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def recipe_digest(recipe: dict[str, Any]) -> str:
    """Return the SHA-256 of a recipe: runs of one recipe give one model."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()
