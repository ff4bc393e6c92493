"""Where installed packages, their launch files and their nodes are."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lr_ros.launching.errors import LaunchError

SUFFIX = ".launch.py"


def prefixes(environment: Mapping[str, str]) -> list[Path]:
    """Return the folders packages are installed in: AMENT_PREFIX_PATH, then this environment's."""
    named = environment.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return [Path(name) for name in dict.fromkeys([*named, sys.prefix]) if name]


def package_prefix(package: str, environment: Mapping[str, str]) -> Path:
    """Return the prefix that ``package`` is installed in, as the ament index has it."""
    searched = prefixes(environment)
    for prefix in searched:
        if (prefix / "share/ament_index/resource_index/packages" / package).is_file():
            return prefix
    places = ", ".join(map(str, searched))
    raise LaunchError(f"package '{package}' is not installed in any of: {places}")


def share_directory(package: str, environment: Mapping[str, str]) -> Path:
    """Return the package's share directory, with its launch and parameter files."""
    return package_prefix(package, environment) / "share" / package


def executable(package: str, name: str, environment: Mapping[str, str]) -> Path:
    """Return the path of one of the package's nodes."""
    folder = package_prefix(package, environment) / "lib" / package
    path = folder / name
    if not (path.is_file() and os.access(path, os.X_OK)):
        there = sorted(entry.name for entry in folder.glob("*")) if folder.is_dir() else []
        raise LaunchError(
            f"package '{package}' has no executable '{name}'; it has: {', '.join(there) or 'none'}"
        )
    return path


def available_files(package: str = "lr_ros") -> list[Path]:
    """Return the launch files that an installed package brings."""
    return sorted((share_directory(package, os.environ) / "launch").glob(f"*{SUFFIX}"))


def find_file(name: str) -> Path:
    """Return the launch file of this path, or of this name among those of ``lr_ros``.

    ``simulation`` and ``simulation.launch.py`` name the same file.
    """
    path = Path(name)
    if path.is_file():
        return path.resolve()
    files = available_files()
    for file in files:
        if name in (file.name, file.name.removesuffix(SUFFIX)):
            return file
    known = ", ".join(file.name.removesuffix(SUFFIX) for file in files)
    raise LaunchError(f"there is no launch file '{name}'; lr_ros has: {known}")
