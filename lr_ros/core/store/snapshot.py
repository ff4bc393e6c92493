"""A whole state as one file that proves itself: an uncompressed zip of three members.

``manifest.json`` names the other two with their sizes and SHA-256, and carries its own checksum;
``state.json`` holds the JSON part, ``arrays.safetensors`` the numbers. Any zip tool opens it; there
is nothing in it that runs.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, BinaryIO

import numpy as np
import safetensors.numpy

from lr_ros.core.state import Arrays, State
from lr_ros.core.store.errors import DamagedError
from lr_ros.core.store.formats import FORMAT, NEEDS, check_readable, migrate

MANIFEST, META, ARRAYS = "manifest.json", "state.json", "arrays.safetensors"
MAGIC = b"PK\x03\x04"
_KINDS = "biuf"  # numpy's letters for boolean, integers and floats: what safetensors stores


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says of itself.

    ``kind`` is ``version``, ``model`` or ``session``, ``label`` its number, name or id, ``created``
    the UTC time in ISO form, ``lineage`` the versions an undo goes back to, nearest first, and
    ``session_id`` the session whose training made the version (empty: none).
    """

    kind: str
    label: str
    note: str = ""
    lineage: tuple[int, ...] = ()
    session_id: str = ""
    created: str = field(
        default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="seconds")
    )


def write(file: BinaryIO, state: State, manifest: Manifest) -> None:
    """Write ``state`` to ``file``.

    Raises ValueError if it holds arrays of objects or text, names no file can have, or numbers that
    JSON has not (NaN, infinity).
    """
    members = {
        META: json.dumps(state.meta, allow_nan=False, sort_keys=True).encode(),
        ARRAYS: safetensors.numpy.save(_storable(state.arrays)),
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(MANIFEST), _manifest_bytes(manifest, members))
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)


def read(data: bytes, where: str) -> tuple[Manifest, State]:
    """Return what :func:`write` wrote; ``where`` names the bytes in errors.

    Raises DamagedError if a single byte that matters differs, and IncompatibleStoreError if the
    snapshot is whole but of a newer format.
    """
    with _damage_in(where):
        archive = _open(data)
        body = _manifest_body(archive.read(MANIFEST))
    check_readable(body["format"], body["needs"], where)
    with _damage_in(where):
        meta = json.loads(_member(archive, META, body))
        loaded = safetensors.numpy.load(_member(archive, ARRAYS, body))
        arrays = {name: np.require(array, requirements="W") for name, array in loaded.items()}
        manifest = _manifest(body)
    return manifest, migrate(State(arrays, meta), body["format"])


def read_manifest(file: BinaryIO, where: str) -> Manifest:
    """Return the manifest alone, without checking the members; raises as :func:`read`."""
    with _damage_in(where), zipfile.ZipFile(file) as archive:
        body = _manifest_body(archive.read(_small(archive.getinfo(MANIFEST))))
    check_readable(body["format"], body["needs"], where)
    with _damage_in(where):
        return _manifest(body)


@contextmanager
def _damage_in(where: str) -> Iterator[None]:
    """Turn whatever the parsers say of bytes that are no snapshot into DamagedError."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as error:
        # Parsers meet altered bytes with nearly every exception there is; an unreadable disk is not
        # the bytes' fault. (EINVAL: a seek to where altered bytes point.)
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise DamagedError(f"{where} is damaged: {error}") from error


def _storable(arrays: Arrays) -> Arrays:
    out: Arrays = {}
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind not in _KINDS or array.dtype.itemsize > 8:
            raise ValueError(f"array {name!r} has dtype {array.dtype}, which cannot be stored")
        if not name or name == "__metadata__":
            raise ValueError(f"{name!r} cannot be the name of an array")
        # safetensors writes the buffer as it lies: it must be row-major and little-endian.
        out[name] = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    return out


def _manifest_bytes(manifest: Manifest, members: dict[str, bytes]) -> bytes:
    body = {
        "format": FORMAT,
        "needs": NEEDS,
        "kind": manifest.kind,
        "label": manifest.label,
        "note": manifest.note,
        "lineage": list(manifest.lineage),
        "session_id": manifest.session_id,
        "created": manifest.created,
        "files": {name: {"bytes": len(d), "sha256": _sha256(d)} for name, d in members.items()},
    }
    return seal(body)


def seal(body: dict[str, Any]) -> bytes:
    """Return ``body`` as JSON with its own SHA-256. This envelope is the same in every format."""
    checksum = _sha256(_canonical(body))
    return _canonical({"body": body, "sha256": checksum})


def unseal(data: bytes) -> dict[str, Any]:
    """Return the body that :func:`seal` sealed; raises ValueError if any byte was altered."""
    body: dict[str, Any] = json.loads(data)["body"]
    if seal(body) != data:
        raise ValueError("its checksum does not fit")
    return body


def _manifest_body(data: bytes) -> dict[str, Any]:
    body = unseal(data)
    if not isinstance(body["format"], int) or not isinstance(body["needs"], str):
        raise ValueError("the manifest names no format")
    return body


def _manifest(body: dict[str, Any]) -> Manifest:
    return Manifest(
        kind=body["kind"],
        label=body["label"],
        note=body["note"],
        lineage=tuple(body["lineage"]),
        session_id=body["session_id"],
        created=body["created"],
    )


def _open(data: bytes) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(data))
    for info in archive.infolist():
        if info.compress_type != zipfile.ZIP_STORED or info.file_size > len(data):
            raise ValueError(f"its member {info.filename!r} is packed or longer than the file")
    return archive


def _small(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    if info.compress_type != zipfile.ZIP_STORED or info.file_size > 1 << 20:
        raise ValueError("its manifest is packed or too long")
    return info


def _member(archive: zipfile.ZipFile, name: str, body: dict[str, Any]) -> bytes:
    data = archive.read(name)
    expected = body["files"][name]
    if len(data) != expected["bytes"] or _sha256(data) != expected["sha256"]:
        raise ValueError(f"the checksum of its {name} does not fit")
    return data


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, indent=1, allow_nan=False).encode()
