"""Who is there, and which camera the recognizer looks through."""

from __future__ import annotations

from rclpy.node import Node

from lr_ros.panel.facts import RECOGNIZER, Camera

_IMAGES = {"sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"}


def look_around(node: Node) -> tuple[frozenset[str], Camera]:
    """Return the names of the nodes in ``node``'s namespace, and the camera as the graph has it."""
    namespace = node.get_namespace()
    everyone = node.get_node_names_and_namespaces()
    there = frozenset(name for name, space in everyone if space == namespace)
    topic = node.resolve_topic_name("image")
    if RECOGNIZER in there:
        try:
            taken = node.get_subscriber_names_and_types_by_node(RECOGNIZER, namespace)
        except RuntimeError:  # it went in between
            taken = []
        topic = next((name for name, types in taken if _IMAGES & set(types)), topic)
    elsewhere = {
        name.removesuffix("/compressed")
        for name, types in node.get_topic_names_and_types()
        if _IMAGES & set(types) and node.count_publishers(name)
    }
    elsewhere -= {topic.removesuffix("/compressed")}
    # What a recognizer draws, this robot's or another's, is no camera.
    cameras = tuple(sorted(name for name in elsewhere if not name.endswith("/debug_image")))
    return there, Camera(topic, node.count_publishers(topic), cameras)
