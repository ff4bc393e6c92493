"""The message types of this package as rosbags knows types, made from the installed .msg files."""

from __future__ import annotations

import functools
import os

from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from lr_ros.bags.errors import BagError
from lr_ros.launching.packages import share_directory


@functools.cache
def typestore() -> Typestore:
    """Return ROS's own types and those of lr_ros.

    Raises:
        BagError: The package's message files are not installed.
    """
    store = get_typestore(Stores.ROS2_KILTED)
    folder = share_directory("lr_ros", os.environ) / "msg"
    files = sorted(folder.glob("*.msg"))
    if not files:
        raise BagError(f"no message files in {folder}; install lr_ros (make setup)")
    types = {}
    for path in files:
        text = path.read_text(encoding="utf-8")
        types.update(get_types_from_msg(text, f"lr_ros/msg/{path.stem}"))
    store.register(types)
    return store
