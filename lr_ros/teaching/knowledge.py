"""What is known: the learner in memory, its versions on disk, and the model last sent out."""

from __future__ import annotations

import time

from lr_ros.core.backbone.frozen import encoder_id
from lr_ros.core.backbone.weights import load_parameters
from lr_ros.core.learner import LatentReplayLearner
from lr_ros.core.state import State
from lr_ros.core.store import Store, StoreError
from lr_ros.teaching.errors import ErrorCode, TeachingError
from lr_ros.teaching.status import Listener, Model

RETRY_SECONDS = 10.0
"""How long to wait before what could not be saved is tried again."""

SAVED = "what was learned is on disk now"


class Knowledge:
    """The learner, its store, and the version of the model. Used from one thread only.

    The version is the number under which the store keeps what is known. It rises with every
    change, also with one that could not be saved yet. ``saved_at`` is when what is known was last
    put on disk, ``unsaved_since`` since when the disk refuses it (both monotonic; None: never).
    """

    def __init__(self, learner: LatentReplayLearner, store: Store, listener: Listener) -> None:
        self.learner = learner
        self.store = store
        self.encoder_id = encoder_id(learner.spec, load_parameters(learner.spec))
        self.version = 0
        self._listener = listener
        self._unsaved: tuple[str, str] | None = None
        self._journaled: set[str] = set()
        self._retry_at = 0.0
        self._reported_aside = 0
        self.saved_at: float | None = None
        self.unsaved_since: float | None = None

    def restore(self) -> None:
        """Load the newest whole version that this learner can use, and send its model out."""
        loaded = self.store.load()
        self.report_damage()
        if loaded is not None:
            self.adopt(loaded.state)
            self.version = loaded.version
            known = len(self.learner.classes)
            self._listener.on_log("info", f"restored version {self.version}: {known} classes")
            self._tell_of_conversion(loaded.state)
        else:
            self._begin()
        self.publish()

    def _begin(self) -> None:
        """Keep what is known before anything is learned, so that the first change can be undone."""
        try:
            self.store.begin(self.learner.state())
        except StoreError as error:
            self._listener.on_log("warning", f"the first change will not be undoable: {error}")

    def adopt(self, state: State) -> None:
        """Make ``state`` what the learner knows; the version number is left as it is.

        Raises:
            TeachingError: INCOMPATIBLE_MODEL; the learner is as it was.
        """
        try:
            self.learner.restore(state)
        except (ValueError, KeyError, TypeError) as error:
            raise TeachingError(
                ErrorCode.INCOMPATIBLE_MODEL, f"this model cannot be used here: {error}"
            ) from error

    def _tell_of_conversion(self, state: State) -> None:
        """Say so where the replay memory was stored with other settings than the learner has."""
        stored, memory = state.meta["replay"], self.learner.snapshot().memory
        before = len(state.arrays["replay.labels"])
        same = (stored["capacity"], stored["bits"]) == (memory.capacity, memory.bits)
        if before and not same:
            self._listener.on_log(
                "info",
                f"the replay memory has {memory.capacity} places of {memory.bits} bits a value now "
                f"({stored['capacity']} of {stored['bits']} before): {len(memory)} of {before} "
                "latents are kept",
            )

    def changed(self, note: str, session_id: str = "") -> None:
        """Send the new model out under a new version, then put it on disk.

        Raises:
            TeachingError: IO_ERROR; the change is in force and is saved later, when it can be.
        """
        self.version += 1
        self.publish()
        self._save(note, session_id)

    def undo(self) -> str:
        """Go back to the version before, and return a note that says which.

        Raises:
            NothingToUndoError, StoreIOError: Nothing has changed.
            TeachingError: IO_ERROR; what is known is not on disk yet, so nothing has changed.
        """
        if self._unsaved is not None:
            self._save(*self._unsaved)
        undone = self.store.undo()
        self.saved_at = time.monotonic()
        self.adopt(undone.state)
        self.version = max(self.version + 1, undone.version)
        self.publish()
        return undone.note

    def publish(self) -> None:
        """Send the model out under the present version."""
        export = self.learner.export() if self.learner.classes else None
        self._listener.on_model(Model(self.version, self.encoder_id, export))

    def save_again_if_due(self) -> bool:
        """Try again what could not be saved, at most every ``RETRY_SECONDS``; tell of success."""
        if self._unsaved is None or time.monotonic() < self._retry_at:
            return False
        try:
            self._save(*self._unsaved)
        except TeachingError as error:
            self._listener.on_log("warning", str(error))
            return False
        self._listener.on_log("info", SAVED)
        return True

    def report_damage(self) -> None:
        """Say which files the store has set aside since this was last called."""
        found = self.store.set_aside
        for aside in found[self._reported_aside :]:
            self._listener.on_log("error", f"set aside {aside.name}: {aside.reason}")
        self._reported_aside = len(found)

    def close(self) -> None:
        """Try once more to save what is not on disk, and release the store."""
        self._retry_at = 0.0
        self.save_again_if_due()
        self.store.close()

    def _save(self, note: str, session_id: str) -> None:
        self._journaled |= {session_id} - {""}
        try:
            number = self.store.commit(self.learner.state(), note, session_id)
        except StoreError as error:
            self._unsaved = (note, session_id)
            self.unsaved_since = self.unsaved_since or time.monotonic()
            self._retry_at = time.monotonic() + RETRY_SECONDS
            raise TeachingError(
                ErrorCode.IO_ERROR,
                f"the change is in force but not on disk: {error}. It is saved as soon as the "
                f"disk takes it (tried every {RETRY_SECONDS:g} s)",
            ) from error
        self._unsaved = self.unsaved_since = None
        self.saved_at = time.monotonic()
        self.version = max(self.version, number)
        self._strike_journal()

    def _strike_journal(self) -> None:
        """Take out of the journal all sessions that are on disk now, earlier unsaved ones too."""
        try:
            for session_id in self._journaled:
                self.store.journal.done(session_id)
        except StoreError as error:
            self._listener.on_log("warning", f"the journal cannot be written: {error}")
        self._journaled.clear()
