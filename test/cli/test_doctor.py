"""`lr doctor` on a live graph."""

from __future__ import annotations

import json
import threading

import pytest
from client.robots import DOMAIN_ID
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from lr_ros.cli.main import main
from lr_ros.client.connection import Connection

pytestmark = pytest.mark.ros


@pytest.fixture
def checks(robot, monkeypatch, capsys):
    monkeypatch.setenv("ROS_DOMAIN_ID", str(DOMAIN_ID))

    def examine(namespace: str) -> tuple[int, dict[str, dict[str, str]]]:
        arguments = ["--namespace", namespace, "--timeout", "4", "doctor", "--listen", "1"]
        code = main([*arguments, "--json"])
        return code, {check["title"]: check for check in json.loads(capsys.readouterr().out)}

    return examine


def test_an_empty_place(checks):
    code, found = checks("empty_place")
    assert code == 1
    assert found["packages"]["level"] == "OK"
    assert found["recognizer"]["level"] == found["learner"]["level"] == "FAIL"
    assert "/empty_place/image" in found["camera"]["found"]


def test_a_camera_is_measured(robot, checks):
    connection = Connection(robot.namespace, None, DOMAIN_ID)
    message = Image(height=48, width=64, step=192, encoding="rgb8", data=bytes(48 * 192))
    stop = threading.Event()
    publisher = connection.run(
        lambda: connection.node.create_publisher(Image, "image", qos_profile_sensor_data)
    )

    def publish() -> None:
        while not stop.wait(0.05):
            publisher.publish(message)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        code, found = checks(robot.namespace)
    finally:
        stop.set()
        thread.join()
        connection.close()
    assert code == 1  # the robot of cardboard has no recognizer
    assert found["images"]["level"] == "OK"
    assert "64x48 rgb8" in found["images"]["found"]
    assert 10 < float(found["images"]["found"].split()[0]) < 25
    assert "best_effort" in found["camera"]["found"]
    assert "without an answer" in found["learner"]["found"]
