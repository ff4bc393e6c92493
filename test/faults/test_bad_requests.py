"""Requests that cannot be granted get their code and a message with the value; nodes live on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from forked_processes import ForkedNode as NodeProcess
from lr_ros.msg import ErrorCode
from ros_processes import Probe, running
from sensor_msgs.msg import RegionOfInterest
from std_srvs.srv import Trigger

from faults.teaching import Teacher, start_learner
from lr_ros import srv

pytestmark = pytest.mark.ros

LONG = "x" * 10_000
LONGEST_MESSAGE = 1000
BAD_CLASS_NAMES = {
    "empty": "",
    "long": LONG,
    "newline": "a\nb",
    "escape": "\x1b[2Jmug",
    "delete": "mug\x7f",
    "path": "../x",
    "absolute": "/etc/passwd",
    "backslash": "..\\x",
    "hidden": ".mug",
    "space": " mug",
    "only a space": " ",
    "reserved": "unknown",
    "Reserved": "Unknown",
    "RESERVED": "UNKNOWN",
    "zero width": "mug\u200b",
    "right to left": "\u202egum",
}
BAD_MODEL_NAMES = {
    "empty": "",
    "long": LONG,
    "newline": "a\nb",
    "path": "../x",
    "hidden": ".x",
    "space": "my model",
    "outside": "/etc/passwd",
    "dots": "{export}/../x",
    "the directory": "{export}",
}


@dataclass
class Robot:
    probe: Probe
    export: Path
    nodes: dict[str, NodeProcess]


@pytest.fixture(scope="module")
def robot(probe: Probe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """Return every node of the package, the learner knowing one class, `mug`."""
    pytest.importorskip("pybullet")
    root = tmp_path_factory.mktemp("robot")
    export = root / "export"
    (export / "folder").mkdir(parents=True)
    (export / "text").write_text("hello")
    (export / "truncated").write_bytes(b"PK\x03\x04")
    pictures = root / "pictures"
    pictures.mkdir()
    for number in range(3):
        grey = np.full((32, 48, 3), 60 * number, np.uint8)
        cv2.imwrite(str(pictures / f"{number}.png"), grey)

    def node(module: str, **parameters: Any) -> NodeProcess:
        return NodeProcess(
            module, probe.namespace, probe.domain_id, root, parameters=parameters or None
        )

    nodes = {
        "learner": start_learner(probe, root, {"store.export_directory": str(export)}),
        "recognizer": node("recognizer"),
        # On a topic of its own, so that the recognizer has no images.
        "simulated_camera": node("simulated_camera", **{"image.compressed": True}),
        "image_source": node(
            "image_source",
            **{"source.path": str(pictures), "source.autoplay": False, "image.compressed": True},
        ),
    }
    with running(*nodes.values()):
        teacher = Teacher(probe)
        teacher.wait_until_ready()
        assert teacher.teach("mug").error_code == ErrorCode.NONE
        yield Robot(probe, export, nodes)
        for process in nodes.values():
            process.assert_alive()
        for process in nodes.values():
            process.stop()


def _check(answer: Any, code: int, names: str) -> None:
    assert not answer.success
    assert answer.error_code == code, answer.message
    assert names in answer.message
    assert 10 < len(answer.message) <= LONGEST_MESSAGE
    assert answer.message.isprintable(), "control characters must not reach a terminal"


def _shown(text: str) -> str:
    """Return the beginning of ``text`` as a message shows it."""
    return repr(text[:20])[1:-1]


def _roi(*numbers: int) -> RegionOfInterest:
    x, y, width, height = numbers
    return RegionOfInterest(x_offset=x, y_offset=y, width=width, height=height)


@pytest.mark.parametrize("name", BAD_CLASS_NAMES.values(), ids=BAD_CLASS_NAMES)
def test_class_names(robot: Robot, name: str) -> None:
    call = robot.probe.call
    answers = [
        call(srv.LearnClass, "learn_class", srv.LearnClass.Request(class_name=name)),
        call(srv.LabelSegment, "label_segment", srv.LabelSegment.Request(class_name=name)),
        call(srv.ForgetClass, "forget_class", srv.ForgetClass.Request(class_name=name)),
        call(
            srv.RenameClass,
            "rename_class",
            srv.RenameClass.Request(old_name="mug", new_name=name),
        ),
        call(
            srv.RenameClass,
            "rename_class",
            srv.RenameClass.Request(old_name=name, new_name="cup"),
        ),
    ]
    for answer in answers:
        _check(answer, ErrorCode.INVALID_NAME, _shown(name))


BAD_SESSIONS = {
    "no frames": ({"frames": 0}, "0"),
    "too many frames": ({"frames": 10**9}, "1000000000"),
    "one frame too many": ({"frames": 10_001}, "10001"),
    "negative frames": ({"frames": -2}, "-2"),
    "fewest frames there can be": ({"frames": -(2**31)}, "-2147483648"),
    "no number": ({"duration": math.nan}, "nan"),
    "negative duration": ({"duration": -1.0}, "-1"),
    "endless": ({"duration": math.inf}, "inf"),
    "negatively endless": ({"duration": -math.inf}, "-inf"),
    "too long": ({"duration": 3600.5}, "3600.5"),
    "no height": ({"roi": _roi(0, 0, 10, 0)}, "10 x 0"),
    "no width": ({"roi": _roi(0, 0, 0, 10)}, "0 x 10"),
    "place without size": ({"roi": _roi(5, 7, 0, 0)}, "(5, 7)"),
}


@pytest.mark.parametrize(("fields", "value"), BAD_SESSIONS.values(), ids=BAD_SESSIONS)
def test_sessions(robot: Robot, fields: dict[str, Any], value: str) -> None:
    request = srv.LearnClass.Request(class_name="cup", **fields)
    answer = robot.probe.call(srv.LearnClass, "learn_class", request)
    _check(answer, ErrorCode.INVALID_ARGUMENT, value)


@pytest.mark.parametrize("name", BAD_MODEL_NAMES.values(), ids=BAD_MODEL_NAMES)
def test_model_names(robot: Robot, name: str) -> None:
    name = name.format(export=robot.export)
    save = srv.SaveModel.Request(name=name, overwrite=True)
    for answer in (
        robot.probe.call(srv.SaveModel, "save_model", save),
        robot.probe.call(srv.LoadModel, "load_model", srv.LoadModel.Request(name=name)),
    ):
        _check(answer, ErrorCode.INVALID_NAME, _shown(name))


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("{export}/text", ErrorCode.INCOMPATIBLE_MODEL),
        ("{export}/truncated", ErrorCode.INCOMPATIBLE_MODEL),
        ("{export}/folder", ErrorCode.INCOMPATIBLE_MODEL),
        ("{export}/nothing", ErrorCode.UNKNOWN_MODEL),
        ("nothing", ErrorCode.UNKNOWN_MODEL),
    ],
)
def test_files_that_are_no_models(robot: Robot, name: str, code: int) -> None:
    name = name.format(export=robot.export)
    answer = robot.probe.call(srv.LoadModel, "load_model", srv.LoadModel.Request(name=name))
    _check(answer, code, name)


def test_models_are_not_replaced_unasked(robot: Robot) -> None:
    request = srv.SaveModel.Request(name="kitchen")
    first = robot.probe.call(srv.SaveModel, "save_model", request)
    assert first.success, first.message
    assert Path(first.path).is_file()
    again = robot.probe.call(srv.SaveModel, "save_model", request)
    _check(again, ErrorCode.INVALID_NAME, "kitchen")
    foreign = srv.SaveModel.Request(name=f"{robot.export}/text", overwrite=True)
    _check(robot.probe.call(srv.SaveModel, "save_model", foreign), ErrorCode.INVALID_NAME, "text")


def test_what_is_not_there(robot: Robot) -> None:
    call = robot.probe.call
    forget = srv.ForgetClass.Request(class_name="spoon")
    rename = srv.RenameClass.Request(old_name="spoon", new_name="fork")
    taken = srv.RenameClass.Request(old_name="mug", new_name="mug")
    label = srv.LabelSegment.Request(segment_id=2**64 - 1, class_name="cup")
    stop = srv.StopSession.Request()
    _check(call(srv.ForgetClass, "forget_class", forget), ErrorCode.UNKNOWN_CLASS, "'spoon'")
    _check(call(srv.RenameClass, "rename_class", rename), ErrorCode.UNKNOWN_CLASS, "'spoon'")
    _check(call(srv.RenameClass, "rename_class", taken), ErrorCode.CLASS_EXISTS, "'mug'")
    answer = call(srv.LabelSegment, "label_segment", label)
    _check(answer, ErrorCode.UNKNOWN_SEGMENT, str(2**64 - 1))
    _check(call(srv.StopSession, "stop_session", stop), ErrorCode.NO_SESSION, "session")
    canceled = call(Trigger, "cancel", Trigger.Request())
    assert not canceled.success
    assert canceled.message.startswith("NO_SESSION: ")


@pytest.mark.parametrize("window", [0.0, -1.0, math.nan, math.inf, 60.5, 1e308])
def test_windows(robot: Robot, window: float) -> None:
    request = srv.Recognize.Request(window=window)
    answer = robot.probe.call(srv.Recognize, "recognize", request)
    _check(answer, ErrorCode.INVALID_ARGUMENT, str(window))


def test_a_window_without_images(robot: Robot) -> None:
    answer = robot.probe.call(srv.Recognize, "recognize", srv.Recognize.Request(window=0.01))
    _check(answer, ErrorCode.NO_IMAGES, "0.01")


BAD_PRESENTATIONS = {
    "unknown": ({"object_name": "elephant"}, ErrorCode.UNKNOWN_OBJECT, "'elephant'"),
    "long": ({"object_name": LONG}, ErrorCode.UNKNOWN_OBJECT, _shown(LONG)),
    "path": ({"object_name": "../x"}, ErrorCode.UNKNOWN_OBJECT, "'../x'"),
    "control": ({"object_name": "a\nb"}, ErrorCode.UNKNOWN_OBJECT, "a\\nb"),
    "background below": ({"background": -2}, ErrorCode.INVALID_ARGUMENT, "-2"),
    "background above": ({"background": 10**9}, ErrorCode.INVALID_ARGUMENT, "1000000000"),
    "yaw nan": ({"yaw": math.nan}, ErrorCode.INVALID_ARGUMENT, "nan"),
    "yaw inf": ({"yaw": math.inf}, ErrorCode.INVALID_ARGUMENT, "inf"),
    "yaw above": ({"yaw": 7.0}, ErrorCode.INVALID_ARGUMENT, "7.0"),
    "yaw below": ({"yaw": -0.5}, ErrorCode.INVALID_ARGUMENT, "-0.5"),
}


@pytest.mark.parametrize(
    ("fields", "code", "value"), BAD_PRESENTATIONS.values(), ids=BAD_PRESENTATIONS
)
def test_presentations(robot: Robot, fields: dict[str, Any], code: int, value: str) -> None:
    request = srv.PresentObject.Request(**fields)
    _check(robot.probe.call(srv.PresentObject, "present_object", request), code, value)


@pytest.mark.parametrize("name", ["", "elephant", LONG, "../x", "a\nb"])
def test_clips(robot: Robot, name: str) -> None:
    answer = robot.probe.call(srv.PlayClip, "play_clip", srv.PlayClip.Request(name=name))
    _check(answer, ErrorCode.UNKNOWN_OBJECT, _shown(name))


@pytest.mark.parametrize("position", [-0.5, math.nan, math.inf, 1e9, 1e308])
def test_positions(robot: Robot, position: float) -> None:
    clips = robot.probe.call(srv.ListObjects, "list_clips", srv.ListObjects.Request()).names
    assert robot.probe.call(srv.PlayClip, "play_clip", srv.PlayClip.Request(name=clips[0])).success
    answer = robot.probe.call(srv.Seek, "seek", srv.Seek.Request(position=position))
    _check(answer, ErrorCode.INVALID_ARGUMENT, str(position))
