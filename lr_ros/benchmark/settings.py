"""Everything that decides what a benchmark measures, and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

STRATEGIES = (
    "default",
    "ar1free",
    "ar1",
    "cwr",
    "native_replay",
    "naive",
    "cumulative",
    "ncm",
    "slda",
)
_VARIANT = re.compile(r"(?P<name>[a-z0-9_]+)(?P<changes>(:(bits|replay|epochs|lower_every)=\d+)*)")


@dataclass(frozen=True)
class Settings:
    """What is measured. Runs in one folder share them; strategies and seeds may be added.

    ``epochs`` None leaves the number to the strategy, ``max_batches`` None takes all,
    ``test_every`` None thins test clips as those to learn from; ``lower_every`` is that of
    :class:`lr_ros.core.learner_config.LearnerConfig`, for variants.
    """

    data: str
    layout: str
    level: str
    protocol: str
    nicv2: int
    test_sessions: tuple[str, ...] | None
    every: int
    test_every: int | None
    max_batches: int | None
    backbone: str
    cut: str
    input_size: int
    precision: str
    weights: str | None
    bits: int
    replay: int
    epochs: int | None
    threads: int
    lower_every: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON has them; what only variants set is named by these."""
        facts = asdict(self)
        del facts["lower_every"]
        return json.loads(json.dumps(facts))

    @property
    def digest(self) -> str:
        """A short name of these settings; equal only if all are equal."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:16]

    def differences(self, stored: dict[str, Any]) -> list[str]:
        """Say of each setting that is not as in ``stored`` what it is and what it was."""
        mine = self.to_json()
        return [
            f"{key} is {mine.get(key)!r} and was {stored.get(key)!r}"
            for key in sorted(mine.keys() | stored.keys())
            if mine.get(key) != stored.get(key)
        ]


@dataclass(frozen=True)
class Variant:
    """A strategy, perhaps with other bits, replay capacity, epochs or lower_every than the rest.

    Written ``default:bits=4:replay=300``.
    """

    name: str
    strategy: str
    changes: tuple[tuple[str, int], ...] = ()

    @classmethod
    def parse(cls, text: str) -> Variant:
        """Read a variant.

        Raises:
            ValueError: not of that form, or no such strategy.
        """
        match = _VARIANT.fullmatch(text)
        if match is None:
            raise ValueError(
                f"strategy {text!r} is not NAME or NAME:bits=N:replay=N:epochs=N:lower_every=N "
                "(any of these)"
            )
        strategy = match["name"]
        if strategy not in STRATEGIES:
            raise ValueError(f"strategy {strategy!r} is unknown; one of {', '.join(STRATEGIES)}")
        pairs = (p.split("=") for p in match["changes"].split(":") if p)
        return cls(text, strategy, tuple((key, int(value)) for key, value in pairs))

    def apply(self, settings: Settings) -> Settings:
        """Return ``settings`` with this variant's changes."""
        return replace(settings, **dict(self.changes))

    @property
    def file_name(self) -> str:
        """The name as part of a file's name."""
        return self.name.replace(":", "+").replace("=", "-")
