import pytest

from lr_ros.sources.base import ClipLibrary, Frame, ImageSource, SourceError, UnknownClipError
from lr_ros.sources.player import ClipEnded, Player, State

from .making import picture


class FakeSource(ImageSource):
    def __init__(self, name, length=3, live=False):
        super().__init__(name, 5.0, None if live else length)
        self.live = live
        self.next = 0
        self.closed = False
        self.broken = False

    def read(self):
        if self.broken:
            raise SourceError("unplugged")
        if self.length is not None and self.next >= self.length:
            return None
        self.next += 1
        return Frame(picture(0), self.next - 1, 0.0)

    def seek(self, index):
        if self.live:
            raise SourceError("live")
        self._check_index(index)
        self.next = index

    def close(self):
        self.closed = True


class FakeLibrary(ClipLibrary):
    def __init__(self, live=False):
        self.live = live
        self.opened = []

    @property
    def names(self):
        return ("a", "b")

    def _open(self, name):
        self.opened.append(FakeSource(name, live=self.live))
        return self.opened[-1]


def indices(player, count):
    found = []
    for _ in range(count):
        try:
            frame = player.next()
        except ClipEnded:
            found.append("end")
        else:
            found.append(None if frame is None else frame.index)
    return found


def test_a_clip_plays_once_and_tells_its_end_once():
    player = Player(FakeLibrary())
    assert player.next() is None
    assert player.standing.state is State.WAITING
    assert player.play("a") == 3
    assert indices(player, 6) == [0, 1, 2, "end", None, None]
    assert player.standing.state is State.ENDED
    player.play("a")
    assert indices(player, 4) == [0, 1, 2, "end"]


def test_a_loop_has_no_end():
    player = Player(FakeLibrary())
    player.play("a", loop=True)
    assert indices(player, 8) == [0, 1, 2, 0, 1, 2, 0, 1]


def test_another_clip_takes_the_place_of_the_one_before():
    library = FakeLibrary()
    player = Player(library)
    player.play("a", loop=True)
    player.next()
    player.play("b")
    assert library.opened[0].closed
    assert player.standing.clip == "b"
    assert indices(player, 4) == [0, 1, 2, "end"]
    with pytest.raises(UnknownClipError, match="no clip 'c'; there are: a, b"):
        player.play("c")
    assert player.standing.clip == "b"
    player.close()
    assert library.opened[1].closed


def test_a_paused_clip_gives_nothing_and_goes_on_where_it_was():
    player = Player(FakeLibrary())
    assert not player.pause(True)
    player.play("a")
    player.next()
    assert player.pause(True)
    assert indices(player, 2) == [None, None]
    assert player.pause(False)
    assert indices(player, 1) == [1]


@pytest.mark.parametrize("rate", [0.0, 7.0, 10.0, 29.97])
def test_seeking_by_seconds_finds_each_frame(rate):
    player = Player(FakeLibrary())
    player.play("a")
    for index in (2, 0, 1):
        assert player.seek(index / player.rate(rate), rate) == index
        assert indices(player, 1) == [index]


def test_seeking_brings_an_ended_clip_back():
    player = Player(FakeLibrary())
    player.play("a")
    indices(player, 4)
    player.seek(0.2, 5.0)
    assert indices(player, 3) == [1, 2, "end"]


@pytest.mark.parametrize("position", [float("nan"), float("inf"), -1.0, 0.6, 1e300])
def test_places_that_do_not_exist_are_refused(position):
    player = Player(FakeLibrary())
    player.play("a")
    with pytest.raises(SourceError):
        player.seek(position, 5.0)
    assert indices(player, 1) == [0]


def test_a_lost_camera_is_opened_again(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("lr_ros.sources.player.time.monotonic", lambda: now[0])
    library = FakeLibrary(live=True)
    player = Player(library)
    player.play("a")
    player.next()
    library.opened[0].broken = True
    with pytest.raises(SourceError, match="unplugged"):
        player.next()
    assert player.standing.state is State.LOST
    assert player.standing.error == "unplugged"
    assert player.next() is None
    now[0] += 2.0
    assert player.next().index == 0
    assert library.opened[0].closed
    assert player.standing.state is State.PLAYING


def test_playing_a_camera_that_plays_does_not_open_it_twice():
    library = FakeLibrary(live=True)
    player = Player(library)
    player.play("a")
    player.play("a")
    assert len(library.opened) == 1
