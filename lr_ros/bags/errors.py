"""What can go wrong with a recording or with what is asked of it."""

from __future__ import annotations


class BagError(ValueError):
    """What was asked for cannot be done with this recording; says why, and what to do."""
