import math
import signal
import time

import cv2
import numpy as np
import pytest

pytest.importorskip("pybullet", reason="the simulated camera needs pybullet")

from lr_ros.msg import ErrorCode
from lr_ros.srv import ListObjects, PresentObject
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import QoSProfile, ReliabilityPolicy
from ros_processes import START_SECONDS, NodeProcess, running
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from lr_ros.ros.images import seconds, to_rgb

from .conftest import DOMAIN_ID, camera

pytestmark = pytest.mark.ros

QUIET = {"scene__noise": 0.0, "scene__sway": 0.0, "scene__slide": 0.0}


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with camera("simulated_camera", tmp_path_factory.mktemp("logs"), **QUIET) as running_camera:
        running_camera.images.wait(timeout=START_SECONDS)
        yield running_camera


def present(camera_, name, background=-1, yaw=-1.0):
    request = PresentObject.Request(object_name=name, background=background, yaw=yaw)
    return camera_.probe.call(PresentObject, "present_object", request)


def test_image_info_and_marker_carry_the_same_stamp(shared):
    start = len(shared.markers.messages)
    shared.markers.wait(start=start + 5)
    stamps = [seconds(m.stamp) for m in shared.markers.messages[start : start + 5]]
    for stamp in stamps:
        image = shared.images.wait(lambda m, s=stamp: seconds(m.header.stamp) == s)
        info = shared.infos.wait(lambda m, s=stamp: seconds(m.header.stamp) == s)
        assert (image.width, image.height, image.encoding) == (320, 240, "rgb8")
        assert image.header.frame_id == info.header.frame_id == "camera"
        assert (info.width, info.height) == (320, 240)
        assert info.k[0] == info.k[4] > 100
        assert info.k[2] == pytest.approx(159.5)
    indices = shared.indices()
    assert indices == list(range(indices[0], indices[0] + len(indices)))


def test_best_effort_subscribers_are_served_too(shared):
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    assert shared.probe.listen(Image, "image", qos).wait().width == 320


def test_objects_are_listed_and_shown_on_request(shared):
    listed = shared.probe.call(ListObjects, "list_objects", ListObjects.Request())
    assert listed.success
    assert len(listed.names) >= 8
    assert present(shared, "", background=0).success
    shared.markers.wait(lambda m: m.frame_id.startswith(":"), start=len(shared.markers.messages))
    empty = to_rgb(shared.next_image()).astype(int)
    for name in ("duck", "mug"):
        answer = present(shared, name, background=0, yaw=1.0)
        assert answer.success
        assert answer.error_code == ErrorCode.NONE
        shared.markers.wait(lambda m, n=name: m.frame_id.startswith(f"{n}:"))
        shown = to_rgb(shared.next_image()).astype(int)
        assert (np.abs(shown - empty).max(axis=2) > 30).mean() > 0.08
        listed = shared.probe.call(ListObjects, "list_objects", ListObjects.Request())
        assert listed.current == name
    assert present(shared, "").success
    shared.markers.wait(lambda m: m.frame_id.startswith(":"), start=len(shared.markers.messages))
    assert np.abs(to_rgb(shared.next_image()).astype(int) - empty).max() <= 2
    assert present(shared, "", background=4).success
    changed = to_rgb(shared.next_image()).astype(int)
    assert np.abs(changed - empty).mean() > 10


@pytest.mark.parametrize(
    ("name", "background", "yaw", "code"),
    [
        ("unicorn", -1, -1.0, ErrorCode.UNKNOWN_OBJECT),
        ("x" * 10_000, -1, -1.0, ErrorCode.UNKNOWN_OBJECT),
        ("../../etc/passwd", -1, -1.0, ErrorCode.UNKNOWN_OBJECT),
        ("du\x01ck\n", -1, -1.0, ErrorCode.UNKNOWN_OBJECT),
        ("duck", -2, -1.0, ErrorCode.INVALID_ARGUMENT),
        ("duck", 32, -1.0, ErrorCode.INVALID_ARGUMENT),
        ("duck", 2**31 - 1, -1.0, ErrorCode.INVALID_ARGUMENT),
        ("duck", -1, math.nan, ErrorCode.INVALID_ARGUMENT),
        ("duck", -1, math.inf, ErrorCode.INVALID_ARGUMENT),
        ("duck", -1, -0.5, ErrorCode.INVALID_ARGUMENT),
        ("duck", -1, 6.3, ErrorCode.INVALID_ARGUMENT),
    ],
)
def test_bad_requests_are_refused_and_nothing_changes(shared, name, background, yaw, code):
    assert present(shared, "teddy").success
    answer = present(shared, name, background, yaw)
    assert not answer.success
    assert answer.error_code == code
    assert 10 < len(answer.message) < 400
    listed = shared.probe.call(ListObjects, "list_objects", ListObjects.Request())
    assert listed.current == "teddy"


def test_the_rate_can_be_changed_and_is_kept_in_range(shared):
    def set_rate(value):
        kind = ParameterType.PARAMETER_DOUBLE
        parameter = Parameter(
            name="image.rate", value=ParameterValue(type=kind, double_value=value)
        )
        request = SetParameters.Request(parameters=[parameter])
        service = "simulated_camera/set_parameters"
        return shared.probe.call(SetParameters, service, request).results[0]

    assert not set_rate(0.0).successful
    assert not set_rate(math.nan).successful
    assert set_rate(40.0).successful
    start = len(shared.markers.messages)
    shared.markers.wait(start=start + 40)
    stamps = [seconds(m.stamp) for m in shared.markers.messages[start + 5 : start + 40]]
    assert np.median(np.diff(stamps)) < 0.06
    assert set_rate(10.0).successful


def test_compressed_images_in_another_size_with_an_object_at_the_start(start):
    with start(
        "simulated_camera",
        image__compressed=True,
        image__width=160,
        image__height=120,
        scene__objects="mug, duck",
        scene__first_object="duck",
        scene__background=9,
        **QUIET,
    ) as shown:
        message = shown.compressed.wait(timeout=START_SECONDS)
        assert to_rgb(message).shape == (120, 160, 3)
        assert shown.infos.wait().width == 160
        assert shown.markers.messages[-1].frame_id.startswith("duck:")
        listed = shown.probe.call(ListObjects, "list_objects", ListObjects.Request())
        assert list(listed.names) == ["mug", "duck"]
        assert shown.images.messages == []


def test_bgr_images_hold_the_same_colours(start):
    with start("simulated_camera", image__encoding="bgr8", scene__background=1, **QUIET) as shown:
        message = shown.images.wait(timeout=START_SECONDS)
        assert message.encoding == "bgr8"
        hue = cv2.cvtColor(to_rgb(message), cv2.COLOR_RGB2HSV)[..., 0]
        assert 30 < np.median(hue) < 60  # a lawn is green


def test_with_simulated_time_pictures_follow_the_clock(start):
    with start("simulated_camera", use_sim_time=True, **QUIET) as shown:
        clock = shown.probe.publisher(Clock, "/clock")
        listed = shown.probe.call(ListObjects, "list_objects", ListObjects.Request())
        assert listed.success
        assert shown.images.messages == []
        now = 1000.0
        deadline = time.monotonic() + 60
        while len(shown.images.messages) < 5 and time.monotonic() < deadline:
            now += 0.05
            message = Clock()
            message.clock.sec, message.clock.nanosec = divmod(round(now * 1e9), 10**9)
            clock.publish(message)
            time.sleep(0.02)  # the clock is ours: this sets how fast simulated time goes
        stamps = [seconds(m.header.stamp) for m in shown.images.messages]
        assert len(stamps) >= 5
        assert all(1000.0 < s < now + 1e-6 for s in stamps)


def test_objects_of_the_users_own_are_shown(start, tmp_path):
    corners = "v 0 0 0\nv 1 0 0\nv 0 1 0\nv 0 0 1\n"
    (tmp_path / "things").mkdir()
    path = tmp_path / "things/pyramid.obj"
    path.write_text(corners + "f 1 3 2\nf 1 2 4\nf 1 4 3\nf 2 3 4\n")
    with start(
        "simulated_camera",
        scene__object_folder=str(path.parent),
        scene__first_object="pyramid",
        scene__clutter=3,
        scene__hand=True,
    ) as shown:
        shown.markers.wait(lambda m: m.frame_id.startswith("pyramid:"), timeout=START_SECONDS)
        listed = shown.probe.call(ListObjects, "list_objects", ListObjects.Request())
        assert list(listed.names) == ["pyramid"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal(start, number):
    with start("simulated_camera", scene__first_object="duck", image__rate=30.0) as shown:
        shown.images.wait(timeout=START_SECONDS)
        assert shown.stop(number) < 3.0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"scene.first_object": "unicorn"}, "no object 'unicorn'"),
        ({"scene.objects": "duck, unicorn"}, "no object 'unicorn'"),
        ({"scene.object_folder": "/nowhere"}, "no folder /nowhere"),
        ({"image.width": 5}, "image.width"),
    ],
)
def test_it_says_why_it_cannot_start(tmp_path, parameters, message):
    process = NodeProcess("simulated_camera", "t", DOMAIN_ID, tmp_path, parameters=parameters)
    with running(process):
        assert process.process.wait(START_SECONDS) == 1
    assert message in process.output
    assert "Traceback" not in process.output
