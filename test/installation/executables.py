"""The package's executables, as CMakeLists.txt lists them: the one list pip and colcon read."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_CMAKE = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")

NODES: tuple[str, ...] = tuple(
    " ".join(re.findall(r"^foreach\(node\s+([^)]*)\)$", _CMAKE, re.MULTILINE)).split()
)
"""What `ros2 run lr_ros` starts; each is ``main`` of the module of that name in lr_ros/nodes."""

PROGRAMS: dict[str, str] = dict(
    re.findall(r"^install_executable\((\w[\w-]*) (lr_ros\.[\w.]+) bin\)$", _CMAKE, re.MULTILINE)
)
"""What lands on the path, by name, with its module."""
