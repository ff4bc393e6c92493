"""A picture in each encoding of raw images, as a camera's driver would deliver it."""

from __future__ import annotations

import cv2
import numpy as np

HEIGHT, WIDTH = 32, 48


def scene() -> np.ndarray:
    """A smooth picture, so that chroma subsampling and demosaicing change it little."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
    channels = [60 + 2.5 * x, 200 - 3.0 * y, 80 + x + y]
    return np.clip(np.stack(channels, axis=-1), 0, 255).astype(np.uint8)


def wanted(encoding: str) -> np.ndarray:
    """Return what of the scene an encoding keeps."""
    rgb = scene()
    if encoding.startswith("mono") or encoding == "8UC1":
        return cv2.cvtColor(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return rgb


def pixels_of(rgb: np.ndarray, encoding: str) -> np.ndarray:
    """Return the picture as rows of bytes, uint8 [rows, bytes]."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    opaque = np.full_like(grey, 255)
    plain = {
        "rgb": rgb,
        "bgr": rgb[..., ::-1],
        "8UC3": rgb[..., ::-1],
        "rgba": np.dstack([rgb, opaque]),
        "bgra": np.dstack([rgb[..., ::-1], opaque]),
        "8UC4": np.dstack([rgb[..., ::-1], opaque]),
        "mono": grey,
        "8UC1": grey,
    }
    name = encoding if encoding in plain else encoding.removesuffix("8").removesuffix("16")
    if name in plain:
        values = plain[name]
    elif encoding in ("yuv422", "uyvy"):
        values = _yuv422(rgb, "uyvy")
    elif encoding in ("yuv422_yuy2", "yuyv"):
        values = _yuv422(rgb, "yuyv")
    elif encoding in ("nv12", "nv21"):
        return _yuv420(rgb, encoding)
    else:
        values = _bayer(rgb, encoding[6:10])
    wide = values.astype("<u2") * 257 if encoding.endswith("16") else values
    return np.ascontiguousarray(wide).reshape(HEIGHT, -1).view(np.uint8)


def _bayer(rgb: np.ndarray, pattern: str) -> np.ndarray:
    """Keep of each pixel the one colour that a sensor with this pattern sees."""
    mosaic = np.empty(rgb.shape[:2], np.uint8)
    for place, colour in enumerate(pattern):
        row, column = divmod(place, 2)
        mosaic[row::2, column::2] = rgb[row::2, column::2, "rgb".index(colour)]
    return mosaic


def _yuv(rgb: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ITU-R BT.601 in video range, as OpenCV reads it."""
    r, g, b = (rgb[..., i].astype(np.float64) for i in range(3))
    y = 16 + 0.257 * r + 0.504 * g + 0.098 * b
    u = 128 - 0.148 * r - 0.291 * g + 0.439 * b
    v = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    return y, u, v


def _yuv422(rgb: np.ndarray, order: str) -> np.ndarray:
    """Return packed 4:2:2 as UYVY or YUYV."""
    y, u, v = _yuv(rgb)
    packed = np.empty((*rgb.shape[:2], 2))
    luma, chroma = (1, 0) if order == "uyvy" else (0, 1)
    packed[..., luma] = y
    packed[:, 0::2, chroma] = (u[:, 0::2] + u[:, 1::2]) / 2
    packed[:, 1::2, chroma] = (v[:, 0::2] + v[:, 1::2]) / 2
    return np.clip(np.rint(packed), 0, 255).astype(np.uint8)


def _yuv420(rgb: np.ndarray, order: str) -> np.ndarray:
    """Return 4:2:0 as NV12 (u before v) or NV21: luma, then a plane of both chromas."""
    y, *chromas = _yuv(rgb)
    if order == "nv21":
        chromas.reverse()
    rows = np.empty((HEIGHT * 3 // 2, WIDTH))
    rows[:HEIGHT] = y
    for place, chroma in enumerate(chromas):
        rows[HEIGHT:, place::2] = chroma.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(1, 3))
    return np.clip(np.rint(rows), 0, 255).astype(np.uint8)


def padded(rows: np.ndarray, padding: int) -> np.ndarray:
    """Return the rows, each followed by bytes that mean nothing."""
    return np.pad(rows, ((0, 0), (0, padding)), constant_values=173)
