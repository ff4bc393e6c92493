"""The Fast DDS profile: raw images and a model update all arrive in another process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import rclpy
from ros_processes import NodeProcess, Probe, environment_for, running

from .conftest import ROOT

pytestmark = [
    pytest.mark.ros,
    pytest.mark.skipif(
        "fastrtps" not in rclpy.get_rmw_implementation_identifier(), reason="a Fast DDS profile"
    ),
]

DOMAIN_ID = 64
FRAMES = 60
MODEL_BYTES = 12_000_000

COMMON = f"""
import json, time, rclpy
from lr_ros.msg import ModelUpdate
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("transport")
images = QoSProfile(depth={FRAMES}, reliability=ReliabilityPolicy.BEST_EFFORT)
models = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE,
                    durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""
SENDER = f"""{COMMON}
model = node.create_publisher(ModelUpdate, "model", models)
model.publish(ModelUpdate(weights=bytes({MODEL_BYTES})))
image = node.create_publisher(Image, "image", images)
while image.get_subscription_count() == 0 or model.get_subscription_count() == 0:
    time.sleep(0.05)
frame = Image(height=480, width=640, step=1920, encoding="rgb8", data=bytes(921600))
for _ in range({FRAMES}):
    image.publish(frame)
    time.sleep(1 / 30)
model.wait_for_all_acked(rclpy.duration.Duration(seconds=30))
"""
RECEIVER = f"""{COMMON}
sizes = {{"image": [], "model": []}}
node.create_subscription(Image, "image", lambda m: sizes["image"].append(len(m.data)), images)
node.create_subscription(
    ModelUpdate, "model", lambda m: sizes["model"].append(len(m.weights)), models)
end = time.monotonic() + 60
while time.monotonic() < end and not (len(sizes["image"]) == {FRAMES} and sizes["model"]):
    rclpy.spin_once(node, timeout_sec=0.2)
    if sizes["image"]:  # a frame that is late by this much has been lost
        end = min(end, time.monotonic() + 5)
print(json.dumps(sizes))
"""


def test_raw_images_and_a_model_update_arrive() -> None:
    environment = environment_for(
        DOMAIN_ID, {"FASTDDS_DEFAULT_PROFILES_FILE": str(ROOT / "config/fastdds.xml")}
    )
    receiver, sender = (
        subprocess.Popen(
            [sys.executable, "-P", "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for program in (RECEIVER, SENDER)
    )
    try:
        output, _ = receiver.communicate(timeout=120)
        sender.communicate(timeout=60)
    finally:
        for process in (receiver, sender):
            process.kill()
            process.communicate()
    sizes = json.loads(output)
    assert sizes["model"] == [MODEL_BYTES]
    assert set(sizes["image"]) == {921600}
    # On a machine busy with other things a frame may fall out; by default a third does.
    assert len(sizes["image"]) >= 0.95 * FRAMES


def test_a_node_started_by_hand_uses_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it threads answer questions about types, which can crash a node at its end."""
    monkeypatch.delenv("FASTDDS_DEFAULT_PROFILES_FILE")
    parameters = {"autostart": False, "store.directory": str(tmp_path / "store")}
    node = NodeProcess("learner", "by_hand", DOMAIN_ID, tmp_path, parameters=parameters)
    with running(node), contextlib.closing(Probe("by_hand", DOMAIN_ID)) as probe:
        probe.wait_for_graph(lambda: "learner" in probe.node.get_node_names())
        tasks = Path(f"/proc/{node.pid}/task").glob("*/comm")
        threads = [task.read_text(encoding="utf-8").strip() for task in tasks]
        node.stop()
    assert any(name.startswith("dds.") for name in threads), threads
    assert not any(name.startswith("dds.tls") for name in threads), threads
