"""What can be wrong with a launch file or with a request to launch one."""

from __future__ import annotations


class LaunchError(RuntimeError):
    """A file, an argument, a package or a node cannot be found or used; the message says which."""
