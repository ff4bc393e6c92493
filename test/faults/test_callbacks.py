"""A callback that fails is logged; the node it belongs to answers the next request."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ros_processes import Probe, environment_for
from std_srvs.srv import Trigger

pytestmark = pytest.mark.ros

_NODE = """
import sys
from rclpy.node import Node
from std_srvs.srv import Trigger
from lr_ros.ros.spin import run_node

def answer(_request, response):
    response.success = True
    return response

def fail(_request, _response):
    raise OverflowError("a fault of ours")

def make():
    node = Node("faulty")
    node.create_service(Trigger, "fail", fail)
    node.create_service(Trigger, "answer", answer)
    return node

sys.exit(run_node(make))
"""


def test_a_callback_that_fails(own_probe: Probe, tmp_path: Path) -> None:
    arguments = ["--ros-args", "-r", f"__ns:=/{own_probe.namespace}"]
    with (tmp_path / "log").open("w+") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _NODE, *arguments],
            stderr=log,
            cwd=tmp_path,
            env=environment_for(own_probe.domain_id),
        )
        try:
            assert own_probe.call(Trigger, "answer", Trigger.Request()).success
            for _ in range(3):
                with pytest.raises(AssertionError, match="did not answer"):
                    own_probe.call(Trigger, "fail", Trigger.Request(), timeout=0.3)
                assert own_probe.call(Trigger, "answer", Trigger.Request()).success
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
        log.seek(0)
        text = log.read()
    assert "OverflowError: a fault of ours" in text
    assert text.count("a callback failed") == 1, "told of now and then only"


_TRANSITION = """
import sys
from rclpy.lifecycle import LifecycleNode
from lr_ros.ros.lifecycle import told
from lr_ros.ros.spin import run_node

class Faulty(LifecycleNode):
    def __init__(self):
        super().__init__("faulty")
        self.declare_parameter("autostart", True)

    @told
    def on_configure(self, state):
        raise KeyError("a fault of ours")

sys.exit(run_node(Faulty))
"""


def test_a_node_that_cannot_start_says_why(own_probe: Probe, tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-P", "-c", _TRANSITION],
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment_for(own_probe.domain_id),
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "on_configure failed" in ended.stderr
    assert "KeyError: 'a fault of ours'" in ended.stderr
