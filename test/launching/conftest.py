from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from installation.executables import NODES

from lr_ros.launching import Process

ROOT = Path(__file__).parents[2]

# Like scripts/executable.in: the path of the Python may have a space in it.
PYTHON = f"""\
#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
import json, os, signal, sys, time
"""

# Stands for a node: says how it was started, and ends when it is asked to.
NODE = f"""{PYTHON}
print(json.dumps(sys.argv), flush=True)
signal.sigwait({{signal.SIGINT, signal.SIGTERM}})
"""


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation of lr_ros with this checkout's launch files and nodes that only wait."""
    prefix = tmp_path / "prefix"
    index = prefix / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    (index / "lr_ros").touch()
    share = prefix / "share/lr_ros"
    shutil.copytree(ROOT / "launch", share / "launch")
    shutil.copytree(ROOT / "config", share / "config")
    (share / "config/lr_ros.yaml").touch()
    library = prefix / "lib/lr_ros"
    library.mkdir(parents=True)
    for name in NODES:
        (library / name).write_text(NODE)
        (library / name).chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(prefix))
    monkeypatch.delenv("FASTDDS_DEFAULT_PROFILES_FILE", raising=False)
    return prefix


@pytest.fixture
def script(tmp_path: Path) -> Callable[..., Process]:
    """Makes a process of a Python program's text."""

    def make(text: str, name: str = "node", **options: object) -> Process:
        path = tmp_path / f"{name}.py"
        path.write_text(f"{PYTHON}{text}\n")
        path.chmod(0o755)
        return Process(name=name, executable=path, node_name=name, namespace="/lr", **options)

    return make
