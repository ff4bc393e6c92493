"""What a robot knows, on disk: versions, saved models, and sessions that wait for training.

The directory of a store::

    lock                       the owner's process id; the kernel holds the lock itself
    store.json                 the format of the store
    versions/NUMBER.snapshot   each a whole state that proves itself
    versions/newest.json       the highest number ever acknowledged
    models/NAME.snapshot       states saved by name
    journal/NUMBER-ID.snapshot sessions that are complete but not yet trained
    damaged/                   what was found damaged; never deleted by the store
"""

from lr_ros.core.store.aside import SetAside
from lr_ros.core.store.errors import (
    DamagedError,
    ExistsError,
    IncompatibleStoreError,
    InvalidNameError,
    JournalFullError,
    NothingToUndoError,
    StoreError,
    StoreIOError,
    StoreLockedError,
    UnknownModelError,
    UnknownVersionError,
)
from lr_ros.core.store.journal import Journal, JournalEntry
from lr_ros.core.store.store import Loaded, Store, VersionInfo

__all__ = [
    "DamagedError",
    "ExistsError",
    "IncompatibleStoreError",
    "InvalidNameError",
    "Journal",
    "JournalEntry",
    "JournalFullError",
    "Loaded",
    "NothingToUndoError",
    "SetAside",
    "Store",
    "StoreError",
    "StoreIOError",
    "StoreLockedError",
    "UnknownModelError",
    "UnknownVersionError",
    "VersionInfo",
]
