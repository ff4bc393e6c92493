import numpy as np
import pytest
from rosbags.rosbag2 import CompressionMode
from shared_parts.encoded import padded, pixels_of, scene, wanted

from lr_ros.imaging.raw import ENCODINGS, raw_to_rgb
from lr_ros.sources.bag import BagLibrary
from lr_ros.sources.base import SourceError, UnknownClipError

from .making import STORE, close_to, header, jpeg_message, picture, raw_message, write_bag

COUNT = 6


def both_topics():
    return {
        "/camera/image": [raw_message(n, picture(n), padding=5) for n in range(COUNT)],
        "/camera/image/compressed": [jpeg_message(n, picture(n)) for n in range(COUNT)],
        "/camera/header": [header(n) for n in range(COUNT)],
    }


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
@pytest.mark.parametrize("mode", [CompressionMode.NONE, CompressionMode.FILE])
def test_raw_and_compressed_images_come_out_of_both_formats(tmp_path, storage, mode):
    if storage == "mcap" and mode is CompressionMode.FILE:
        mode = CompressionMode.STORAGE  # mcap compresses inside the file
    library = BagLibrary(write_bag(tmp_path / "bag", both_topics(), storage, mode))
    assert library.names == ("/camera/image", "/camera/image/compressed")
    for topic in library.names:
        with library.open(topic) as source:
            assert source.length == COUNT
            assert source.rate == pytest.approx(10.0)
            frames = list(source)
            assert source.skipped == 0
        assert [f.index for f in frames] == list(range(COUNT))
        assert [f.offset for f in frames] == pytest.approx([n / 10 for n in range(COUNT)])
        assert all(close_to(f.image, picture(f.index)) for f in frames)
    with library.open("/camera/image") as source:
        assert all((f.image == picture(f.index)).all() for f in source)


@pytest.mark.parametrize("compression", ["NONE", "LZ4", "ZSTD"])
def test_mcap_files_of_another_writer_are_read(tmp_path, compression):
    """Written by the MCAP project's own package, with each compression of chunks it knows."""
    mcap = pytest.importorskip("mcap.writer")
    path = tmp_path / "other.mcap"
    kind = mcap.CompressionType[compression]
    with path.open("wb") as file:
        writer = mcap.Writer(file, compression=kind)
        writer.start(profile="ros2")
        definition, _ = STORE.generate_msgdef("sensor_msgs/msg/Image", ros_version=2)
        schema = writer.register_schema("sensor_msgs/msg/Image", "ros2msg", definition.encode())
        channel = writer.register_channel("/image", "cdr", schema)
        for n in range(COUNT):
            message = raw_message(n, picture(n))
            data = bytes(STORE.serialize_cdr(message, message.__msgtype__))
            writer.add_message(channel, 10**9 * (n + 1), data, 10**9 * (n + 1))
        writer.finish()
    with BagLibrary(path).open("/image") as source:
        assert all((frame.image == picture(frame.index)).all() for frame in source)
        assert source.length == COUNT


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
def test_seeking_in_a_recording(tmp_path, storage):
    library = BagLibrary(write_bag(tmp_path / "bag", both_topics(), storage))
    with library.open("/camera/image") as source:
        for index in (4, 1, 5):
            source.seek(index)
            frame = source.read()
            assert frame.index == index
            assert (frame.image == picture(index)).all()
        assert source.read() is None
        with pytest.raises(SourceError, match="no frame 6"):
            source.seek(6)


def test_every_encoding_that_nodes_take_is_read_from_recordings_too(tmp_path):
    messages = []
    for encoding in ENCODINGS:
        message = raw_message(0, padded(pixels_of(scene(), encoding), 3)[..., None], encoding)
        message.height, message.width = scene().shape[:2]
        messages.append(message)
    with BagLibrary(write_bag(tmp_path / "bag", {"/image": messages})).open("/image") as source:
        images = [frame.image for frame in source]
    inner = (slice(2, -2), slice(2, -2))
    for message, image in zip(messages, images, strict=True):
        difference = image[inner].astype(int) - wanted(message.encoding)[inner]
        assert np.abs(difference).max() <= 6, message.encoding
        assert (image == raw_to_rgb(message)).all()


def test_grey_of_8_and_of_16_bits_in_both_byte_orders(tmp_path):
    grey = picture(3)[..., :1]
    little = raw_message(0, np.dstack([np.zeros_like(grey), grey]), "mono16")
    big = raw_message(0, np.dstack([grey, np.zeros_like(grey)]), "mono16")
    big.is_bigendian = 1
    messages = [raw_message(0, grey, "mono8"), little, big]
    library = BagLibrary(write_bag(tmp_path / "bag", {"/image": messages}))
    with library.open("/image") as source:
        for frame in source:
            assert (frame.image == grey).all()


def test_damaged_images_are_passed_over_and_counted(tmp_path):
    messages = [jpeg_message(n, picture(n)) for n in range(5)]
    messages[1] = jpeg_message(1, picture(1), cut=200)
    messages[3] = jpeg_message(3, picture(3), cut=0)
    library = BagLibrary(write_bag(tmp_path / "bag", {"/image/compressed": messages}))
    with library.open("/image/compressed") as source:
        assert [f.index for f in source] == [0, 2, 4]
        assert source.skipped == 2


def test_an_image_that_lies_about_its_size_is_no_crash(tmp_path):
    messages = [raw_message(n, picture(n)) for n in range(3)]
    messages[0].height = 10**6
    messages[1].step = 3
    library = BagLibrary(write_bag(tmp_path / "bag", {"/image": messages}))
    with library.open("/image") as source:
        assert [f.index for f in source] == [2]


def test_an_encoding_that_is_not_understood_is_named(tmp_path):
    message = raw_message(0, picture(0), "16SC9")
    library = BagLibrary(write_bag(tmp_path / "bag", {"/image": [message]}))
    with library.open("/image") as source, pytest.raises(SourceError, match="'16SC9'"):
        source.read()


def test_recordings_without_images_and_topics_that_do_not_exist(tmp_path):
    path = write_bag(tmp_path / "none", {"/h": [header(0)]})
    with pytest.raises(SourceError, match="holds no images; its topics: /h"):
        BagLibrary(path)
    library = BagLibrary(write_bag(tmp_path / "bag", both_topics()))
    with pytest.raises(UnknownClipError, match="no clip '/camera/header'; there are: /camera/imag"):
        library.open("/camera/header")


def test_a_file_of_a_recording_stands_for_the_recording(tmp_path):
    for storage, suffix in (("sqlite3", "db3"), ("mcap", "mcap")):
        path = write_bag(tmp_path / storage, both_topics(), storage)
        file = path / f"{storage}.{suffix}"
        assert BagLibrary(file).names == ("/camera/image", "/camera/image/compressed")
        lone = tmp_path / file.name
        lone.write_bytes(file.read_bytes())
        with BagLibrary(lone).open("/camera/image") as source:
            assert len(list(source)) == COUNT


@pytest.mark.parametrize("storage", ["sqlite3", "mcap"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_a_damaged_recording_is_named_or_read_as_far_as_it_goes(tmp_path, storage, share):
    path = write_bag(tmp_path / "bag", both_topics(), storage)
    file = next(p for p in path.iterdir() if p.suffix != ".yaml")
    data = bytearray(file.read_bytes())
    begin = int(len(data) * share)
    data[begin : begin + 3000] = bytes(3000)
    file.write_bytes(data)
    indices, message = [], str(path)
    try:
        with BagLibrary(path).open("/camera/image") as source:
            indices = [f.index for f in source]
    except SourceError as error:
        message = str(error)
    assert str(path) in message
    assert indices == sorted(set(indices))


def test_a_folder_whose_metadata_is_nonsense_is_named(tmp_path):
    path = write_bag(tmp_path / "bag", both_topics())
    for content in ("", "a: [", "rosbag2_bagfile_information: 3"):
        (path / "metadata.yaml").write_text(content)
        with pytest.raises(SourceError, match="bag"):
            BagLibrary(path)
