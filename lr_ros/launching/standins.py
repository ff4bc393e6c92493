"""Stand-ins for the modules ``launch`` and ``launch_ros``, there only while a file is read."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from lr_ros.launching import actions, node, substitutions

# What each module offers. A launch file that wants more than this fails with an ImportError that
# names it; the tests hold this project's files to it.
CONTENTS: dict[str, dict[str, object]] = {
    "launch": {"LaunchDescription": actions.LaunchDescription},
    "launch.actions": {
        "DeclareLaunchArgument": actions.DeclareLaunchArgument,
        "GroupAction": actions.GroupAction,
        "IncludeLaunchDescription": actions.IncludeLaunchDescription,
        "SetEnvironmentVariable": actions.SetEnvironmentVariable,
        "Shutdown": actions.Shutdown,
    },
    "launch.conditions": {
        "IfCondition": substitutions.IfCondition,
        "UnlessCondition": substitutions.UnlessCondition,
    },
    "launch.launch_description_sources": {
        "PythonLaunchDescriptionSource": actions.PythonLaunchDescriptionSource,
    },
    "launch.substitutions": {
        "EnvironmentVariable": substitutions.EnvironmentVariable,
        "LaunchConfiguration": substitutions.LaunchConfiguration,
        "PathJoinSubstitution": substitutions.PathJoinSubstitution,
    },
    "launch_ros": {},
    "launch_ros.actions": {
        "Node": node.Node,
        "PushRosNamespace": actions.PushRosNamespace,
    },
    "launch_ros.parameter_descriptions": {"ParameterValue": substitutions.ParameterValue},
    "launch_ros.substitutions": {"FindPackageShare": substitutions.FindPackageShare},
}

_lock = threading.RLock()  # sys.modules is one for all threads; an include reads within a read


def _is_replaced(name: str) -> bool:
    return name.partition(".")[0] in ("launch", "launch_ros")


@contextmanager
def standing_in() -> Iterator[None]:
    """Within, ``import launch`` and ``import launch_ros`` give the stand-ins.

    Whatever bears these names otherwise (the real ones, or PyPI's unrelated ``launch``) is back
    afterwards.
    """
    with _lock:
        others = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_replaced(name)}
        for name, contents in CONTENTS.items():
            module = ModuleType(name, "Stand-in of lr_ros.launching.")
            module.__dict__.update(contents)
            if name in ("launch", "launch_ros"):
                module.__path__ = []  # a package, with nothing of it on disk
            sys.modules[name] = module
        try:
            yield
        finally:
            for name in list(sys.modules):
                if _is_replaced(name):
                    del sys.modules[name]
            sys.modules.update(others)
