"""What can go wrong in an evaluation."""

from __future__ import annotations


class InputError(ValueError):
    """A stream or its truth cannot be used; the message says why."""


class EvaluationError(RuntimeError):
    """The system did not come up, or ended before its time; the message says what to look at."""
