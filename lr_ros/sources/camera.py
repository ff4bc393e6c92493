"""A camera of this machine: USB or built-in, through Video4Linux."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import cv2
import numpy as np

from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, Picture, SourceError, natural

_TIMEOUT = 2.0  # seconds without a frame after which a camera counts as gone


class CameraSource(ImageSource):
    """Frames of a camera, always the newest.

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
        self._began = time.monotonic()
        self._news = threading.Condition()
        self._newest: tuple[int, float, Picture] | None = None
        self._stopping = False
        self._failed = False
        self._last_read = -1
        self._thread = threading.Thread(target=self._grab, name="camera")
        self._thread.start()

    def read(self) -> Frame | None:
        """Return the newest frame, waiting for one that was not read yet.

        The index counts the frames the camera gave, read or not; offsets begin with opening.
        """
        with self._news:
            self._news.wait_for(lambda: self._failed or self._is_new(), _TIMEOUT)
            if not self._is_new() or self._newest is None:
                raise SourceError(f"camera {self.name} gives no frames: was it unplugged?")
            index, taken, pixels = self._newest
        self._last_read = index
        image = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
        return Frame(image, index, taken - self._began, time.monotonic() - taken)

    def seek(self, index: int) -> None:
        """Refuse: a camera shows what is there now."""
        raise SourceError(f"{self.name} is a live camera: there is no frame {index} to go to")

    def close(self) -> None:
        """Give the device back."""
        self._stopping = True
        self._thread.join()
        self._capture.release()

    def _is_new(self) -> bool:
        return self._newest is not None and self._newest[0] > self._last_read

    def _grab(self) -> None:
        """Read all the time, so that no old frame waits in the driver."""
        index = 0
        while not self._stopping:
            done, pixels = self._capture.read()
            with self._news:
                self._failed = not done
                if done:
                    self._newest = (index, time.monotonic(), pixels)
                self._news.notify_all()
            if not done:
                return
            index += 1


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
