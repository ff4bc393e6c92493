"""What processes take of the memory."""

from __future__ import annotations

from pathlib import Path


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of a process [MB]."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
