import uuid
from contextlib import contextmanager

import pytest
from ros_processes import NodeProcess, Probe, running
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_msgs.msg import Header

DOMAIN_ID = 52


class Camera:
    """A camera node as a process, and what it publishes."""

    def __init__(self, process, probe):
        self.process = process
        self.probe = probe
        self.images = probe.listen(Image, "image")
        self.compressed = probe.listen(CompressedImage, "image/compressed")
        self.infos = probe.listen(CameraInfo, "camera_info")
        self.markers = probe.listen(Header, "frame_marker")
        self.stopped = False

    def stop(self, number):
        """Send a signal; return the seconds until the node has ended well."""
        self.stopped = True
        return self.process.stop(number, within=10.0)

    def next_image(self, timeout=20.0):
        """Return an image that was not there before the call."""
        return self.images.wait(start=len(self.images.messages), timeout=timeout)

    def indices(self):
        found = [m.frame_id.rpartition(":")[2] for m in self.markers.messages]
        return [int(index) for index in found if index != "end"]


@contextmanager
def camera(module, directory, **parameters):
    """Start a camera node with these parameters; `__` stands for a dot."""
    namespace = f"t_{uuid.uuid4().hex[:12]}"
    probe = Probe(namespace, DOMAIN_ID)
    settings = {name.replace("__", "."): value for name, value in parameters.items()}
    try:
        process = NodeProcess(module, namespace, DOMAIN_ID, directory, parameters=settings)
        with running(process):
            shown = Camera(process, probe)
            yield shown
            if not shown.stopped:
                process.assert_alive()
    finally:
        probe.close()


@pytest.fixture
def start(tmp_path):
    """Return :func:`camera` with this test's directory."""

    def run(module, **parameters):
        return camera(module, tmp_path / "logs", **parameters)

    return run
