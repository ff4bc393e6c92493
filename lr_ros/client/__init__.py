"""Teach and ask a robot from a Python program.

>>> with LearnClient() as robot:
...     robot.learn("mug")
...     print(robot.recognize().name)
"""

from __future__ import annotations

from lr_ros.client.errors import ClientError, LearnError, NotAvailableError
from lr_ros.client.health import Health
from lr_ros.client.learn_client import LearnClient
from lr_ros.client.records import (
    ClassInfo,
    Hypothesis,
    LearnerState,
    LearnResult,
    ObjectList,
    Question,
    Recognition,
    Region,
    SegmentInfo,
    SessionStart,
    Status,
)
from lr_ros.client.simulation import Scene, SceneObject, SceneReport, Simulation
from lr_ros.client.watching import MessageStream

__all__ = [
    "ClassInfo",
    "ClientError",
    "Health",
    "Hypothesis",
    "LearnClient",
    "LearnError",
    "LearnResult",
    "LearnerState",
    "MessageStream",
    "NotAvailableError",
    "ObjectList",
    "Question",
    "Recognition",
    "Region",
    "Scene",
    "SceneObject",
    "SceneReport",
    "SegmentInfo",
    "SessionStart",
    "Simulation",
    "Status",
]
