import numpy as np
import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

from lr_ros.sim.catalogue import CATALOGUE, ObjectSpec, choose
from lr_ros.sim.lights import SETTINGS
from lr_ros.sim.mesh import Light, Mesh, ObjectFileError
from lr_ros.sim.mesh_cache import MeshCache
from lr_ros.sim.motion import Motion
from lr_ros.sim.scene import PAUSE, SceneConfig, SimulatedScene

AT_ONCE = Motion(slide=0.0)
FIRST = choose(("duck", "teddy", "soccer_ball"), CATALOGUE)


@pytest.fixture
def scene():
    scene = SimulatedScene(SceneConfig(motion=AT_ONCE, noise=0.0))
    yield scene
    scene.close()


def test_every_object_is_seen_from_all_sides_and_fits_the_picture(scene):
    for name in scene.objects:
        for yaw in (0.0, 1.6, 3.1, 4.7):
            scene.present(name, yaw=yaw)
            (seen,) = scene.render(0.0).seen
            left, top, width, height = seen.box
            assert seen.name == name
            assert left >= 0
            assert top >= 0
            assert left + width <= 320
            assert top + height <= 240
            assert seen.visible > 0.95, (name, yaw)
            assert width * height > 40 * 40, (name, yaw)


def test_the_box_holds_exactly_what_the_object_changed():
    still = Motion(turn_rate=0, wobble=0, wander=0, slide=0)
    scene = SimulatedScene(SceneConfig(motion=still, noise=0.0, sway=0.0))
    empty = scene.render(0.0).image.astype(int)
    scene.present("soccer_ball")
    view = scene.render(1.0)
    scene.close()
    left, top, width, height = view.seen[0].box
    changed = np.abs(view.image.astype(int) - empty).max(axis=2) > 40
    assert changed[top : top + height, left : left + width].mean() > 0.5
    # A shadow lies beside it, which is not part of the object; it darkens by less than half.
    outside = changed.copy()
    outside[top - 1 : top + height + 1, left - 1 : left + width + 1] = False
    darker = empty[outside].astype(float) - view.image[outside]
    assert (darker >= 0).all()


def test_nobody_in_view_is_an_empty_scene(scene):
    assert scene.presented is None
    assert scene.render(0.0).seen == ()
    scene.present("duck")
    assert scene.presented == "duck"
    assert scene.render(0.1).seen
    scene.present(None)
    assert scene.presented is None
    assert scene.render(0.2).seen == ()


def test_same_seed_same_pictures_other_seed_others():
    def pictures(seed):
        scene = SimulatedScene(SceneConfig(objects=FIRST, seed=seed))
        images = []
        for step, name in enumerate(("duck", "teddy", None)):
            scene.present(name, background=step)
            images += [scene.render(step + 0.1 * k).image for k in range(10)]
        scene.close()
        return np.array(images)

    first, again, other = pictures(1), pictures(1), pictures(2)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_objects_slide_in_and_out_within_the_set_time():
    scene = SimulatedScene(SceneConfig(objects=FIRST, motion=Motion(slide=0.5)))
    scene.present("duck", t=0.0)

    def visible(t):
        return sum(s.visible for s in scene.render(t).seen)

    coming = [visible(t) for t in (0.0, 0.25, 0.5)]
    assert coming[0] == 0
    assert 0 < coming[1] < 1
    assert coming[2] > 0.99
    scene.present(None, t=1.0)
    going = [visible(t) for t in (1.0, 1.25, 1.5)]
    assert going[0] > 0.99
    assert 0 < going[1] < 1
    assert going[2] == 0
    scene.close()


def times(scene, first=1.0, count=30):
    """Return what is seen when: {name: [times]}, a picture each tenth of a second."""
    found = {}
    for t in (first + 0.1 * k for k in range(count)):
        for name in [seen.name for seen in scene.render(t).seen] or [None]:
            found.setdefault(name, []).append(t)
    return found


@pytest.mark.parametrize("between", [[], [None], ["soccer_ball"], [None, "soccer_ball"]])
def test_the_next_object_comes_a_moment_after_the_one_before_has_left(between):
    scene = SimulatedScene(SceneConfig(objects=FIRST, motion=Motion(slide=0.5)))
    scene.present("duck", t=0.0)
    scene.render(1.0)
    for name in (*between, "teddy"):  # one that is taken back at once is never seen
        scene.present(name, t=1.0)
    found = times(scene)
    scene.close()
    assert set(found) == {"duck", "teddy", None}
    assert max(found["duck"]) <= 1.5
    assert found["teddy"][0] >= 1.5 + PAUSE
    assert len(found[None]) >= 5


def test_without_sliding_the_next_object_is_there_at_once():
    scene = SimulatedScene(SceneConfig(objects=FIRST, motion=AT_ONCE))
    scene.present("duck", t=0.0)
    scene.render(1.0)
    scene.present("teddy", t=1.0)
    assert [seen.name for seen in scene.render(1.0).seen] == ["teddy"]
    scene.close()


def test_yaw_is_where_turning_begins_and_goes_on_from_one_object_to_the_next():
    calm = Motion(wobble=0, wander=0, slide=0, turn_rate=0.5)
    scene = SimulatedScene(SceneConfig(objects=FIRST, motion=calm, noise=0, sway=0))
    scene.present("duck", yaw=1.0, t=0.0)
    at_two_seconds = scene.render(2.0).image
    scene.present("duck", yaw=2.0, t=2.0)
    assert np.array_equal(scene.render(2.0).image, at_two_seconds)
    scene.present("teddy", t=4.0)
    kept = scene.render(4.0).image
    scene.present("teddy", yaw=3.0, t=4.0)
    assert np.array_equal(scene.render(4.0).image, kept)
    scene.close()


def test_backgrounds_and_lights_are_distinguishable(scene):
    small = []
    for number in range(SETTINGS):
        scene.background = number
        small.append(scene.render(0.0).image[::8, ::8].astype(float))
    for a in range(SETTINGS):
        for b in range(a):
            assert np.abs(small[a] - small[b]).mean() > 4, (a, b)


@pytest.mark.parametrize("number", [-1, SETTINGS, 10**9])
def test_a_background_that_does_not_exist_is_refused_and_nothing_changes(scene, number):
    scene.present("duck", background=3)
    with pytest.raises(ValueError, match=f"no background {number}"):
        scene.present("teddy", background=number)
    assert (scene.presented, scene.background) == ("duck", 3)


def test_an_unknown_object_and_an_impossible_angle_are_refused(scene):
    scene.present("duck")
    with pytest.raises(KeyError, match="no object 'unicorn'; there are: duck"):
        scene.present("unicorn")
    for yaw in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="yaw"):
            scene.present("teddy", yaw=yaw)
    assert scene.presented == "duck"


def test_a_damaged_object_file_is_named_and_the_scene_lives_on(tmp_path):
    bad = tmp_path / "bad.urdf"
    bad.write_text("<robot")
    scene = SimulatedScene(SceneConfig(objects=(*FIRST, ObjectSpec("bad", str(bad)))))
    scene.present("duck", t=0.0)
    with pytest.raises(ObjectFileError, match=r"bad\.urdf"):
        scene.present("bad", t=1.0)
    assert scene.presented == "duck"
    assert scene.render(1.0).seen[0].name == "duck"
    scene.close()


def test_a_missing_object_file_is_named():
    with pytest.raises(ObjectFileError, match=r"/nowhere/x\.obj"):
        Mesh(ObjectSpec("x", "/nowhere/x.obj"))


@pytest.mark.parametrize(
    "size", [{"width": 31}, {"height": 5000}, {"objects": ()}, {"objects": (FIRST[0],) * 2}]
)
def test_impossible_configurations_are_refused(size):
    with pytest.raises(ValueError, match=r"allowed is|names"):
        SceneConfig(**size)


def test_every_picture_size_works():
    for width, height in ((64, 48), (641, 479), (240, 320)):
        config = SceneConfig(width=width, height=height, objects=FIRST, motion=AT_ONCE)
        scene = SimulatedScene(config)
        scene.present("duck")
        view = scene.render(0.0)
        scene.close()
        assert view.image.shape == (height, width, 3)
        assert view.image.dtype == np.uint8
        assert view.seen[0].name == "duck"


def test_light_from_the_left_brightens_the_left_side():
    mesh = Mesh(ObjectSpec("mug", "objects/mug.urdf"))
    halves = {}
    for side in (-1.0, 1.0):
        light = Light((side, 0.2, 0.3), ambient=0.3, diffuse=0.7, specular=0.0)
        drawn = mesh.draw(0.0, 0.35, 0.0, 128, light)
        bright = np.where(drawn[..., 3] > 0, drawn[..., 0], 0).astype(float)
        halves[side] = bright[:, :64].sum() - bright[:, 64:].sum()
    mesh.close()
    assert halves[-1.0] > 0
    assert halves[-1.0] > halves[1.0]


def test_the_cache_reloads_an_object_exactly_as_it_was():
    cache = MeshCache(FIRST, limit=1)
    before = cache.get("duck").draw(0.3, 0.3, 0.1, 96, Light())
    cache.get("teddy")
    assert np.array_equal(cache.get("duck").draw(0.3, 0.3, 0.1, 96, Light()), before)
    cache.close()


def test_clutter_lies_in_the_background_and_is_no_object():
    def picture(clutter, setting=0, seed=0):
        config = SceneConfig(objects=FIRST, noise=0, clutter=clutter, seed=seed)
        scene = SimulatedScene(config)
        scene.background = setting
        view = scene.render(0.0)
        scene.close()
        assert view.seen == ()
        return view.image.astype(int)

    plain, cluttered = picture(0), picture(6)
    assert 0.03 < (np.abs(cluttered - plain).max(axis=2) > 30).mean() < 0.7
    assert np.array_equal(cluttered, picture(6))
    # Under another light (the same background again) other things lie elsewhere.
    others = np.abs(picture(6, 8) - picture(0, 8)).max(axis=2) > 30
    assert (others != (np.abs(cluttered - plain).max(axis=2) > 30)).mean() > 0.03


def test_a_hand_covers_a_part_and_the_truth_says_so():
    def views(hand):
        config = SceneConfig(motion=AT_ONCE, noise=0, hand=hand)
        scene = SimulatedScene(config)
        for name in scene.objects:
            scene.present(name, yaw=1.0, t=0.0)
            yield scene.render(0.0).seen[0]
        scene.close()

    covered = 0
    for held, free in zip(views(True), views(False), strict=True):
        assert held.name == free.name
        assert 0.4 < held.visible <= free.visible
        covered += held.visible < free.visible
        assert held.box[1] == free.box[1]
        assert held.box[3] <= free.box[3]
    assert covered >= 12  # between the legs of some it covers nothing


SEEN_ONLY = """<robot name="x"><link name="base">
<inertial><mass value="1"/><inertia ixx="1" ixy="0" ixz="0" iyy="1" iyz="0" izz="1"/></inertial>
<visual><geometry><sphere radius="{}"/></geometry></visual></link></robot>"""


@pytest.mark.parametrize("radius", [0.01, 0.5, 20.0])
def test_objects_without_a_collision_shape_fill_the_square_at_any_scale(tmp_path, radius):
    path = tmp_path / "ball.urdf"
    path.write_text(SEEN_ONLY.format(radius))
    mesh = Mesh(ObjectSpec("ball", str(path)))
    share = (mesh.draw(0.0, 0.3, 0.0, 128, Light())[..., 3] > 0).mean()
    mesh.close()
    assert 0.5 < share < 0.75  # a disc of 1 / 1.12 of the square's edge covers 0.63


def test_impossible_clutter_is_refused():
    with pytest.raises(ValueError, match="clutter"):
        SceneConfig(clutter=-1)
