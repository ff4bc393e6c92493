"""Waiting until the simulated camera shows an object: the one before has left, it is steady."""

from __future__ import annotations

import pytest

from lr_ros import msg, srv
from lr_ros.client import NotAvailableError
from lr_ros.client.simulation import Simulation


class Camera:
    """Answers ``get_scene`` with one picture after the other; the last one stays."""

    def __init__(self, *pictures: dict[str, float]) -> None:
        self.pictures = pictures
        self.asked = 0

    def __call__(self, kind: object, name: str, _request: object) -> srv.GetScene.Response:
        assert (kind, name) == (srv.GetScene, "get_scene")
        self.asked += 1
        held = self.pictures[min(self.asked, len(self.pictures)) - 1]
        answer = srv.GetScene.Response(success=True)
        answer.scene.header.stamp.sec = self.asked
        answer.scene.objects = [
            msg.SceneObject(name=name.lstrip("_"), visible=share, on_table=name.startswith("_"))
            for name, share in held.items()
        ]
        return answer


def test_it_is_in_view_when_the_one_before_has_left_and_it_does_not_slide_any_more() -> None:
    camera = Camera(
        {"duck": 1.0, "_mug": 1.0},
        {"duck": 0.4, "_mug": 1.0},
        {"_mug": 1.0},
        {"ball": 0.3, "_mug": 1.0},
        {"ball": 0.8, "_mug": 1.0},
        {"ball": 1.0, "_mug": 1.0},
        {"ball": 0.99, "_mug": 1.0},
    )
    Simulation(camera).wait_until_shown("ball")
    assert camera.asked == 7


def test_without_a_name_nothing_is_held_up() -> None:
    camera = Camera({"duck": 1.0}, {"duck": 0.4}, {"_mug": 1.0})
    Simulation(camera).wait_until_shown("")
    assert camera.asked == 3


@pytest.mark.parametrize(
    ("name", "pictures", "words"),
    [
        ("mug", ({"_mug": 1.0},), "'mug' has not come into view after 0.2 s"),
        ("mug", ({"mug": 1.0, "duck": 1.0},), "'mug' has not come into view"),
        ("mug", ({"mug": 0.0},), "'mug' has not come into view"),
        ("", ({"duck": 1.0},), "an object is still held up"),
    ],
)
def test_what_does_not_come_is_named(
    name: str, pictures: tuple[dict[str, float], ...], words: str
) -> None:
    with pytest.raises(NotAvailableError, match=words):
        Simulation(Camera(*pictures)).wait_until_shown(name, timeout=0.2)
