"""The commands of the README, the tutorials and the how-to pages, run in order, for real.

A simulated camera stands in for a webcam and for a robot's camera, a bag made here for the user's
own. What cannot run on a bare machine is named with the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from sources.making import raw_message, write_bag

from .pages import ROOT
from .walkthrough import Otherwise, Walkthrough

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

NO_ROS = "needs a ROS installation, which PyPI has no wheels of"
NETWORK = "needs a network, root or a ROS installation; names are checked by test_commands.py"
LIVE = Otherwise("live")

CAMERA = """\
/**/simulated_camera:
  ros__parameters:
    scene.first_object: mug
"""
WEBCAM = Otherwise(
    "background",
    "a simulated camera with a mug before it stands in for the webcam",
    "lr launch simulation.launch.py params_file:=$PWD/mug.yaml",
)
ROBOT = Otherwise(
    "background",
    f"{NO_ROS}; `lr launch` runs the same file",
    "lr launch lr_ros.launch.py image:=/lr/image",
)


@pytest.fixture
def reader(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Walkthrough]:
    """A reader with a domain of their own."""
    number = sorted(PAGES).index(request.node.callspec.params["page"])
    walkthrough = Walkthrough(tmp_path, 70 + number)
    (walkthrough.where / "mug.yaml").write_text(CAMERA)
    try:
        yield walkthrough
    finally:
        walkthrough.clean()


PAGES: dict[str, dict[str, Otherwise]] = {
    "README.md": {
        "make demo": Otherwise("not run", "minutes; `lr demo` is test_whole_system.py's"),
        "make test": Otherwise("not run", "it is what runs this"),
        "lr launch webcam.launch.py": WEBCAM,
        "lr watch": LIVE,
        **{
            command: Otherwise("not run", NETWORK)
            for command in (
                "cd ~/ros2_ws/src && git clone <this repository> lr_ros && cd ..",
                "rosdep install --from-paths src --ignore-src",
                "pip install --break-system-packages -r src/lr_ros/requirements/robot.txt",
                "colcon build --packages-select lr_ros && . install/setup.sh",
            )
        },
        "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw": Otherwise(
            "not run", "the nodes run already; the robot's tutorial launches it"
        ),
    },
    "docs/tutorials/simulation.md": {
        "make setup": Otherwise("not run", "it has made the .venv that this runs in"),
        "lr launch simulation.launch.py": Otherwise("background"),
        "lr watch": LIVE,
    },
    "docs/tutorials/webcam.md": {
        "lr launch webcam.launch.py": WEBCAM,
        "lr watch": LIVE,
        "lr questions": Otherwise("ask", "whether it asks depends on what it has been shown"),
    },
    "docs/tutorials/robot.md": {
        **{
            command: Otherwise("not run", NETWORK)
            for command in (
                "cd ~/ros2_ws/src && git clone <this repository> lr_ros && cd ..",
                "rosdep install --from-paths src --ignore-src",
                "pip install --break-system-packages -r src/lr_ros/requirements/robot.txt",
                "colcon build --packages-select lr_ros && . install/setup.sh",
                ". install/setup.sh",
                "ros2 action send_goal --feedback /lr/learn lr_ros/action/Learn "
                '"{class_name: cup, frames: 40}"',
                "ros2 service call /lr/learn_class lr_ros/srv/LearnClass "
                '"{class_name: cup, frames: 40}"',
                "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw "
                "params_file:=my_robot.yaml",
            )
        },
        "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw": ROBOT,
    },
    "docs/tutorials/bag.md": {
        "ros2 bag record -o my_bag /camera/image_raw": Otherwise("not run", NO_ROS),
        "lr launch webcam.launch.py source:=my_bag": Otherwise("background"),
        "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw use_sim_time:=true": (
            Otherwise("not run", NO_ROS)
        ),
    },
    "docs/tutorials/two_machines.md": {
        "export ROS_DOMAIN_ID=7": Otherwise(
            "instead", "a domain in which no other test is", "export ROS_DOMAIN_ID=79"
        ),
        "ros2 run lr_ros recognizer --ros-args -r __ns:=/lr -r image:=/camera/image_raw": Otherwise(
            "beside",
            NO_ROS,
            ".venv/lib/lr_ros/recognizer --ros-args -r __ns:=/lr -r image:=/lr/image",
        ),
        "ros2 run lr_ros learner --ros-args -r __ns:=/lr -p training.nice:=0 "
        "-p training.threads:=4": Otherwise(
            "background",
            NO_ROS,
            ".venv/lib/lr_ros/learner --ros-args -r __ns:=/lr -p training.nice:=0 "
            "-p training.threads:=4",
        ),
    },
    "docs/howto/raspberry_pi.md": {
        "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw params_file:=small.yaml": (
            Otherwise("not run", f"{NO_ROS}; test_commands.py looks at the file's settings")
        ),
    },
    "docs/howto/another_robot.md": {},
    "docs/howto/backbone.md": {},
    "docs/howto/strategy.md": {},
}
"""What is done differently, page by page; all else is run as it stands."""

ALONE = {"docs/howto/raspberry_pi.md", "docs/howto/backbone.md", "docs/howto/strategy.md"}
"""Pages whose commands need no robot that runs already."""
LONG = {"docs/tutorials/webcam.md", "docs/tutorials/bag.md", "docs/tutorials/robot.md"}
"""Pages that take a minute or so: their commands are much like the README's."""


def background() -> np.ndarray:
    coarse = np.random.default_rng(0).integers(90, 150, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)


def picture(scene: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """A turning chequered board that comes into view after two seconds."""
    image = scene.copy()
    if number >= 20:
        squares = np.indices((120, 120)).sum(axis=0) // 20 % 2
        board = np.where(squares[..., None], (220, 20, 20), (240, 240, 240)).astype(np.uint8)
        matrix = cv2.getRotationMatrix2D((60, 60), 7.0 * number, 0.8)
        inside = cv2.warpAffine(np.ones((120, 120), np.uint8), matrix, (120, 120)) > 0
        part = image[60:180, 100:220]
        part[inside] = cv2.warpAffine(board, matrix, (120, 120))[inside]
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def make_bag(path: Path, seconds: int = 30) -> None:
    """Write ten pictures a second, as a robot's camera would."""
    rng, scene = np.random.default_rng(1), background()
    pictures = [picture(scene, number, rng) for number in range(10 * seconds)]
    write_bag(path, {"/camera/image_raw": [raw_message(n, p) for n, p in enumerate(pictures)]})


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page in LONG else []) for page in PAGES],
)
def test_the_commands_of_a_page_work(page: str, reader: Walkthrough) -> None:
    if page == "docs/tutorials/bag.md":
        make_bag(reader.where / "my_bag")
    if page in {"docs/tutorials/robot.md", "docs/tutorials/two_machines.md"}:
        if page.endswith("two_machines.md"):
            reader.environment["ROS_DOMAIN_ID"] = "79"
        reader.start(
            ".venv/lib/lr_ros/simulated_camera --ros-args -r __ns:=/lr -p scene.first_object:=mug"
        )
    if page == "docs/howto/another_robot.md":
        reader.do("lr launch webcam.launch.py", WEBCAM)
        reader.run("lr learn mug --frames 10")
    reader.walk(ROOT / page, PAGES[page])
    reader.stop()


UNTESTED = {"docs/howto/gazebo.md"}
"""Pages that say themselves that nothing of them can be run here."""


def test_every_tutorial_and_how_to_page_is_walked_through() -> None:
    folders = ("tutorials", "howto")
    pages = {str(p.relative_to(ROOT)) for f in folders for p in (ROOT / "docs" / f).glob("*.md")}
    assert pages - UNTESTED | {"README.md"} == set(PAGES)
    assert all("**Untested here.**" in (ROOT / page).read_text() for page in UNTESTED)
    assert set(PAGES) >= ALONE | LONG


def test_what_is_not_run_has_its_reason() -> None:
    for rules in PAGES.values():
        for command, otherwise in rules.items():
            assert otherwise.reason or otherwise.how in {"background", "live"}, command
