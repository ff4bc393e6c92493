"""A camera of this machine: USB or built-in, through Video4Linux."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import cv2
import numpy as np

from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, SourceError, natural


class CameraSource(ImageSource):
    """Frames of a camera, as they come.

    Args:
        device: ``/dev/video0``, or the number at its end.
        width: Width wanted [pixels]; 0: the camera's own choice. It may give another.
        height: Height wanted [pixels]; 0: the camera's own choice.
        rate: Frames a second wanted; 0: the camera's own choice.

    Raises:
        SourceError: There is no such device, or it cannot be opened.
    """

    live = True

    def __init__(self, device: str, width: int = 0, height: int = 0, rate: float = 0.0) -> None:
        path = f"/dev/video{device}" if device.isdecimal() else device
        if not Path(path).exists():
            found = ", ".join(cameras()) or "none"
            raise SourceError(
                f"no camera {path}; cameras here: {found}. Plug one in, name another, or use the "
                "simulated camera"
            )
        api = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        self._capture = cv2.VideoCapture(path, api)
        if not self._capture.isOpened():
            raise SourceError(
                f"camera {path} cannot be opened: is another program using it, and may this user "
                "read it (group `video`)?"
            )
        # One buffered frame: what is read is what is seen now.
        for option, value in (
            (cv2.CAP_PROP_BUFFERSIZE, 1),
            (cv2.CAP_PROP_FRAME_WIDTH, width),
            (cv2.CAP_PROP_FRAME_HEIGHT, height),
            (cv2.CAP_PROP_FPS, rate),
        ):
            if value > 0:
                self._capture.set(option, value)
        own_rate = float(self._capture.get(cv2.CAP_PROP_FPS))
        super().__init__(path, own_rate if own_rate > 0 else None, None)
        self._count = 0
        self._began = time.monotonic()

    def read(self) -> Frame | None:
        """Wait for the next frame; index counts the frames read, offset the time since opening."""
        done, pixels = self._capture.read()
        if not done:
            raise SourceError(f"camera {self.name} gives no frames: was it unplugged?")
        image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        frame = Frame(image, self._count, time.monotonic() - self._began)
        self._count += 1
        return frame

    def seek(self, index: int) -> None:
        """Refuse: a camera shows what is there now."""
        raise SourceError(f"{self.name} is a live camera: there is no frame {index} to go to")

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


class CameraLibrary(ClipLibrary):
    """One camera as the only clip; it is opened when it is played."""

    def __init__(self, device: str, width: int = 0, height: int = 0, rate: float = 0.0) -> None:
        self._device = device
        self._wanted = (width, height, rate)

    @property
    def names(self) -> tuple[str, ...]:
        """The device."""
        return (self._device,)

    def _open(self, name: str) -> ImageSource:
        return CameraSource(name, *self._wanted)


def cameras() -> list[str]:
    """Return the video devices of this machine."""
    return [str(p) for p in sorted(Path("/dev").glob("video*"), key=natural)]
