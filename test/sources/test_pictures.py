import pytest

from lr_ros.sources.base import SourceError, UnknownClipError
from lr_ros.sources.pictures import Core50Library, FolderLibrary

from .making import close_to, picture, save


def test_a_folder_is_played_in_natural_order(tmp_path):
    for number in range(12):
        save(tmp_path / f"img{number}.png", picture(number))
    (tmp_path / "notes.txt").write_text("not a picture")
    library = FolderLibrary(tmp_path, rate=4.0)
    assert library.names == (tmp_path.name,)
    with library.open(tmp_path.name) as source:
        assert (source.live, source.rate, source.length) == (False, 4.0, 12)
        frames = list(source)
    assert [f.index for f in frames] == list(range(12))
    assert [f.offset for f in frames] == [n / 4 for n in range(12)]
    assert all((f.image == picture(f.index)).all() for f in frames)


def test_subfolders_are_clips_of_their_own(tmp_path):
    for place in ("b10", "b2", "c/deep"):
        save(tmp_path / place / "0.png", picture(0))
    (tmp_path / "empty").mkdir()
    assert FolderLibrary(tmp_path).names == ("b2", "b10", "c/deep")


def test_damaged_pictures_are_passed_over_counted_and_keep_their_number(tmp_path):
    for number in range(6):
        save(tmp_path / f"{number}.jpg", picture(number))
    (tmp_path / "1.jpg").write_bytes(b"")
    whole = (tmp_path / "3.jpg").read_bytes()
    (tmp_path / "3.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "4.jpg").write_bytes(b"GIF89a" + bytes(100))
    with FolderLibrary(tmp_path).open(tmp_path.name) as source:
        frames = list(source)
        assert [f.index for f in frames] == [0, 2, 5]
        assert source.skipped == 3
    assert all(close_to(f.image, picture(f.index)) for f in frames)


def test_a_folder_of_damaged_pictures_only_is_an_error_that_names_one(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "b.png").write_bytes(b"")
    source = FolderLibrary(tmp_path).open(tmp_path.name)
    with pytest.raises(SourceError, match=r"b\.png"):
        source.read()


def test_seeking_and_its_limits(tmp_path):
    for number in range(5):
        save(tmp_path / f"{number}.png", picture(number))
    source = FolderLibrary(tmp_path).open(tmp_path.name)
    source.seek(3)
    assert [f.index for f in source] == [3, 4]
    assert source.read() is None
    source.seek(0)
    assert source.read().index == 0
    for index in (-1, 5):
        with pytest.raises(SourceError, match=f"no frame {index}; its last is 4"):
            source.seek(index)


def test_places_without_pictures_are_refused(tmp_path):
    with pytest.raises(SourceError, match="nowhere"):
        FolderLibrary(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="no pictures"):
        FolderLibrary(tmp_path)


@pytest.fixture
def core50(tmp_path):
    for session in (1, 2, 10):
        for thing in (1, 2, 11):
            for frame in range(3):
                name = f"C_{session:02d}_{thing:02d}_{frame:03d}.png"
                save(tmp_path / f"core50_128x128/s{session}/o{thing}" / name, picture(frame))
    return tmp_path


@pytest.mark.parametrize("inside", [False, True])
def test_core50_clips_are_sessions_of_objects(core50, inside):
    library = Core50Library(core50 / "core50_128x128" if inside else core50)
    assert library.names[:4] == ("s1/o1", "s1/o2", "s1/o11", "s2/o1")
    assert library.names[-1] == "s10/o11"
    with library.open("s10/o2") as source:
        assert [f.index for f in source] == [0, 1, 2]
        assert source.rate == 20.0


def test_clips_that_do_not_exist_are_refused_with_those_that_do(core50):
    with pytest.raises(UnknownClipError, match="no clip 's9/o9'; there are: s1/o1, s1/o2"):
        Core50Library(core50).open("s9/o9")


def test_another_layout_is_no_core50(tmp_path):
    save(tmp_path / "a/b.png", picture(0))
    with pytest.raises(SourceError, match="not laid out as CORe50"):
        Core50Library(tmp_path)
