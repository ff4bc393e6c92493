"""The table: several objects at once, exactly where the camera's intrinsics say."""

import numpy as np
import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

from hypothesis import given
from hypothesis import strategies as st

from lr_ros.sim.domain import Domain
from lr_ros.sim.lights import SETTINGS, number_of, setting
from lr_ros.sim.motion import Motion
from lr_ros.sim.scene import SceneConfig, SimulatedScene
from lr_ros.sim.table import FAR, MOST_OBJECTS, NEAR, REACH_X, Spot, Table, TableFullError
from lr_ros.sim.table_view import TableView
from lr_ros.sources.calibration import pinhole
from lr_ros.stream.segmenter import Segmenter

AT_ONCE = Motion(slide=0.0)
FIVE = {
    "duck": (-0.25, -0.1),
    "mug": (0.0, 0.1),
    "soccer_ball": (0.25, -0.1),
    "toy_robot": (-0.25, 0.25),
    "teddy": (0.25, 0.25),
}


@pytest.fixture
def scene():
    scene = SimulatedScene(SceneConfig(motion=AT_ONCE, noise=0.0, table=True))
    yield scene
    scene.close()


def laid(scene, names=FIVE):
    for name in names:
        scene.place(name, Spot(*FIVE[name]))
    return scene.render(1.0)


def test_several_objects_are_seen_at_once_each_at_its_place(scene):
    view = laid(scene)
    assert {thing.name for thing in view.things} == set(FIVE)
    for thing in view.things:
        assert thing.on_table
        assert (thing.x, thing.y) == pytest.approx(FIVE[thing.name])
        assert thing.visible > 0.9, thing.name
        left, top, width, height = thing.box
        changed = np.abs(view.image.astype(int) - empty().astype(int)).max(axis=2) > 30
        assert changed[top : top + height, left : left + width].mean() > 0.25, thing.name


def empty():
    scene = SimulatedScene(SceneConfig(motion=AT_ONCE, noise=0.0, table=True))
    try:
        return scene.render(1.0).image
    finally:
        scene.close()


@pytest.mark.parametrize("place", [(0.0, 0.0), (-0.25, -0.05), (0.4, 0.25), (0.1, -0.2)])
def test_a_ball_is_drawn_where_the_published_intrinsics_say(place):
    config = SceneConfig(
        width=640, height=480, motion=AT_ONCE, noise=0.0, sway=0.0, table=True, object_size=0.75
    )
    scene = SimulatedScene(config)
    scene.place("soccer_ball", Spot(*place, size=0.15))
    (ball,) = scene.render(1.0).things
    scene.close()
    k = np.array(pinhole(640, 480, config.focal).camera_matrix).reshape(3, 3)
    view = TableView(640, 480, config.focal)
    assert np.allclose(view.intrinsics, k)
    radius = 0.15 / 2 / 1.12  # the drawn square has room around the widest view
    centre = view.rotation @ (np.array([*place, radius]) - view.position)
    # The outline of a sphere in a pinhole picture, point by point (no homography in it).
    distance = np.linalg.norm(centre)
    axis = centre / distance
    across = np.cross(axis, [0.0, 1.0, 0.0])
    across /= np.linalg.norm(across)
    angles = np.linspace(0, 2 * np.pi, 400)[:, None]
    half = np.arcsin(radius / distance)
    rim = np.cos(angles) * across + np.sin(angles) * np.cross(axis, across)
    rays = np.cos(half) * axis + np.sin(half) * rim
    pixels = rays @ k.T
    pixels = pixels[:, :2] / pixels[:, 2:]
    left, top = pixels.min(axis=0)
    right, bottom = pixels.max(axis=0)
    found = (
        ball.box[0],
        ball.box[1],
        ball.box[0] + ball.box[2] - 1,
        ball.box[1] + ball.box[3] - 1,
    )
    assert found == pytest.approx((left, top, right, bottom), abs=4.0)


@given(x=st.floats(-REACH_X, REACH_X), y=st.floats(NEAR, FAR), z=st.floats(0, 0.3))
def test_a_sights_middle_is_where_the_point_is_seen(x, y, z):
    view = TableView(320, 240, 348.0)
    sight = view.sight(x, y, z, 0.15)
    u, v, w = sight.matrix(101) @ np.array([50.0, 50.0, 1.0])
    assert (u / w, v / w) == pytest.approx(view.pixel(x, y, z), abs=1e-6)
    assert np.allclose(sight.view @ sight.view.T, np.eye(3))
    assert np.linalg.det(sight.view) == pytest.approx(1.0)
    ground = view.ground() @ np.array([x, y, 1.0])
    assert tuple(ground[:2] / ground[2]) == pytest.approx(view.pixel(x, y))


def test_a_nearer_object_covers_a_farther_one_and_the_truth_says_so(scene):
    scene.place("teddy", Spot(0.0, 0.05, size=0.2))
    free = scene.render(1.0).things[0]
    scene.place("soccer_ball", Spot(0.0, -0.1, size=0.2))
    by_name = {thing.name: thing for thing in scene.render(1.0).things}
    assert by_name["soccer_ball"].visible > 0.9
    assert by_name["teddy"].visible < free.visible - 0.1


def test_moving_takes_its_time_and_ends_at_the_place(scene):
    laid(scene, ["duck"])
    scene.table.move("duck", (0.3, 0.2), 1.0, yaw=1.0, seconds=2.0)
    places = [scene.render(t).things[0] for t in (1.0, 2.0, 3.0)]
    assert [round(p.x, 3) for p in places] == [-0.25, 0.025, 0.3]
    assert [round(p.y, 3) for p in places] == [-0.1, 0.05, 0.2]
    assert places[-1].yaw == pytest.approx(1.0)


def test_objects_slide_in_from_the_side_and_out_of_view():
    scene = SimulatedScene(SceneConfig(motion=Motion(slide=1.0), noise=0.0, table=True))
    scene.place("duck", Spot(0.1, 0.0))
    coming = [scene.render(t).things[0].visible for t in (0.0, 0.7, 1.0)]
    assert coming[0] == 0
    assert coming[2] > 0.9
    assert scene.remove("duck") == 1
    assert scene.render(1.3).things[0].visible > 0
    assert scene.render(2.1).things == ()
    scene.place("duck", Spot(0.1, 0.0))
    assert scene.table.names == ("duck",)
    scene.close()


def test_what_is_held_up_is_not_on_the_table_meanwhile(scene):
    laid(scene, ["duck", "mug"])
    scene.present("duck")
    held, standing = scene.render(2.0).things
    assert (held.name, held.on_table, standing.name, standing.on_table) == (
        "duck", False, "mug", True,
    )  # fmt: skip
    scene.present(None)
    assert all(thing.on_table for thing in scene.render(3.0).things)
    assert len(scene.render(3.0).things) == 2


@pytest.mark.parametrize("table", [True, False])
def test_between_two_that_are_held_up_the_robots_segment_ends(table):
    scene = SimulatedScene(SceneConfig(width=160, height=120, table=table))
    if table:
        for name, x in (("rabbit", -0.3), ("toy_brick", 0.3)):
            scene.place(name, Spot(x, 0.2))
    segmenter = Segmenter()
    held = {}
    for step in range(100):
        t = step * 0.1
        if step in (20, 60):
            scene.present("duck" if step == 20 else "soccer_ball")
        view = scene.render(t)
        found = segmenter.update(view.image, t)
        up = [thing.name for thing in view.things if not thing.on_table and thing.visible > 0.9]
        if up and found.in_view:
            held.setdefault(up[0], set()).add(found.segment_id)
    scene.close()
    assert held.keys() == {"duck", "soccer_ball"}
    assert not held["duck"] & held["soccer_ball"]


def test_everything_is_removed_at_once_and_a_stranger_is_named(scene):
    laid(scene, ["duck", "mug"])
    scene.present("teddy")
    with pytest.raises(KeyError, match="no object 'unicorn' is in the scene; there are: teddy"):
        scene.remove("unicorn")
    assert scene.remove(None) == 3
    assert scene.render(2.0).things == ()
    assert scene.remove(None) == 0


def test_an_object_that_turns_shows_other_sides_and_one_that_stands_does_not():
    def pictures(turn_rate):
        config = SceneConfig(motion=AT_ONCE, noise=0.0, sway=0.0, table=True)
        scene = SimulatedScene(config)
        scene.place("mug", Spot(0.0, 0.0, turn_rate=turn_rate))
        images = [scene.render(t).image for t in (1.0, 2.0)]
        scene.close()
        return images

    assert np.array_equal(*pictures(0.0))
    assert not np.array_equal(*pictures(1.0))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": 0.5}, "x = 0.5: -0.45 to 0.45 m"),
        ({"y": float("nan")}, "y = nan"),
        ({"yaw": 7.0}, "yaw = 7.0"),
        ({"size": 0.0}, "size = 0.0"),
        ({"turn_rate": float("inf")}, "turn_rate = inf"),
    ],
)
def test_impossible_places_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        Spot(**{"x": 0.0, "y": 0.0, **change})


def test_one_object_stands_once_and_not_more_than_fit():
    table = Table(slide=0.0)
    for number in range(MOST_OBJECTS):
        table.place(f"o{number}", Spot(0.0, 0.0), 0.0)
    with pytest.raises(ValueError, match="stands on the table already"):
        table.place("o1", Spot(0.0, 0.0), 0.0)
    with pytest.raises(TableFullError, match="no more are possible"):
        table.place("one more", Spot(0.0, 0.0), 0.0)
    with pytest.raises(KeyError, match="unicorn"):
        table.move("unicorn", (0.0, 0.0), 0.0)
    with pytest.raises(ValueError, match="seconds"):
        table.move("o1", (0.0, 0.0), 0.0, seconds=-1.0)


def test_without_a_table_nothing_can_be_placed():
    scene = SimulatedScene()
    with pytest.raises(ValueError, match=r"scene\.table:=true"):
        scene.place("duck", Spot(0.0, 0.0))
    scene.close()


@pytest.mark.parametrize("table", [False, True])
def test_every_domain_change_changes_the_picture_and_back_again(table):
    config = SceneConfig(motion=AT_ONCE, noise=0.0, sway=0.0, table=table)
    scene = SimulatedScene(config)
    scene.present("teddy")
    first = scene.render(1.0)
    for domain in (
        Domain(background="lawn"),
        Domain(light="dusk"),
        Domain(clutter=5),
        Domain(occlusion=0.4),
        Domain(hand=True),
    ):
        scene.domain = domain
        other = scene.render(1.0)
        assert not np.array_equal(first.image, other.image), domain
        if domain.occlusion:
            assert other.things[0].visible < first.things[0].visible - 0.25
    scene.domain = Domain()
    assert np.array_equal(scene.render(1.0).image, first.image)
    scene.close()


@pytest.mark.parametrize(
    "change",
    [{"background": "moon"}, {"light": "laser"}, {"clutter": 41}, {"occlusion": 0.95}],
)
def test_impossible_domains_are_refused_with_what_there_is(change):
    with pytest.raises(ValueError, match=r"there are|possible|needed"):
        Domain(**change)


def test_the_number_of_a_setting_is_found_again():
    assert [number_of(*setting(n)) for n in range(SETTINGS)] == list(range(SETTINGS))
