"""The simulated camera's table, domains, truth and clock, over services and by `lr sim`."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

from lr_ros.msg import ErrorCode, Scene
from lr_ros.srv import GetScene, MoveObject, PlaceObject, RemoveObject, SetDomain
from ros_processes import START_SECONDS, NodeProcess, running
from rosgraph_msgs.msg import Clock

from lr_ros.cli.main import main
from lr_ros.client import LearnClient, LearnError
from lr_ros.ros.images import seconds, to_rgb

from .conftest import DOMAIN_ID, camera

pytestmark = pytest.mark.ros

CALM = {"scene__noise": 0.0, "scene__sway": 0.0, "scene__slide": 0.0}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    directory = tmp_path_factory.mktemp("logs")
    with camera("simulated_camera", directory, scene__table=True, **CALM) as running_camera:
        running_camera.truth = running_camera.probe.listen(Scene, "scene")
        running_camera.truth.wait(timeout=START_SECONDS)
        yield running_camera


@pytest.fixture
def table(shared):
    """The camera with an empty table in its first domain."""
    shared.probe.call(RemoveObject, "remove_object", RemoveObject.Request())
    request = SetDomain.Request(
        background="wooden_table", light="daylight", clutter=0, occlusion=0.0, hand=0
    )
    assert shared.probe.call(SetDomain, "set_domain", request).success
    return shared


def place(table, name, x, y, **more):
    request = PlaceObject.Request(object_name=name, x=x, y=y, **more)
    return table.probe.call(PlaceObject, "place_object", request)


def scene(table, wanted=lambda _: True):
    """Return the first scene from now on that is wanted."""
    return table.truth.wait(wanted, start=len(table.truth.messages))


def names(message):
    return {each.name for each in message.objects}


def test_several_objects_stand_are_moved_and_are_taken_away(table):
    assert place(table, "duck", -0.2, 0.0).success
    assert place(table, "mug", 0.2, 0.1).success
    both = scene(table, lambda m: names(m) == {"duck", "mug"})
    assert all(each.on_table and each.visible > 0.9 for each in both.objects)
    assert all(each.roi.width > 10 for each in both.objects)
    request = MoveObject.Request(object_name="duck", x=0.0, y=0.2, seconds=0.0)
    assert table.probe.call(MoveObject, "move_object", request).success
    moved = scene(table, lambda m: any(e.name == "duck" and e.x == 0.0 for e in m.objects))
    assert names(moved) == {"duck", "mug"}
    answer = table.probe.call(RemoveObject, "remove_object", RemoveObject.Request())
    assert (answer.success, answer.removed) == (True, 2)
    scene(table, lambda m: not m.objects)


def test_the_truth_has_the_pictures_stamp_and_says_the_domain(table):
    request = SetDomain.Request(background="lawn", light="dusk", clutter=3, occlusion=0.25, hand=1)
    assert table.probe.call(SetDomain, "set_domain", request).success
    message = scene(table, lambda m: m.background == "lawn")
    assert (message.light, message.clutter, message.hand) == ("dusk", 3, True)
    assert message.occlusion == pytest.approx(0.25)
    stamp = seconds(message.header.stamp)
    image = table.images.wait(lambda m: seconds(m.header.stamp) == stamp)
    hue = to_rgb(image).astype(int)
    assert np.median(hue[..., 1] - hue[..., 0]) > 5  # a lawn is green
    kept = table.probe.call(SetDomain, "set_domain", SetDomain.Request(light="lamp"))
    assert kept.success
    assert scene(table, lambda m: m.light == "lamp").background == "lawn"
    answer = table.probe.call(GetScene, "get_scene", GetScene.Request())
    assert answer.success
    assert answer.table
    assert "lawn" in answer.backgrounds
    assert "dusk" in answer.lights


@pytest.mark.parametrize(
    ("kind", "name", "fields", "code"),
    [
        (PlaceObject, "place_object", {"object_name": "unicorn"}, ErrorCode.UNKNOWN_OBJECT),
        (
            PlaceObject,
            "place_object",
            {"object_name": "duck", "x": 2.0},
            ErrorCode.INVALID_ARGUMENT,
        ),
        (PlaceObject, "place_object", {"object_name": "mug"}, ErrorCode.INVALID_ARGUMENT),
        (
            PlaceObject,
            "place_object",
            {"object_name": "duck", "yaw": float("nan")},
            ErrorCode.INVALID_ARGUMENT,
        ),
        (MoveObject, "move_object", {"object_name": "duck"}, ErrorCode.UNKNOWN_OBJECT),
        (
            MoveObject,
            "move_object",
            {"object_name": "mug", "seconds": float("inf")},
            ErrorCode.INVALID_ARGUMENT,
        ),
        (RemoveObject, "remove_object", {"object_name": "duck"}, ErrorCode.UNKNOWN_OBJECT),
        (SetDomain, "set_domain", {"background": "moon"}, ErrorCode.INVALID_ARGUMENT),
        (SetDomain, "set_domain", {"light": "dusk", "clutter": 99}, ErrorCode.INVALID_ARGUMENT),
        (SetDomain, "set_domain", {"occlusion": float("nan")}, ErrorCode.INVALID_ARGUMENT),
        (SetDomain, "set_domain", {"hand": 7}, ErrorCode.INVALID_ARGUMENT),
    ],
)
def test_bad_requests_are_refused_and_nothing_changes(table, kind, name, fields, code):
    assert place(table, "mug", 0.1, 0.1).success
    before = scene(table, lambda m: names(m) == {"mug"})
    answer = table.probe.call(kind, name, kind.Request(**fields))
    assert not answer.success
    assert answer.error_code == code
    assert 10 < len(answer.message) < 500
    after = scene(table)
    assert after.objects == before.objects
    assert (after.background, after.light, after.hand) == (
        before.background, before.light, before.hand,
    )  # fmt: skip


@pytest.fixture(scope="module")
def lr(shared):
    """Runs `lr` in this process, its clients sharing one connection."""
    with LearnClient(shared.probe.namespace, domain_id=DOMAIN_ID, timeout=20) as client:
        yield SimpleNamespace(client=client)


def run(lr, monkeypatch, *words):
    from contextlib import nullcontext  # noqa: PLC0415 - only here

    import lr_ros.client  # noqa: PLC0415 - only here

    monkeypatch.setattr(lr_ros.client, "LearnClient", lambda *_, **__: nullcontext(lr.client))
    return main(["sim", *words])


def test_the_command_line_does_it_all(table, lr, monkeypatch, capsys):
    assert run(lr, monkeypatch, "place", "duck", "-0.2", "0.1", "--yaw", "1") == 0
    assert run(lr, monkeypatch, "present", "mug") == 0
    assert run(lr, monkeypatch, "domain", "--background", "tiles", "--no-hand") == 0
    scene(table, lambda m: names(m) == {"duck", "mug"} and m.background == "tiles")
    assert run(lr, monkeypatch, "move", "duck", "0.2", "0.1", "--seconds", "0") == 0
    capsys.readouterr()
    scene(table, lambda m: any(e.name == "duck" and e.x == 0.2 for e in m.objects))
    assert run(lr, monkeypatch, "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    objects = {each["name"]: each for each in listed["report"]["scene"]["objects"]}
    assert objects["duck"]["on_table"]
    assert not objects["mug"]["on_table"]
    assert run(lr, monkeypatch, "list") == 0
    assert "held up" in capsys.readouterr().out
    assert run(lr, monkeypatch, "place", "unicorn", "0", "0") == 1
    assert "no object 'unicorn'" in capsys.readouterr().err
    assert run(lr, monkeypatch, "remove") == 0
    scene(table, lambda m: not m.objects)
    assert run(lr, monkeypatch) == 2


def test_without_a_table_the_remedy_is_named(start):
    with start("simulated_camera", **CALM) as shown:
        shown.images.wait(timeout=START_SECONDS)
        answer = place(shown, "duck", 0.0, 0.0)
        assert (answer.success, answer.error_code) == (False, ErrorCode.INVALID_ARGUMENT)
        assert "scene.table:=true" in answer.message


def test_objects_of_ones_own_stand_on_the_table_from_the_start(start, tmp_path):
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    for name in ("box", "hut", "pyramid", "tent"):
        (tmp_path / "set" / name).mkdir(parents=True)
        path = tmp_path / "set" / name / f"{name}.obj"
        path.write_text(corners + "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    with start(
        "simulated_camera",
        scene__object_folder=str(tmp_path / "set"),
        scene__table=True,
        scene__placed="3",  # which is more than half of them
        **CALM,
    ) as shown:
        truth = shown.probe.listen(Scene, "scene")
        message = truth.wait(timeout=START_SECONDS)
        assert names(message) == {"pyramid", "tent"}
        assert all(each.visible > 0.5 for each in message.objects)


def test_its_own_clock_runs_faster_than_the_systems_and_stamps_the_pictures(start):
    with start(
        "simulated_camera", clock__publish=True, clock__speed=8.0, image__rate=5.0, **CALM
    ) as shown:
        clocks = shown.probe.listen(Clock, "/clock")
        shown.images.wait(timeout=START_SECONDS)
        first, began = len(shown.images.messages), time.monotonic()
        shown.images.wait(lambda m: True, start=first + 39, timeout=60)
        took = time.monotonic() - began
        stamps = [seconds(m.header.stamp) for m in shown.images.messages[first : first + 40]]
        assert np.allclose(np.diff(stamps), 0.2)
        assert stamps[-1] - stamps[0] == pytest.approx(39 * 0.2)
        assert took < 0.5 * (stamps[-1] - stamps[0])
        ticks = [seconds(m.clock) for m in clocks.messages]
        assert (np.diff(ticks) > 0).all()
        assert set(np.round(stamps[:-1], 6)) <= set(np.round(ticks, 6))


def test_a_camera_cannot_make_the_clock_and_follow_it(tmp_path):
    parameters = {"clock.publish": True, "use_sim_time": True}
    process = NodeProcess("simulated_camera", "t", DOMAIN_ID, tmp_path, parameters=parameters)
    with running(process):
        assert process.process.wait(START_SECONDS) == 1
    assert "clock.publish and use_sim_time are both true" in process.output


def test_the_client_says_why_something_is_refused(table, lr):
    with pytest.raises(LearnError, match="no background 'moon'; there are: wooden_table"):
        lr.client.simulation.set_domain("moon")
