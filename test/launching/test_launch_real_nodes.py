"""Every launch file with the real nodes, from `lr launch` to Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters
from ros_processes import Probe, environment_for
from sensor_msgs.msg import Image

from .conftest import NODES
from .test_launch_files import FILES

pytestmark = pytest.mark.ros

DOMAIN_ID = 63
WAIT = 60.0  # seconds; loading a network takes long on a machine that is busy with other things

MODULE = """\
#!/bin/sh
exec "{python}" -P -c 'from lr_ros.nodes.{name} import main; raise SystemExit(main())' "$@"
"""
LR = "from lr_ros.cli.main import main; raise SystemExit(main())"


@pytest.fixture
def installed(prefix: Path) -> Path:
    """The launch files of this checkout with the real nodes."""
    for name in NODES:
        script = MODULE.format(python=sys.executable, name=name)
        (prefix / "lib/lr_ros" / name).write_text(script)
    return prefix


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe("robot", DOMAIN_ID)
    yield probe
    probe.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        cv2.imwrite(str(folder / f"{index}.png"), np.full((48, 64, 3), 80 * index, np.uint8))
    return folder


def assert_active(probe: Probe, node: str) -> None:
    """Wait until a lifecycle node is active."""

    def active() -> bool:
        try:
            answer = probe.call(GetState, f"{node}/get_state", GetState.Request(), 5.0)
        except AssertionError:  # DDS drops an answer to a client that the node does not know yet
            return False
        return answer.current_state.id == State.PRIMARY_STATE_ACTIVE

    probe.wait_for_graph(active, WAIT)


@pytest.mark.parametrize("file", FILES)
def test_nodes_come_up_and_end_with_ctrl_c(
    installed: Path, probe: Probe, tmp_path: Path, pictures: Path, file: str
) -> None:
    arguments = ["namespace:=robot"]
    arguments += [f"source:={pictures}"] if file == "webcam.launch.py" else []
    arguments += ["compressed:=true"] if file == "lr_ros.launch.py" else []
    images = probe.listen(Image, "image")
    log = tmp_path / "log.txt"
    environment = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    with open(log, "wb") as output:
        launched = subprocess.Popen(
            [sys.executable, "-P", "-c", LR, "launch", file, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment_for(DOMAIN_ID, environment),
        )
    try:
        assert_active(probe, "recognizer")
        assert_active(probe, "learner")
        asked = GetParameters.Request(names=["image.compressed"])
        answer = probe.call(GetParameters, "recognizer/get_parameters", asked)
        # The argument goes before the params_file, which has false.
        assert answer.values[0].bool_value == (file == "lr_ros.launch.py")
        if file != "lr_ros.launch.py":  # the others bring a camera
            images.wait(timeout=WAIT)
        launched.send_signal(signal.SIGINT)
        # A scenario that was interrupted is not passed.
        expected = 1 if file == "scenario.launch.py" else 0
        assert launched.wait(WAIT) == expected, log.read_text()
    finally:
        launched.terminate()
        launched.wait(WAIT)
    assert "Traceback" not in log.read_text()
    assert (tmp_path / "state/lr_ros/robot").is_dir()
