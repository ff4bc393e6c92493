"""A data set of object videos as the benchmark sees it: clips of frames, some for testing only."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path


class DatasetError(ValueError):
    """The folder given as data set cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Clip:
    """One showing of one object in one session, in time order.

    ``obj`` is the thing shown, ``label`` the index of its class: the same where objects are to
    be told apart, shared by several objects at category level. ``files`` are paths below the
    data set's root, with ``/``.
    """

    session: str
    obj: str
    label: int
    files: tuple[str, ...]

    @property
    def clip_id(self) -> str:
        """What tells this clip from all others: frames of one clip resemble one another."""
        return f"{self.session}/{self.obj}"


@dataclass(frozen=True)
class Dataset:
    """Clips to learn from and clips to test on; a session is in one of the two, never in both.

    ``lists`` is the folder that holds CORe50's own batch lists (``NIC_v2_391`` and so on), None
    where there are none.
    """

    name: str
    layout: str
    root: Path
    classes: tuple[str, ...]
    train: tuple[Clip, ...]
    test: tuple[Clip, ...]
    lists: Path | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """Every file once, clip after clip, training clips first."""
        return tuple(dict.fromkeys(f for c in (*self.train, *self.test) for f in c.files))

    def every(self, step: int, test_step: int | None = None) -> Dataset:
        """Return the same data set with every ``step``-th frame of each clip, the first included.

        Test clips are thinned to every ``test_step``-th frame, as training clips where None.

        Raises:
            DatasetError: a step is below 1.
        """
        test_step = step if test_step is None else test_step
        if min(step, test_step) < 1:
            raise DatasetError(f"every {step}th and {test_step}th frame: give 1 or more")
        return replace(self, train=_thin(self.train, step), test=_thin(self.test, test_step))


def _thin(clips: tuple[Clip, ...], step: int) -> tuple[Clip, ...]:
    return tuple(replace(c, files=c.files[::step]) for c in clips)


def drop(clips: tuple[Clip, ...], bad: frozenset[str]) -> tuple[Clip, ...]:
    """Return ``clips`` without the files in ``bad``; a clip of which nothing is left goes too."""
    kept = (replace(c, files=tuple(f for f in c.files if f not in bad)) for c in clips)
    return tuple(c for c in kept if c.files)


def natural(text: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key that counts: ``s2`` before ``s10``.

    >>> sorted(["s10", "s2"], key=natural)
    ['s2', 's10']
    """
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, int(p)) if p.isdigit() else (1, p) for p in parts)


def match_sessions(wanted: list[str], present: list[str]) -> set[str]:
    """Return the sessions meant by ``wanted``, each by its name or by the number it ends in.

    Raises:
        DatasetError: one of them is not there, or nothing is left to learn from.
    """
    found: set[str] = set()
    for name in wanted:
        hits = {s for s in present if s == name} or {s for s in present if _number(s) == name}
        if not hits:
            raise DatasetError(
                f"test session {name!r} is not in the data set, which has {', '.join(present)}"
            )
        found |= hits
    if found == set(present):
        raise DatasetError("all sessions are for testing: none is left to learn from")
    return found


def _number(session: str) -> str | None:
    digits = re.search(r"(\d+)$", session)
    return str(int(digits.group(1))) if digits else None
