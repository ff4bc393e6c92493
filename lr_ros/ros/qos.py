"""Quality-of-service profiles, by what a topic is for."""

from __future__ import annotations

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

RELIABILITIES = ("best_effort", "reliable")


def camera(reliability: str = "best_effort", depth: int = 1) -> QoSProfile:
    """Images coming in: only the newest counts. Best effort matches every kind of publisher."""
    policy = {
        "best_effort": ReliabilityPolicy.BEST_EFFORT,
        "reliable": ReliabilityPolicy.RELIABLE,
    }[reliability]
    return QoSProfile(
        reliability=policy,
        durability=DurabilityPolicy.VOLATILE,
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
    )


def camera_output(depth: int = 5) -> QoSProfile:
    """Images going out: reliable, so that subscribers of either kind match."""
    return camera("reliable", depth)


def results(depth: int = 10) -> QoSProfile:
    """Results and events: reliable, no history for late comers."""
    return camera("reliable", depth)


def latched(depth: int = 1) -> QoSProfile:
    """Return the profile of what late comers need too: reliable and transient local."""
    return QoSProfile(
        reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL,
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
    )
