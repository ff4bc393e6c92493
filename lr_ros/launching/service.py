"""A launch file run to its end, by the real launch where it is installed."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType

from lr_ros.launching.loading import load
from lr_ros.launching.packages import find_file
from lr_ros.launching.running import Running

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(file: str | Path, arguments: Mapping[str, str] | None = None) -> int:
    """Launch a file and return the exit code when everything has ended.

    SIGINT, SIGTERM and SIGHUP stop the nodes. Call it from the main thread.

    Raises:
        LaunchError: as :func:`load` does, before anything is started.
    """
    processes = load(file, arguments)
    real = real_launch()
    if real is not None:
        return _run_with(real, find_file(str(file)), dict(arguments or {}))
    running = Running(processes)

    def stop(number: int, _frame: FrameType | None) -> None:
        running.stop(signal.SIGTERM if number == signal.SIGHUP else number)

    before = {number: signal.signal(number, stop) for number in STOPPING}
    try:
        with running:
            return running.wait() or 0
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def real_launch() -> ModuleType | None:
    """Return the real ``launch`` where it and ``launch_ros`` are installed.

    PyPI has an unrelated package of the name ``launch``; it has no LaunchService.
    """
    try:
        import_module("launch_ros.actions")
        launch = import_module("launch")
    except ImportError:
        return None
    return launch if hasattr(launch, "LaunchService") else None


def _run_with(launch: ModuleType, path: Path, arguments: dict[str, str]) -> int:
    sources = import_module("launch.launch_description_sources")
    actions = import_module("launch.actions")
    service = launch.LaunchService()
    service.include_launch_description(
        actions.IncludeLaunchDescription(
            sources.PythonLaunchDescriptionSource(str(path)), launch_arguments=arguments.items()
        )
    )
    return int(service.run())
