"""Ties a process to the one that starts it: run as a script, it becomes the command given.

``python tether.py PARENT COMMAND [ARGUMENT ...]``: when the parent dies, however it dies, the
kernel sends the process SIGTERM (prctl(2), PR_SET_PDEATHSIG), so no node is left behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask for the signal and become the command."""
    parent, command = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)
    try:
        os.execv(command[0], command)  # noqa: S606 - without a shell is meant
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
