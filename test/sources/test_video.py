import queue

import cv2
import pytest

from lr_ros.sources.base import SourceError
from lr_ros.sources.camera import CameraLibrary, CameraSource
from lr_ros.sources.library import Wanted, kind_of, open_library
from lr_ros.sources.video import VideoLibrary, VideoSource

from .making import close_to, picture, raw_message, save, spoil, start_of, write_bag


def test_a_video_is_played_frame_by_frame(video):
    with VideoSource(video) as source:
        assert (source.name, source.live, source.length) == ("clip.avi", False, 12)
        assert source.rate == pytest.approx(10.0)
        frames = list(source)
        assert source.skipped == 0
    assert [f.index for f in frames] == list(range(12))
    assert frames[5].offset == pytest.approx(0.5)
    assert all(close_to(f.image, picture(f.index)) for f in frames)


def test_seeking_finds_the_very_frame(video):
    with VideoSource(video) as source:
        for index in (7, 2, 11, 0):
            source.seek(index)
            frame = source.read()
            assert frame.index == index
            assert close_to(frame.image, picture(index))
        with pytest.raises(SourceError, match="no frame 12"):
            source.seek(12)


def test_damaged_frames_are_passed_over_and_the_rest_keep_their_numbers(video):
    for number in (3, 4, 8):
        spoil(video, number)
    with VideoSource(video) as source:
        frames = list(source)
        assert source.skipped == 3
    assert [f.index for f in frames] == [0, 1, 2, 5, 6, 7, 9, 10, 11]
    assert all(close_to(f.image, picture(f.index)) for f in frames)


def test_a_video_that_is_cut_off_ends_where_it_ends(video):
    data = video.read_bytes()
    video.write_bytes(data[: start_of(data, 7)])
    with VideoSource(video) as source:
        assert [f.index for f in source] == list(range(7))
        assert source.skipped == 0


@pytest.mark.parametrize("content", [b"", b"not a video", b"RIFF" + bytes(1000)])
def test_files_that_are_no_video_are_named(tmp_path, content):
    path = tmp_path / "bad.avi"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"bad\.avi"):
        VideoSource(path).read()


def test_a_folder_of_videos_has_a_clip_for_each(video):
    (video.parent / "second.avi").write_bytes(video.read_bytes())
    library = VideoLibrary(video.parent)
    assert library.names == ("clip.avi", "second.avi")
    with library.open("second.avi") as source:
        assert source.read().index == 0


def test_the_kind_of_source_is_found_out(video, tmp_path):
    save(tmp_path / "pictures/0.png", picture(0))
    save(tmp_path / "data/s1/o1/C_01_01_000.png", picture(0))
    bag = write_bag(tmp_path / "bag", {"/image": [raw_message(0, picture(0))]})
    kinds = {
        "0": "camera",
        "/dev/video3": "camera",
        str(video): "video",
        str(tmp_path / "pictures"): "folder",
        str(tmp_path / "data"): "core50",
        str(bag): "bag",
        str(bag / "bag.db3"): "bag",
    }
    assert {place: kind_of(place) for place in kinds} == kinds
    for place, kind in kinds.items():
        if kind != "camera":
            library = open_library(place)
            with library.open(library.names[0]) as source:
                assert source.read().image.shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("place", "kind", "message"),
    [
        ("", "auto", "no source named"),
        ("/nowhere/at/all", "auto", "no file or folder /nowhere/at/all"),
        ("/nowhere/at/all", "video", "no video file or folder /nowhere"),
        ("/nowhere/at/all", "bag", "no recording /nowhere"),
        ("/nowhere/at/all", "core50", "no folder /nowhere"),
        ("x\0y", "folder", "null character"),
        ("x", "telescope", "no kind of source 'telescope'"),
    ],
)
def test_bad_places_are_refused_with_a_reason(place, kind, message):
    with pytest.raises(SourceError, match=message):
        open_library(place, kind)


class FakeCapture:
    """Stands in for a camera: gives a frame when let, and none any more once unplugged."""

    opened = True

    def __init__(self, *_):
        self.options = {}
        self.steps = queue.Queue()
        self.released = False

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.opened

    def set(self, option, value):
        self.options[option] = value
        return True

    def get(self, option):
        return self.options.get(option, 0.0)

    def read(self):
        number = self.steps.get(timeout=10)
        if number is None:
            return False, None
        return True, picture(number)[..., ::-1].copy()

    def release(self):
        self.released = True


def test_a_camera_gives_the_newest_frame_until_it_is_unplugged(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    device = tmp_path / "video7"
    device.touch()
    library = open_library(str(device), "camera", Wanted(640, 480, 15.0))
    source = library.open(str(device))
    steps = source._capture.steps
    assert (source.live, source.length, source.rate) == (True, None, 15.0)
    assert source._capture.options[cv2.CAP_PROP_FRAME_WIDTH] == 640
    steps.put(1)
    first = source.read()
    assert first.index == 0
    assert first.age >= 0
    assert (first.image == picture(1)).all()
    for number in (2, 3, 4):
        steps.put(number)
    while (frame := source.read()).index < 3:
        assert (frame.image == picture(frame.index + 1)).all()
    assert (frame.image == picture(4)).all()
    with pytest.raises(SourceError, match="live camera"):
        source.seek(0)
    steps.put(None)
    with pytest.raises(SourceError, match="unplugged"):
        source.read()
    source.close()
    assert source._capture.released


def test_cameras_that_cannot_be_opened_are_explained(monkeypatch, tmp_path):
    with pytest.raises(SourceError, match="no camera /dev/video99; cameras here"):
        CameraSource("99")
    monkeypatch.setattr(FakeCapture, "opened", False)
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    device = tmp_path / "video7"
    device.touch()
    with pytest.raises(SourceError, match="cannot be opened"):
        CameraLibrary(str(device)).open(str(device))
