"""The commands of the README, the tutorials and the how-to pages, run in order, for real.

A simulated camera stands in for a webcam and for a robot's camera, a bag made here for the user's
own. What cannot run on a bare machine is named with the reason.

By default each command is run once, however many pages show it, before nodes that the pages share.
The slow tests walk through each page from its beginning, with nodes of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from bags.making import jpeg, write
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from ros_processes import Probe

from .pages import ROOT, blocks, commands
from .walkthrough import Otherwise, Walkthrough

pytestmark = [pytest.mark.ros, pytest.mark.timeout(600)]

DOMAIN_ID = 71
ANOTHER_DOMAIN_ID = 79
NO_ROS = "needs a ROS installation, which PyPI has no wheels of"
NETWORK = "needs a network, root or a ROS installation; names are checked by test_commands.py"
LIVE = Otherwise("live")
SIMULATION = "lr launch simulation.launch.py"
WEBCAM = Otherwise(
    "nodes",
    "a simulated camera with a mug before it stands in for the webcam",
    SIMULATION,
    then=("lr present mug",),
)
ROBOT = Otherwise(
    "nodes", f"{NO_ROS}; `lr launch` runs the same file", "lr launch lr_ros.launch.py image:=image"
)
CAMERA = ".venv/lib/lr_ros/simulated_camera --ros-args -r __ns:=/lr -p scene.first_object:=mug"

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
        SIMULATION: Otherwise("nodes"),
        "lr watch": LIVE,
    },
    "docs/tutorials/webcam.md": {
        "lr launch webcam.launch.py": WEBCAM,
        "lr watch": LIVE,
        "lr questions": Otherwise("listen", topic="label_request"),
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
        "lr launch webcam.launch.py source:=my_bag": Otherwise("nodes"),
        "ros2 launch lr_ros lr_ros.launch.py image:=/camera/image_raw use_sim_time:=true": (
            Otherwise("not run", NO_ROS)
        ),
    },
    "docs/tutorials/two_machines.md": {
        "export ROS_DOMAIN_ID=7": Otherwise(
            "instead",
            "a domain in which no other test is",
            f"export ROS_DOMAIN_ID={ANOTHER_DOMAIN_ID}",
        ),
        "ros2 run lr_ros recognizer --ros-args -r __ns:=/lr -r image:=/camera/image_raw": Otherwise(
            "beside",
            NO_ROS,
            ".venv/lib/lr_ros/recognizer --ros-args -r __ns:=/lr -r image:=/lr/image",
        ),
        "ros2 run lr_ros learner --ros-args -r __ns:=/lr -p training.nice:=0 "
        "-p training.threads:=4": Otherwise(
            "nodes",
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

FIRST = "docs/tutorials/simulation.md"
BAG = "docs/tutorials/bag.md"
ROBOTS_OWN = "docs/tutorials/robot.md"
ANOTHER = "docs/howto/another_robot.md"
TWO_MACHINES = "docs/tutorials/two_machines.md"
SHARING = (FIRST, "README.md", "docs/tutorials/webcam.md", ROBOTS_OWN, ANOTHER, BAG)
"""Pages that the nodes of the first one's simulation do for. What the others launch themselves,
test_launch_real_nodes.py launches, too."""
WITHOUT_NODES = tuple(page for page in PAGES if page not in {*SHARING, TWO_MACHINES})


def picture(scene: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """A turning chequered board, in view twice."""
    image = scene.copy()
    if 20 <= number < 60 or 220 <= number < 250:
        squares = np.indices((120, 120)).sum(axis=0) // 20 % 2
        board = np.where(squares[..., None], (220, 20, 20), (240, 240, 240)).astype(np.uint8)
        matrix = cv2.getRotationMatrix2D((60, 60), 7.0 * number, 0.8)
        inside = cv2.warpAffine(np.ones((120, 120), np.uint8), matrix, (120, 120)) > 0
        part = image[60:180, 100:220]
        part[inside] = cv2.warpAffine(board, matrix, (120, 120))[inside]
    return np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def make_bag(path: Path) -> None:
    """Write half a minute of a robot's camera, five pictures a second, none in the middle."""
    rng = np.random.default_rng(1)
    coarse = rng.integers(90, 150, (12, 16, 3), dtype=np.uint8)
    scene = cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)
    numbers = [*range(0, 70, 2), *range(200, 260, 2)]  # tenths of a second
    messages = [(number, jpeg(number, picture(scene, number, rng))) for number in numbers]
    write(path, {"/camera/image_raw": messages}, "sqlite3")


def hurry(domain_id: int) -> None:
    """Let the camera and the sessions go faster than an operator could follow."""
    probe = Probe("lr", domain_id)
    try:
        for node, name in (("simulated_camera", "image.rate"), ("learner", "session.rate")):
            parameter = Parameter(name, value=20.0).to_parameter_msg()
            request = SetParameters.Request(parameters=[parameter])
            answer = probe.call(SetParameters, f"{node}/set_parameters", request)
            assert answer.results[0].successful, answer
    finally:
        probe.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Walkthrough]:
    """A reader who begins anew."""
    walkthrough = Walkthrough(tmp_path, DOMAIN_ID + 1)
    try:
        yield walkthrough
        walkthrough.stop()
    finally:
        walkthrough.clean()


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walkthrough]:
    """A reader with nodes that run already."""
    walkthrough = Walkthrough(tmp_path_factory.mktemp("classroom"), DOMAIN_ID)
    try:
        walkthrough.do(SIMULATION, PAGES[FIRST][SIMULATION])
        hurry(DOMAIN_ID)
        yield walkthrough
        walkthrough.stop()
    finally:
        walkthrough.clean()


@pytest.fixture(scope="module")
def done() -> set[str]:
    """What was run already, on any page."""
    return set()


def prepare(page: str, reader: Walkthrough) -> None:
    """Put before a reader what their page takes for granted."""
    if page == BAG:
        make_bag(reader.where / "my_bag")
    if reader.has_nodes:
        return
    if page == TWO_MACHINES:
        reader.environment["ROS_DOMAIN_ID"] = str(ANOTHER_DOMAIN_ID)
    if page in {ROBOTS_OWN, TWO_MACHINES}:
        reader.start(CAMERA)
    if page == ANOTHER:
        reader.do("lr launch webcam.launch.py", WEBCAM)
        reader.run("lr learn mug --frames 10")


@pytest.mark.parametrize("page", SHARING)
def test_commands_work_before_nodes_that_run(
    page: str, classroom: Walkthrough, done: set[str]
) -> None:
    prepare(page, classroom)
    classroom.walk(ROOT / page, PAGES[page], done)


@pytest.mark.parametrize("page", WITHOUT_NODES)
def test_commands_work_without_nodes(page: str, reader: Walkthrough, done: set[str]) -> None:
    reader.walk(ROOT / page, PAGES[page], done)


@pytest.mark.slow
@pytest.mark.parametrize("page", [*SHARING, TWO_MACHINES])
def test_a_page_works_from_its_beginning(page: str, reader: Walkthrough) -> None:
    prepare(page, reader)
    reader.walk(ROOT / page, PAGES[page])


def test_two_machines_need_no_commands_of_their_own() -> None:
    """Nodes apart are what many tests start; all else on that page is on the others."""
    shown = {command for page in SHARING for command in shell(page)}
    assert set(shell(TWO_MACHINES)) - shown == set(PAGES[TWO_MACHINES])


def shell(page: str) -> list[str]:
    return [command for block in blocks(ROOT / page, "sh") for command in commands(block.text)]


UNTESTED = {"docs/howto/gazebo.md"}
"""Pages that say themselves that nothing of them can be run here."""


def test_every_tutorial_and_how_to_page_is_walked_through() -> None:
    folders = ("tutorials", "howto")
    pages = {str(p.relative_to(ROOT)) for f in folders for p in (ROOT / "docs" / f).glob("*.md")}
    assert pages - UNTESTED | {"README.md"} == set(PAGES)
    assert all("**Untested here.**" in (ROOT / page).read_text() for page in UNTESTED)


def test_what_is_not_run_has_its_reason() -> None:
    for rules in PAGES.values():
        for command, otherwise in rules.items():
            as_it_stands = otherwise.how != "not run" and not otherwise.command
            assert otherwise.reason or as_it_stands, command
