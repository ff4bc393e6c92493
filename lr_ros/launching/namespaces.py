"""ROS namespaces put together."""

from __future__ import annotations


def joined(base: str, name: str) -> str:
    """Return ``name`` within ``base``; an absolute name stands alone, an empty one changes nothing.

    >>> joined("/robot", "lr"), joined("", "lr"), joined("/robot", "/lr"), joined("/robot", "")
    ('/robot/lr', '/lr', '/lr', '/robot')
    """
    if not name:
        return base
    whole = name if name.startswith("/") else f"{base.rstrip('/')}/{name}"
    return whole.rstrip("/") or "/"
