"""Quality gates: which frames are not worth learning from."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

REASONS = ("blurred", "too_dark", "too_bright", "duplicate")
"""What ``QualityGate.check`` may answer."""

MEASURE_SIDE = 96  # regions are measured at this size, so that large and small ones compare


@dataclass(frozen=True)
class QualityConfig:
    """Limits of the gates. A limit of 0 (1 for ``brightest``) switches its gate off."""

    sharpness_floor: float = 3.0
    """Variance of the Laplacian [grey levels squared] below which any region is blurred."""
    sharpness_share: float = 0.2
    """A region is blurred below this share of the session's usual sharpness."""
    darkest: float = 0.06
    """Least mean grey level, 0..1."""
    brightest: float = 0.96
    """Largest mean grey level, 0..1."""
    duplicate_distance: float = 0.2
    """Latents closer than this to one already accepted are duplicates, as a share of their norm.
    Above block 10 sensor noise alone makes 0.1 to 0.25, a view 0.4 s later 0.35 and more."""
    history: int = 50
    """Frames from which the session's usual sharpness is taken."""

    def __post_init__(self) -> None:
        for name in ("sharpness_floor", "sharpness_share", "darkest", "duplicate_distance"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value >= 0):
                raise ValueError(f"{name} is {value}; take 0 or more")
        if not self.darkest < self.brightest <= 1:
            raise ValueError(f"brightest is {self.brightest}; take more than darkest, at most 1")
        if self.history < 1:
            raise ValueError(f"history is {self.history}; take 1 or more")


def measure(region: NDArray[np.uint8]) -> tuple[float, float]:
    """Return sharpness and brightness of a region (uint8 [H, W, 3] RGB).

    Sharpness is the variance of the Laplacian [grey levels squared] with the region brought to a
    common size (Pech-Pacheco et al., ICPR 2000); brightness is the mean grey level, 0..1.
    Raises ValueError for an empty region.
    """
    if region.ndim != 3 or region.shape[2] != 3 or region.size == 0:
        raise ValueError(f"region is {list(region.shape)}; [height, width, 3] pixels are needed")
    grey = cv2.cvtColor(region, cv2.COLOR_RGB2GRAY)
    scale = MEASURE_SIDE / max(grey.shape)
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.GaussianBlur(cv2.resize(grey, size, interpolation=way), (3, 3), 0)
    sharpness = float(cv2.Laplacian(small, cv2.CV_32F).var())
    return sharpness, float(grey.mean()) / 255.0


class QualityGate:
    """Judges the frames of one learning session, in order.

    Blur is judged against the session itself, because a plain object is not a blurred one: the
    usual sharpness is the upper quartile of the frames so far, refused ones included.
    """

    def __init__(self, config: QualityConfig | None = None) -> None:
        self.config = config or QualityConfig()
        self.reset()

    def reset(self) -> None:
        """Begin a new session."""
        self._sharpness: deque[float] = deque(maxlen=self.config.history)
        self._accepted: list[NDArray[np.float32]] = []

    def check(
        self, sharpness: float, brightness: float, latent: NDArray[np.float32] | None = None
    ) -> str | None:
        """Return why a frame is refused (one of ``REASONS``), or None where it is accepted.

        An accepted ``latent`` (float32, any shape, the same in the whole session) is remembered:
        later ones are compared with it.
        """
        limits = self.config
        if brightness < limits.darkest:
            return "too_dark"
        if brightness > limits.brightest:
            return "too_bright"
        self._sharpness.append(sharpness)
        usual = float(np.quantile(np.array(self._sharpness), 0.75))
        if sharpness < max(limits.sharpness_floor, limits.sharpness_share * usual):
            return "blurred"
        if latent is None or limits.duplicate_distance == 0:
            return None
        return self._compare(np.asarray(latent, dtype=np.float32).ravel())

    def _compare(self, latent: NDArray[np.float32]) -> str | None:
        length = max(float(np.linalg.norm(latent)), 1e-9)
        for other in self._accepted:
            if float(np.linalg.norm(latent - other)) < self.config.duplicate_distance * length:
                return "duplicate"
        self._accepted.append(latent)
        return None
