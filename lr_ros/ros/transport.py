"""The package's settings of Fast DDS, for processes that were not started by a launch file."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "FASTDDS_DEFAULT_PROFILES_FILE"

_PROFILE = "share/lr_ros/config/fastdds.xml"


def use_transport_profile() -> None:
    """Name the installed ``config/fastdds.xml`` in the environment; call it before ``rclpy.init``.

    A profile that is named already is kept. Where none is installed, Fast DDS's defaults do.
    """
    named = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    for prefix in (*filter(None, named), sys.prefix):
        profile = Path(prefix) / _PROFILE
        if profile.is_file():
            os.environ.setdefault(VARIABLE, str(profile))
            return
