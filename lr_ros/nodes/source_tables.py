"""The parameters of the nodes that publish a camera, each in one declarative table."""

from __future__ import annotations

from lr_ros.ros.parameters import Parameter
from lr_ros.ros.qos import RELIABILITIES
from lr_ros.sim.domain import MOST_CLUTTER, MOST_OCCLUDED
from lr_ros.sim.lights import SETTINGS
from lr_ros.sim.table import SIZES
from lr_ros.sources.library import KINDS

_IMAGE = (
    Parameter(
        "image.compressed",
        False,
        "Publish sensor_msgs/CompressedImage (JPEG) on `image/compressed` instead of `image`.",
        read_only=True,
    ),
    Parameter("image.encoding", "rgb8", "Encoding of raw images.", choices=("rgb8", "bgr8")),
    Parameter("image.jpeg_quality", 90, "Quality of compressed images.", 1, 100),
    Parameter(
        "image.reliability",
        "reliable",
        "Reliability offered; reliable matches every subscriber.",
        choices=RELIABILITIES,
        read_only=True,
    ),
    Parameter("image.frame_id", "camera", "Frame named in the headers."),
)

SIMULATED_CAMERA = (
    Parameter("image.width", 320, "Width [pixels].", 32, 4096, read_only=True),
    Parameter("image.height", 240, "Height [pixels].", 32, 4096, read_only=True),
    Parameter("image.rate", 10.0, "Pictures a second.", 0.1, 120.0),
    *_IMAGE,
    Parameter(
        "scene.objects",
        "",
        "Names of the objects that can be shown, with commas between; empty: all.",
        read_only=True,
    ),
    Parameter(
        "scene.object_folder",
        "",
        "Folder of URDF or OBJ files to show instead of the built-in objects; empty: built-in.",
        read_only=True,
    ),
    Parameter(
        "scene.first_object", "", "Object shown at the start; empty: nobody.", read_only=True
    ),
    Parameter(
        "scene.background",
        0,
        "Number of the background and light at the start.",
        0,
        SETTINGS - 1,
        read_only=True,
    ),
    Parameter(
        "scene.object_size",
        0.75,
        "Diameter of an object at its widest, as a share of the picture's height.",
        0.1,
        1.5,
        read_only=True,
    ),
    Parameter(
        "scene.slide",
        0.5,
        "Time in which an object slides into or out of view [s]; 0: at once.",
        0.0,
        10.0,
        read_only=True,
    ),
    Parameter("scene.turn_rate", 0.8, "Turning of an object [rad/s].", -10.0, 10.0, read_only=True),
    Parameter(
        "scene.wobble",
        0.12,
        "Largest lean of a turning object [rad].",
        0.0,
        1.5,
        read_only=True,
    ),
    Parameter(
        "scene.wander",
        0.04,
        "Largest shift of an object, as a share of the picture's height.",
        0.0,
        0.5,
        read_only=True,
    ),
    Parameter(
        "scene.sway",
        0.02,
        "How far the camera moves to either side, as a share of the picture's height.",
        0.0,
        0.5,
        read_only=True,
    ),
    Parameter(
        "scene.noise",
        2.0,
        "Standard deviation of the pixel noise [grey levels].",
        0.0,
        100.0,
        read_only=True,
    ),
    Parameter(
        "scene.clutter",
        0,
        "Things that lie around in the background, other ones in each.",
        0,
        MOST_CLUTTER,
        read_only=True,
    ),
    Parameter(
        "scene.hand",
        False,
        "Let a hand hold the object, which covers a part of it.",
        read_only=True,
    ),
    Parameter(
        "scene.occlusion",
        0.0,
        "Share of each object that a board before it hides.",
        0.0,
        MOST_OCCLUDED,
        read_only=True,
    ),
    Parameter(
        "scene.table",
        False,
        "Look down on a table on which objects can be placed.",
        read_only=True,
    ),
    Parameter(
        "scene.placed",
        "",
        "What stands on the table at the start: names of objects with commas between, or how many "
        "of the last ones that can be shown (at most half of them; the others can be held up).",
        read_only=True,
    ),
    Parameter(
        "scene.placed_size",
        0.15,
        "Diameter of a placed object at its widest, where the request names none [m].",
        *SIZES,
        read_only=True,
    ),
    Parameter(
        "clock.publish",
        False,
        "Make simulated time and publish it on /clock, for nodes that use_sim_time.",
        read_only=True,
    ),
    Parameter(
        "clock.speed",
        1.0,
        "How fast the published clock goes, where the processor keeps up; 1: as the system's.",
        0.01,
        100.0,
    ),
    Parameter(
        "clock.lockstep",
        True,
        "Let the published clock wait for the recognizer's answer to each picture, so that none is "
        "lost however fast it goes.",
        read_only=True,
    ),
    Parameter("scene.seed", 0, "Seed of all that is random.", 0, 2**31 - 1, read_only=True),
)

IMAGE_SOURCE = (
    Parameter(
        "source.path",
        "/dev/video0",
        "Where images come from: a camera (its device or number), or the path of a video, a "
        "folder of pictures or videos, a data set or a recording.",
        read_only=True,
    ),
    Parameter("source.kind", "auto", "Kind of source.", choices=KINDS, read_only=True),
    Parameter(
        "source.clip",
        "",
        "Clip played at the start (see service `list_clips`); empty: the first one.",
        read_only=True,
    ),
    Parameter(
        "source.autoplay",
        True,
        "Play at the start; false: wait for service `play_clip`.",
        read_only=True,
    ),
    Parameter("source.loop", True, "Begin the first clip again at its end.", read_only=True),
    Parameter(
        "source.wait_for",
        0,
        "Subscribers of the image that a clip waits for before its first frame.",
        0,
        100,
        read_only=True,
    ),
    Parameter(
        "source.calibration",
        "",
        "Calibration file of the camera (YAML of ROS's camera_calibration); empty: none.",
        read_only=True,
    ),
    Parameter(
        "image.rate",
        0.0,
        "Frames a second; 0: those of the clip or camera, or 10 where it has none.",
        0.0,
        1000.0,
    ),
    Parameter(
        "image.width", 0, "Width asked of a camera [pixels]; 0: its own.", 0, 16384, read_only=True
    ),
    Parameter(
        "image.height",
        0,
        "Height asked of a camera [pixels]; 0: its own.",
        0,
        16384,
        read_only=True,
    ),
    *_IMAGE,
)
