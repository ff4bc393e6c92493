"""Strategies that make any message of any type, from what rosidl says of its fields."""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

from hypothesis import strategies as st

NAMES = ("mug", "cup", "unknown", "kitchen", "../x", "", "rgb8", "mono8", "16UC1")

_PLAIN = {
    "boolean": st.booleans(),
    "float": st.floats(width=32) | st.floats(0.0, 2.0, width=32),
    "double": st.floats() | st.floats(0.0, 2.0),
    "octet": st.binary(min_size=1, max_size=1),
}
_WIDTHS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}


def find(kind: str) -> Any:
    """Return the class of ``package/Name`` or ``package/msg/Name`` (srv, action likewise).

    Raises ImportError or AttributeError for one that is not there.
    """
    package, *folder, name = kind.split("/")
    action, _, part = name.rpartition("_")
    if part in ("Goal", "Result", "Feedback") and not folder:
        return getattr(find(f"{package}/action/{action}"), part)
    module = importlib.import_module(f"{package}.{folder[0] if folder else 'msg'}")
    return getattr(module, name)


@functools.cache
def messages(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for messages of a class."""
    fields = {n: values(t) for n, t in kind.get_fields_and_field_types().items()}
    if kind.__name__ == "Time":
        fields["nanosec"] = st.integers(0, 999_999_999) | fields["nanosec"]
    return st.builds(kind, **fields)


@functools.cache
def values(kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy for a field of the type that rosidl calls ``kind``."""
    if sequence := re.fullmatch(r"sequence<(.+?)(?:, \d+)?>", kind):
        if sequence[1] == "uint8":
            return st.binary(max_size=400)
        return st.lists(values(sequence[1]), max_size=4)
    if array := re.fullmatch(r"(.+)\[(\d+)\]", kind):
        return st.lists(values(array[1]), min_size=int(array[2]), max_size=int(array[2]))
    if re.fullmatch(r"string(<\d+>)?", kind):
        # A null character ends a string on the wire.
        text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=80)
        return st.sampled_from(NAMES) | text
    if kind in _PLAIN:
        return _PLAIN[kind]
    return _integers(kind) if kind.removeprefix("u") in _WIDTHS else messages(find(kind))


@functools.cache
def altered(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for one or two fields, to be put into a message that is right otherwise."""
    fields = kind.get_fields_and_field_types()
    chosen = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True)
    return chosen.flatmap(
        lambda names: st.fixed_dictionaries({name: values(fields[name]) for name in names})
    )


def _integers(kind: str) -> st.SearchStrategy[int]:
    if kind.startswith("u"):
        bits = _WIDTHS[kind[1:]]
        return st.integers(0, 2**bits - 1) | st.integers(0, min(2**bits - 1, 100))
    bits = _WIDTHS[kind]
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) | st.integers(-2, 100)
