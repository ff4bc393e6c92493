"""Reading data sets from disk: CORe50, OpenLORIS-Object, and any folder session/class/frames."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from lr_ros.benchmark.dataset import Clip, Dataset, DatasetError, match_sessions, natural

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
LAYOUTS = ("core50", "openloris", "folder")
LEVELS = ("object", "category")

# CORe50: ten categories of five objects each, in this order (Lomonaco and Maltoni, CoRL 2017).
CORE50_CATEGORIES = (
    "plug_adapter",
    "mobile_phone",
    "scissor",
    "light_bulb",
    "can",
    "glass",
    "ball",
    "marker",
    "cup",
    "remote_control",
)
CORE50_TEST_SESSIONS = ("3", "7", "10")


def open_dataset(
    root: Path,
    layout: str | None = None,
    test_sessions: list[str] | None = None,
    level: str = "object",
) -> Dataset:
    """Read the folder tree below ``root``; images themselves are not opened.

    Args:
        root: the data set's folder (for CORe50 the one that holds ``core50_128x128``, or that).
        layout: one of `LAYOUTS`; found out from the folders' names where None.
        test_sessions: names or numbers of the sessions for testing only. Where None: what
            ``labels.json`` says, else CORe50's own 3, 7 and 10. OpenLORIS-Object has test
            folders and takes none.
        level: ``object`` (each object a class) or ``category``.

    Raises:
        DatasetError: not a folder, no known layout, no frames, or a session that is not there.
    """
    if not root.is_dir():
        raise DatasetError(f"{root} is not a folder")
    if level not in LEVELS:
        raise DatasetError(f"level {level!r} is unknown; one of {', '.join(LEVELS)}")
    layout = layout or detect_layout(root)
    if layout == "core50":
        return _core50(root, test_sessions, level)
    if layout == "openloris":
        if test_sessions:
            raise DatasetError("OpenLORIS-Object has its own test folders: leave out test sessions")
        return _openloris(root, level)
    if layout == "folder":
        return _folder(root, test_sessions, level)
    raise DatasetError(f"layout {layout!r} is unknown; one of {', '.join(LAYOUTS)}")


def detect_layout(root: Path) -> str:
    """Return the layout that the folders' names speak for; ``folder`` where neither is known."""
    if _core50_images(root) is not None:
        return "core50"
    if any(_openloris_segments(root, part) for part in ("train", "test")):
        return "openloris"
    return "folder"


def _core50_images(root: Path) -> Path | None:
    for place in (root, *sorted(root.glob("core50_*x*"))):
        if any(re.fullmatch(r"o\d+", o.name) for o in place.glob("s[0-9]*/o[0-9]*")):
            return place
    return None


def _core50(root: Path, test_sessions: list[str] | None, level: str) -> Dataset:
    images = _core50_images(root)
    if images is None:
        raise DatasetError(f"{root} holds no folders s<session>/o<object> as CORe50 has them")
    found = {
        (s.name, o.name): _frames(o, images)
        for s in _folders(images, r"s\d+")
        for o in _folders(s, r"o\d+")
    }
    labels = _labels_file(root, images)
    objects = sorted({o for _, o in found}, key=natural)
    if test_sessions is None:
        present = {str(int(s[1:])) for s, _ in found}
        default = [str(n) for n in labels.get("test_sessions", CORE50_TEST_SESSIONS)]
        test_sessions = [n for n in default if n in present]
    classes, label_of = _core50_classes(objects, labels, level)
    name = str(labels.get("name", root.resolve().name))
    lists = next((p for p in (root, images.parent, images) if _has_lists(p)), None)
    return _split(name, "core50", images, (classes, label_of), found, test_sessions, lists)


def _has_lists(place: Path) -> bool:
    return any(place.glob("NI*_*/[rR]un*")) or any(place.glob("batches_filelists*/N*_*/[rR]un*"))


def _labels_file(*places: Path) -> dict[str, Any]:
    for place in places:
        path = place / "labels.json"
        if path.is_file():
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
            except ValueError as error:
                raise DatasetError(f"{path} is not JSON: {error}") from error
            if not isinstance(content, dict):
                raise DatasetError(f"{path} must hold an object with 'objects'")
            return content
    return {}


def _core50_classes(
    objects: list[str], labels: dict[str, Any], level: str
) -> tuple[tuple[str, ...], dict[str, int]]:
    entries = {f"o{e['object']}": e for e in labels.get("objects", []) if "object" in e}
    own = not entries and len(objects) == 5 * len(CORE50_CATEGORIES)
    names = {o: str(entries.get(o, {}).get("name", o)) for o in objects}
    if own:
        names = {o: f"{CORE50_CATEGORIES[i // 5]}{i % 5 + 1}" for i, o in enumerate(objects)}
    if level == "category":
        if own:
            names = {o: CORE50_CATEGORIES[i // 5] for i, o in enumerate(objects)}
        elif all("category" in entries.get(o, {}) for o in objects):
            names = {o: str(entries[o]["category"]) for o in objects}
        else:
            raise DatasetError(
                "category level needs CORe50's 50 objects, or a 'category' for each object in "
                "labels.json"
            )
    return _indexed(objects, names)


def _indexed(objects: list[str], names: dict[str, str]) -> tuple[tuple[str, ...], dict[str, int]]:
    classes = tuple(dict.fromkeys(names[o] for o in objects))
    return classes, {o: classes.index(names[o]) for o in objects}


def _openloris_segments(root: Path, part: str) -> dict[str, Path]:
    """Return session name to folder, as delivered or as the authors' benchmark script has it.

    Delivered: ``train/<factor>/segment<n>/<object>``; arranged by the authors' script:
    ``<factor>/train/task<n>/<object>``.
    """
    delivered = {f"{p.parent.name}/{p.name}": p for p in root.glob(f"{part}/*/segment[0-9]*")}
    arranged = {f"{p.parents[1].name}/{p.name}": p for p in root.glob(f"*/{part}/task[0-9]*")}
    return delivered or arranged


def _openloris(root: Path, level: str) -> Dataset:
    clips: dict[str, dict[tuple[str, str], tuple[str, ...]]] = {}
    for part in ("train", "test"):
        segments = _openloris_segments(root, part)
        clips[part] = {
            (session, o.name): _frames(o, root)
            for session, folder in sorted(segments.items(), key=lambda s: natural(s[0]))
            for o in _folders(folder)
        }
        if not clips[part]:
            raise DatasetError(f"{root} holds no OpenLORIS-Object segments for {part}")
    objects = sorted({o for part in clips.values() for _, o in part}, key=natural)
    classes, label_of = _indexed(objects, _names(objects, level))
    train, test = (_clips(clips[p], label_of) for p in ("train", "test"))
    return _checked(Dataset(root.resolve().name, "openloris", root, classes, train, test))


def _folder(root: Path, test_sessions: list[str] | None, level: str) -> Dataset:
    found = {(s.name, o.name): _frames(o, root) for s in _folders(root) for o in _folders(s)}
    found = {key: files for key, files in found.items() if files}
    if not found:
        raise DatasetError(f"{root} holds no images as session/class/frame")
    if test_sessions is None:
        sessions = ", ".join(sorted({s for s, _ in found}, key=natural))
        raise DatasetError(f"say which sessions are for testing only; there are {sessions}")
    objects = sorted({o for _, o in found}, key=natural)
    indexed = _indexed(objects, _names(objects, level))
    return _split(root.resolve().name, "folder", root, indexed, found, test_sessions, None)


def _names(objects: list[str], level: str) -> dict[str, str]:
    """At category level a trailing number does not count: ``bottle_01`` is a ``bottle``."""
    if level == "object":
        return {o: o for o in objects}
    return {o: re.sub(r"[_-]?\d+$", "", o) or o for o in objects}


def _split(  # noqa: PLR0913, PLR0917  the parts of a Dataset, put together in this one place
    name: str,
    layout: str,
    root: Path,
    indexed: tuple[tuple[str, ...], dict[str, int]],
    found: dict[tuple[str, str], tuple[str, ...]],
    test_sessions: list[str],
    lists: Path | None,
) -> Dataset:
    classes, label_of = indexed
    sessions = sorted({s for s, _ in found}, key=natural)
    if not test_sessions:
        raise DatasetError(
            f"say which sessions are for testing only; there are {', '.join(sessions)}"
        )
    testing = match_sessions(test_sessions, sessions)
    train = _clips({k: f for k, f in found.items() if k[0] not in testing}, label_of)
    test = _clips({k: f for k, f in found.items() if k[0] in testing}, label_of)
    return _checked(Dataset(name, layout, root, classes, train, test, lists))


def _clips(
    found: dict[tuple[str, str], tuple[str, ...]], label_of: dict[str, int]
) -> tuple[Clip, ...]:
    keys = sorted(found, key=lambda k: (natural(k[0]), natural(k[1])))
    return tuple(Clip(s, o, label_of[o], found[s, o]) for s, o in keys if found[s, o])


def _checked(dataset: Dataset) -> Dataset:
    for part, clips in (("learn from", dataset.train), ("test on", dataset.test)):
        if not clips:
            raise DatasetError(f"{dataset.root} holds no images to {part}")
    return dataset


def _folders(place: Path, pattern: str = r"[^.].*") -> list[Path]:
    inside = (p for p in place.iterdir() if p.is_dir() and re.fullmatch(pattern, p.name))
    return sorted(inside, key=lambda p: natural(p.name))


def _frames(folder: Path, root: Path) -> tuple[str, ...]:
    """Return the folder's colour images in time order, as paths below ``root``.

    CORe50's depth maps (``D_...``) lie apart in its releases; mixed in they are left out.
    """
    inside = (p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
    names = sorted((p.name for p in inside), key=natural)
    colour = [n for n in names if not re.match(r"D_\d+_\d+_\d+\.", n)]
    return tuple((folder / n).relative_to(root).as_posix() for n in colour)
