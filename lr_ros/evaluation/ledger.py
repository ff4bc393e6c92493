"""What a robot must know, by the answers it has given: kept beside it, to find wrong ones."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Ledger:
    """The classes that must be known, and those that ``undo`` must lead back to.

    ``keep`` is how many versions the robot keeps, the present one included.
    """

    keep: int
    _history: list[tuple[str, ...]] = field(default_factory=lambda: [()])
    _saved: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that must be known now, in order."""
        return self._history[-1]

    @property
    def can_undo(self) -> bool:
        """Whether an earlier version must be kept."""
        return len(self._history) > 1

    @property
    def saved(self) -> tuple[str, ...]:
        """The names of saved models."""
        return tuple(self._saved)

    def learn(self, name: str) -> None:
        """A session of this class has succeeded."""
        known = self.classes
        self._change(known if name in known else (*known, name))

    def forget(self, name: str) -> None:
        """A class was forgotten."""
        self._change(tuple(known for known in self.classes if known != name))

    def rename(self, old: str, new: str) -> None:
        """A class has got another name."""
        self._change(tuple(new if known == old else known for known in self.classes))

    def reset(self) -> None:
        """Everything was forgotten."""
        self._change(())

    def save(self, name: str) -> None:
        """All that is known was saved."""
        self._saved[name] = self.classes

    def load(self, name: str) -> None:
        """A saved model has replaced what was known."""
        self._change(self._saved[name])

    def undo(self) -> None:
        """The last change was taken back."""
        self._history.pop()

    def _change(self, classes: tuple[str, ...]) -> None:
        self._history = [*self._history, classes][-self.keep :]
