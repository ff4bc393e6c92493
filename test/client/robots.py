"""Starts the robot of cardboard as a process, in a namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lr_ros.client import LearnClient

DOMAIN_ID = 70

# A dead process is forgotten after a second instead of twenty.
SHORT_LEASE = """<?xml version="1.0" encoding="UTF-8" ?>
<dds xmlns="http://www.eprosima.com"><profiles>
  <participant profile_name="short_lease" is_default_profile="true"><rtps><builtin>
    <discovery_config>
      <leaseDuration><sec>1</sec></leaseDuration>
      <leaseAnnouncement><sec>0</sec><nanosec>250000000</nanosec></leaseAnnouncement>
    </discovery_config>
  </builtin></rtps></participant>
</profiles></dds>
"""


@dataclass
class Robot:
    namespace: str
    process: subprocess.Popen[bytes]

    def client(self, **options: object) -> LearnClient:
        return LearnClient(self.namespace, domain_id=DOMAIN_ID, **options)


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "ROS_DOMAIN_ID": str(DOMAIN_ID),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
    }


@contextmanager
def fake_robot(profile: Path | None = None) -> Iterator[Robot]:
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    environment_ = environment()
    if profile is not None:
        profile.write_text(SHORT_LEASE)
        environment_["FASTDDS_DEFAULT_PROFILES_FILE"] = str(profile)
    namespace = f"t_{uuid.uuid4().hex[:12]}"
    script = Path(__file__).with_name("fake_robot.py")
    process = subprocess.Popen(
        [sys.executable, "-P", str(script), "--ros-args", "-r", f"__ns:=/{namespace}"],
        env=environment_,
    )
    robot = Robot(namespace, process)
    try:
        with robot.client() as client:
            client.wait_until_ready(30)
        yield robot
    finally:
        process.kill()
        process.wait()
