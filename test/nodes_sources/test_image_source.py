import math
import signal
from itertools import pairwise

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lr_ros.msg import ErrorCode
from lr_ros.srv import ListObjects, PlayClip, Seek
from ros_processes import START_SECONDS, NodeProcess, running
from rosbags.rosbag2 import CompressionMode
from sources.making import (
    close_to,
    jpeg_message,
    picture,
    raw_message,
    save,
    spoil,
    write_bag,
    write_video,
)
from std_srvs.srv import SetBool

from lr_ros.ros.images import seconds, to_rgb

from .conftest import DOMAIN_ID

pytestmark = pytest.mark.ros

COUNT = 12


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "clip.avi", COUNT)


def index_of(camera, image):
    """Return the index in the marker of the same stamp."""
    stamp = seconds(image.header.stamp)
    marker = camera.markers.wait(lambda m: seconds(m.stamp) == stamp)
    return int(marker.frame_id.rpartition(":")[2])


def play(camera, name, loop=False):
    return camera.probe.call(PlayClip, "play_clip", PlayClip.Request(name=name, loop=loop))


def seek(camera, position):
    return camera.probe.call(Seek, "seek", Seek.Request(position=position))


def pause(camera, on):
    return camera.probe.call(SetBool, "pause", SetBool.Request(data=on))


def ended(camera, start=0):
    return camera.markers.wait(
        lambda m: m.frame_id.endswith(":end"), start=start, timeout=START_SECONDS
    )


def test_once_gives_every_frame_then_says_so_and_is_silent(start, video):
    with start(
        "image_source",
        source__path=str(video),
        source__loop=False,
        source__wait_for=1,
        image__rate=40.0,
    ) as camera:
        assert ended(camera).frame_id == "clip.avi:end"
        camera.images.wait(lambda m: index_of(camera, m) == COUNT - 1)
        assert camera.indices() == list(range(COUNT))
        assert [index_of(camera, m) for m in camera.images.messages] == list(range(COUNT))
        for number, image in enumerate(camera.images.messages):
            assert image.encoding == "rgb8"
            assert close_to(to_rgb(image), picture(number))
        assert len(camera.infos.messages) == COUNT
        assert camera.infos.messages[0].k[0] == 0.0  # not calibrated
        assert "clip 'clip.avi' ended after 12 frames" in camera.process.output
        # Nothing more comes until it is asked for: what a service asks for comes first.
        before = len(camera.images.messages)
        answer = seek(camera, 8 / 40)
        assert (answer.success, answer.frame) == (True, 8)
        ended(camera, start=len(camera.markers.messages) - 1)
        camera.images.wait(lambda m: index_of(camera, m) == 11, start=before)
        again = [index_of(camera, m) for m in camera.images.messages[before:]]
        assert again == [8, 9, 10, 11]


def test_looping_goes_on_at_the_beginning(start, video):
    with start("image_source", source__path=str(video), image__rate=60.0) as camera:
        camera.markers.wait(start=3 * COUNT, timeout=START_SECONDS)
        indices = camera.indices()
        assert all(b == (a + 1) % COUNT for a, b in pairwise(indices))
        assert not any(m.frame_id.endswith("end") for m in camera.markers.messages)


def test_a_video_plays_at_its_own_rate_by_default(start, video):
    with start("image_source", source__path=str(video)) as camera:
        camera.markers.wait(start=10, timeout=START_SECONDS)
        stamps = [seconds(m.stamp) for m in camera.markers.messages]
        assert np.median(np.diff(stamps)) == pytest.approx(0.1, rel=0.2)


def test_clips_of_a_data_set_are_listed_and_played_on_request(start, tmp_path):
    for clip in ("s1/o1", "s1/o2", "s2/o1"):
        for number in range(4):
            shade = picture(number) // (3 if clip == "s2/o1" else 1)
            save(tmp_path / "data" / clip / f"C_{number:03d}.png", shade)
    with start(
        "image_source",
        source__path=str(tmp_path / "data"),
        source__autoplay=False,
        source__wait_for=1,
        image__rate=20.0,
    ) as camera:
        listed = camera.probe.call(ListObjects, "list_clips", ListObjects.Request())
        assert listed.success
        assert list(listed.names) == ["s1/o1", "s1/o2", "s2/o1"]
        assert listed.current == ""
        assert seek(camera, 0.0).error_code == ErrorCode.INVALID_ARGUMENT
        assert camera.images.messages == []
        answer = play(camera, "s2/o1")
        assert (answer.success, answer.frames) == (True, 4)
        ended(camera)
        image = camera.images.wait(lambda m: index_of(camera, m) == 3)
        assert (to_rgb(image) == picture(3) // 3).all()
        assert [m.frame_id for m in camera.markers.messages] == [
            *(f"s2/o1:{n}" for n in range(4)),
            "s2/o1:end",
        ]
        listed = camera.probe.call(ListObjects, "list_clips", ListObjects.Request())
        assert listed.current == "s2/o1"
        assert play(camera, "s1/o2", loop=True).success
        camera.markers.wait(start=5 + 9)
        for name in ("s9/o9", "", "x" * 10_000, "../s1/o1", "s1\x00o1"):
            answer = play(camera, name)
            assert not answer.success
            assert answer.error_code == ErrorCode.UNKNOWN_OBJECT
            assert 10 < len(answer.message) < 400
        # The clip plays on.
        assert camera.markers.wait(start=len(camera.markers.messages)).frame_id.startswith("s1/o2")


def test_pausing_and_seeking(start, video):
    with start("image_source", source__path=str(video), image__rate=20.0) as camera:
        camera.images.wait(timeout=START_SECONDS)
        assert pause(camera, True).success
        assert pause(camera, True).success  # it is as asked for
        for position in (math.nan, math.inf, -0.1, COUNT / 20, 1e12):
            answer = seek(camera, position)
            assert not answer.success
            assert answer.error_code == ErrorCode.INVALID_ARGUMENT
            assert answer.message
        answer = seek(camera, 7 / 20)
        assert (answer.success, answer.frame) == (True, 7)
        before = len(camera.markers.messages)
        answer = pause(camera, False)
        assert answer.success
        assert answer.message == "playing"
        assert camera.markers.wait(start=before).frame_id == "clip.avi:7"


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_recordings_of_both_formats_raw_and_compressed(start, tmp_path, storage):
    topics = {
        "/cam/image": [raw_message(n, picture(n), padding=3) for n in range(COUNT)],
        "/cam/image/compressed": [jpeg_message(n, picture(n)) for n in range(COUNT)],
    }
    mode = CompressionMode.FILE if storage == "sqlite3" else CompressionMode.STORAGE
    bag = write_bag(tmp_path / "bag", topics, storage, mode)
    with start(
        "image_source",
        source__path=str(bag),
        source__loop=False,
        source__wait_for=1,
        image__rate=40.0,
    ) as camera:
        ended(camera)
        last = camera.images.wait(lambda m: index_of(camera, m) == COUNT - 1)
        assert (to_rgb(last) == picture(COUNT - 1)).all()
        assert len(camera.images.messages) == COUNT
        assert all((to_rgb(m) == picture(n)).all() for n, m in enumerate(camera.images.messages))
        before = len(camera.images.messages)
        assert play(camera, "/cam/image/compressed").frames == COUNT
        camera.images.wait(lambda m: index_of(camera, m) == COUNT - 1, start=before)
        again = camera.images.messages[before:]
        assert len(again) == COUNT
        assert all(close_to(to_rgb(m), picture(n)) for n, m in enumerate(again))


def test_damaged_frames_are_counted_and_said_to_be(start, video):
    for number in (2, 3, 9):
        spoil(video, number)
    with start(
        "image_source", source__path=str(video), source__loop=False, source__wait_for=1
    ) as camera:
        diagnostics = camera.probe.listen(DiagnosticArray, "/diagnostics")
        ended(camera)
        assert camera.indices()[-2:] == [10, 11]
        name = f"{camera.probe.namespace}/image_source"

        def complains(message):
            status = message.status[0]
            values = {v.key: v.value for v in status.values}
            return status.name == name and values.get("damaged frames") == "3"

        status = diagnostics.wait(complains).status[0]
        assert status.level == b"\x01"
        assert status.message == "3 damaged frames passed over"


CALIBRATION = """
image_width: 64
image_height: 48
camera_matrix: {rows: 3, cols: 3, data: [60.0, 0, 31.5, 0, 61.0, 23.5, 0, 0, 1]}
distortion_model: plumb_bob
distortion_coefficients: {rows: 1, cols: 5, data: [0.1, 0.01, 0, 0, 0]}
"""


def test_compressed_with_a_calibration(start, video, tmp_path):
    (tmp_path / "camera.yaml").write_text(CALIBRATION)
    with start(
        "image_source",
        source__path=str(video),
        source__calibration=str(tmp_path / "camera.yaml"),
        image__compressed=True,
        image__frame_id="left_eye",
    ) as camera:
        message = camera.compressed.wait(timeout=START_SECONDS)
        assert message.header.frame_id == "left_eye"
        assert close_to(to_rgb(message), picture(index_of(camera, message)))
        info = camera.infos.wait()
        assert (info.k[0], info.k[4], info.d[0]) == (60.0, 61.0, 0.1)
        assert info.p[0] == 60.0
        assert camera.images.messages == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_cleanly_on_a_signal(start, video, number):
    with start("image_source", source__path=str(video), image__rate=60.0) as camera:
        camera.images.wait(timeout=START_SECONDS)
        assert camera.stop(number) < 3.0


def test_it_says_why_it_cannot_start(tmp_path):
    (tmp_path / "bad.avi").write_bytes(b"nothing of the kind")
    (tmp_path / "bad.yaml").write_text("image_width: no")
    good = str(write_video(tmp_path / "good.avi", 2))
    cases = [
        ({"source.path": "/nowhere"}, "no file or folder /nowhere"),
        ({"source.path": str(tmp_path / "bad.avi")}, "bad.avi is not a video"),
        ({"source.path": "99"}, "no camera /dev/video99"),
        ({"source.path": good, "source.clip": "other"}, "no clip 'other'; there are: good.avi"),
        ({"source.path": good, "source.kind": "telescope"}, "telescope"),
        ({"source.path": good, "source.calibration": str(tmp_path / "bad.yaml")}, "image_width"),
    ]
    started = [
        NodeProcess("image_source", "t", DOMAIN_ID, tmp_path / str(n), parameters=parameters)
        for n, (parameters, _) in enumerate(cases)
    ]
    with running(*started):
        for process, (_, message) in zip(started, cases, strict=True):
            assert process.process.wait(START_SECONDS) == 1
            assert message in process.output
            assert "Traceback" not in process.output
