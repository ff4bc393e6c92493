"""Everything a learner knows at one moment: forked, changed, and then published as a whole."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .backbone import BackboneSpec
from .learner_config import LARGEST_HOLDOUT, LearnerConfig, UnknownClassError
from .learner_familiar import Familiar
from .model import ModelParts, ServingModel
from .quantize import Quantizer
from .replay import ReplayMemory, patterns_in
from .state import State, with_prefix
from .strategies import STRATEGIES, Strategy

_UNBOUNDED = 10_000_000
_FORMAT = 1


@dataclass(frozen=True)
class ClassRecord:
    """The history of a class; fields as in :class:`lr_ros.core.learner_config.ClassInfo`."""

    name: str
    sessions: int = 0
    frames: int = 0
    last_learned: float = 0.0


@dataclass
class Knowledge:
    """Classes, strategy, replay memory and held-out patterns, all with the same class numbers.

    Once published by a learner it never changes; whoever wants to change it forks it first.
    """

    spec: BackboneSpec
    records: tuple[ClassRecord, ...]
    strategy: Strategy
    memory: ReplayMemory
    held_out: ReplayMemory
    familiar: Familiar
    rng: np.random.Generator
    batches: int = 0
    _model: ServingModel | None = field(default=None, repr=False)
    _accuracies: NDArray[np.float64] | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def empty(
        cls, spec: BackboneSpec, config: LearnerConfig, image_shape: tuple[int, ...]
    ) -> Knowledge:
        """Return the knowledge of a new learner; ``image_shape`` is for strategies on images."""
        strategy = STRATEGIES[config.strategy](spec, config.seed)
        if config.epochs is not None:
            strategy.epochs = config.epochs
        strategy.train_lower_every(config.lower_every)
        on_images = strategy.patterns == "images"
        shape = image_shape if on_images else spec.latent_shape
        bits = 8 if on_images else config.bits
        quantizer = Quantizer(8) if on_images else None
        capacity = config.replay_capacity
        if config.replay_megabytes is not None:
            capacity = patterns_in(config.replay_megabytes, shape, bits)
        if strategy.replays == "all":
            capacity = _UNBOUNDED
        # One that holds nothing out has room for what it held out with other settings before.
        share = config.holdout or LARGEST_HOLDOUT
        held_out = max(1, round(config.replay_capacity * share))
        return cls(
            spec,
            (),
            strategy,
            ReplayMemory(capacity, shape, bits, config.policy, config.seed, quantizer),
            ReplayMemory(held_out, shape, bits, "balanced", config.seed, quantizer),
            Familiar(spec, config.seed),
            np.random.default_rng(config.seed),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The classes, in the order of the outputs."""
        return tuple(record.name for record in self.records)

    def label(self, name: str) -> int:
        """Return the number of a class; UnknownClassError if there is none of that name."""
        try:
            return self.names.index(name)
        except ValueError:
            known = ", ".join(self.names) or "none"
            raise UnknownClassError(f"no class is called {name!r}; known: {known}") from None

    def fork(self) -> Knowledge:
        """Return a copy that may be changed."""
        rng = np.random.default_rng()
        rng.bit_generator.state = self.rng.bit_generator.state
        return replace(
            self,
            strategy=self.strategy.fork(),
            memory=self.memory.copy(),
            held_out=self.held_out.copy(),
            familiar=self.familiar.fork(),
            rng=rng,
            _model=None,
            _accuracies=None,
            _lock=threading.Lock(),
        )

    def label_of_new(self, name: str) -> int:
        """Return the number of a class, making room for it if it is new."""
        if name not in self.names:
            self.strategy.add_class()
            self.records = (*self.records, ClassRecord(name))
        return self.label(name)

    def forget(self, name: str) -> None:
        """Remove a class with its latents, head row and statistics."""
        label = self.label(name)
        self.strategy.remove(label)
        self.memory.forget(label)
        self.held_out.forget(label)
        self.familiar.forget(label)
        self.records = self.records[:label] + self.records[label + 1 :]

    def rename(self, old: str, new: str) -> None:
        """Give a class another name, or make it part of the class that has that name already."""
        label = self.label(old)
        if new == old:
            return
        record = replace(self.records[label], name=new)
        if new in self.names:
            self._merge(label, self.label(new))
        else:
            self.records = (*self.records[:label], record, *self.records[label + 1 :])

    def _merge(self, source: int, target: int) -> None:
        a, b = self.records[source], self.records[target]
        joined = ClassRecord(
            b.name,
            a.sessions + b.sessions,
            a.frames + b.frames,
            max(a.last_learned, b.last_learned),
        )
        self.strategy.merge(source, target)
        for memory in (self.memory, self.held_out):
            memory.rename(source, target)
            memory.forget(source)
        self.familiar.merge(source, target)
        records = list(self.records)
        records[target] = joined
        del records[source]
        self.records = tuple(records)

    def parts(self) -> ModelParts:
        """Return the contents of the model that answers."""
        return replace(self.strategy.parts(), unknown=self.familiar.parts())

    def model(self) -> ServingModel:
        """Return the model that answers, built when it is first asked for."""
        with self._lock:
            if self._model is None:
                self._model = ServingModel(self.parts(), self.names, self.spec)
            return self._model

    def accuracies(self) -> NDArray[np.float64]:
        """Return the share right on held-out patterns of each class; NaN where there are none."""
        if not self.records:
            return np.zeros(0)
        if self._accuracies is None:
            right, frames = self.right_of(self.held_out)
            with np.errstate(invalid="ignore"):
                self._accuracies = right / frames
        return self._accuracies

    def right_of(self, held_out: ReplayMemory) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return, by class, how many of these patterns get their name, and how many there are."""
        sample = held_out.take(np.arange(len(held_out)))
        size = len(self.records)
        frames = np.bincount(sample.labels, minlength=size)
        if len(sample.labels) == 0:
            return np.zeros(size, np.int64), frames
        latents = self.strategy.latents_of(sample.latents)
        right = self.model().predict(latents).probabilities.argmax(axis=1) == sample.labels
        return np.bincount(sample.labels[right], minlength=size), frames

    def state(self) -> State:
        """Return everything needed to go on exactly here."""
        memory, held_out = self.memory.state(), self.held_out.state()
        familiar = self.familiar.state()
        return State(
            {
                **with_prefix("strategy", self.strategy.arrays()),
                **with_prefix("replay", memory.arrays),
                **with_prefix("held_out", held_out.arrays),
                **with_prefix("familiar", familiar.arrays),
            },
            {
                "format": _FORMAT,
                "strategy": self.strategy.name,
                "classes": [asdict(record) for record in self.records],
                "replay": memory.meta,
                "held_out": held_out.meta,
                "familiar": familiar.meta,
                "rng": self.rng.bit_generator.state,
                "batches": self.batches,
            },
        )

    def restored(self, state: State) -> Knowledge:
        """Return the knowledge that a state of a learner with the same strategy describes.

        Its memories are brought to the capacity, bits and policy of this learner.

        Raises:
            ValueError: the state is of another format or strategy, or its parts do not fit.
        """
        meta = state.meta
        if meta.get("format") != _FORMAT:
            raise ValueError(f"learner state has format {meta.get('format')}, not {_FORMAT}")
        if meta["strategy"] != self.strategy.name:
            raise ValueError(
                f"learner state is of strategy {meta['strategy']!r}, "
                f"this learner uses {self.strategy.name!r}; set the strategy to that or reset"
            )
        new = self.fork()
        try:
            new.records = tuple(ClassRecord(**record) for record in meta["classes"])
            new.strategy.load(state.part("strategy"), len(new.records))
            new.memory = ReplayMemory.restored(State(state.part("replay"), meta["replay"]))
            new.held_out = ReplayMemory.restored(State(state.part("held_out"), meta["held_out"]))
            familiar = State(state.part("familiar"), meta["familiar"])
            new.familiar = self.familiar.restored(familiar)
            new.rng.bit_generator.state = meta["rng"]
            new.batches = int(meta["batches"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"learner state lacks {error}") from error
        for memory in (new.memory, new.held_out):
            if memory.shape != self.memory.shape:
                raise ValueError(
                    f"stored latents have shape {memory.shape}, not {self.memory.shape}"
                )
            if max(memory.counts(), default=-1) >= len(new.records):
                raise ValueError("the replay memory has latents of a class that has no name")
        new.memory = new.memory.fitted_to(self.memory)
        new.held_out = new.held_out.fitted_to(self.held_out)
        return new
