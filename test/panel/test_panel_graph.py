"""Which camera there is, as the graph of ROS has it: no nodes."""

from __future__ import annotations

from lr_ros.nodes.panel_graph import look_around

RAW, JPEG = ["sensor_msgs/msg/Image"], ["sensor_msgs/msg/CompressedImage"]


class Graph:
    """Stands in for a node in the namespace /lr; ``topics`` are those that somebody publishes."""

    def __init__(self, topics: dict[str, list[str]], taken: dict[str, list[str]]) -> None:
        self.topics, self.taken = topics, taken

    def get_namespace(self) -> str:
        return "/lr"

    def get_node_names_and_namespaces(self) -> list[tuple[str, str]]:
        return [("recognizer", "/lr"), ("learner", "/other")]

    def resolve_topic_name(self, name: str) -> str:
        return f"/lr/{name}"

    def get_subscriber_names_and_types_by_node(self, _: str, __: str) -> list:
        return list(self.taken.items())

    def get_topic_names_and_types(self) -> list:
        return list((self.topics | self.taken).items())

    def count_publishers(self, name: str) -> int:
        return int(name in self.topics)


def test_the_camera_is_what_the_recognizer_listens_to() -> None:
    there, camera = look_around(Graph({"/cam/image": RAW, "/tf": ["x"]}, {"/cam/image": RAW}))
    assert there == {"recognizer"}
    assert (camera.topic, camera.publishers, camera.elsewhere) == ("/cam/image", 1, ())


def test_pictures_elsewhere_are_named_once_and_what_is_drawn_is_none() -> None:
    topics = {
        "/cam/image_raw": RAW,
        "/cam/image_raw/compressed": JPEG,
        "/lr/debug_image": RAW,
        "/lr/debug_image/compressed": JPEG,
        "/other/debug_image/compressed": JPEG,
    }
    _there, camera = look_around(Graph(topics, {"/lr/image": RAW}))
    assert (camera.topic, camera.publishers) == ("/lr/image", 0)
    assert camera.elsewhere == ("/cam/image_raw",)
