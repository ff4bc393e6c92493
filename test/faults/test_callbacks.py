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
