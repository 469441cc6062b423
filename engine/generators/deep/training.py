"""The training loop of every deep method: epochs, learning rate, early stopping, checkpoint of the best, time, stop.

It knows no framework. What is trained is a `Trainable`: it goes through its batches, measures itself on rows that it
does not learn from, and hands out its weights as numpy arrays. Same data and seed give the same order of everything;
the clock has a say only where the time does not suffice for all epochs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import FitError
from engine.progress import NO_LOSSES, Budget, CancelToken, Reporter
from engine.seeds import stream

Ints = NDArray[np.int64]
Weights = dict[str, NDArray[np.generic]]

STEPS = 1_000  # progress steps of one training
HELD = 0.1  # share of rows that decide when to stop
_HELD_MOST = 10_000
_FEW = 40  # below that many rows, none are held out: all rows are trained on and judged by
_TIME_TELLS = 0.1  # share of the time from which on the clock may hasten the schedule
_DIVERGED = 1e3  # a loss this many times its first size has diverged
_BASE, _PER_ROOT, _UNIT = 25.0, 45.0, 10_000.0  # seconds by default: base + per root * sqrt(cells / unit)
_LEAST, _MOST = 20.0, 1_800.0


class Trainable(Protocol):
    """A network with its data and optimiser."""

    def epoch(self, pace: Pace) -> Mapping[str, float]:
        """Learn from all training rows once and return the mean of each named loss.

        `pace.rates(batches)` gives the learning rate of each batch, and ends early when training has to.
        """

    def validate(self) -> float:
        """Loss on the held-out rows; lower is better. Of the weights that `snapshot` would hand out."""

    def snapshot(self) -> Weights:
        """A copy of all weights."""

    def restore(self, weights: Weights) -> None: ...


@dataclass(frozen=True, slots=True)
class Schedule:
    """epochs: at most; rate: highest learning rate, reached after the share `warm_up` of the training and then lowered
    along a cosine to `floor` times itself; patience: epochs without a better validation before training ends;
    gain: what counts as better, in the validation's own unit."""

    epochs: int
    rate: float
    patience: int = 12
    warm_up: float = 0.03
    floor: float = 0.01
    gain: float = 1e-4

    def at(self, share: float) -> float:
        """Learning rate when `share` (0 to 1) of the training is done."""
        if share < self.warm_up:
            return self.rate * max(share / self.warm_up, 0.05)
        way = min((share - self.warm_up) / (1 - self.warm_up), 1.0)
        return self.rate * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * way)))


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch came to.

    losses: means over its batches; validation: on held-out rows; seconds: since the budget began.
    """

    number: int
    losses: Mapping[str, float]
    validation: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training went. start: validation before it; best: the epoch whose weights are kept, 0 for none;
    reason: why it ended, as the end of a sentence; in_time: whether it ended for another reason than the clock."""

    history: tuple[Epoch, ...]
    start: float
    best: int
    reason: str
    in_time: bool

    @property
    def learned(self) -> bool:
        """Whether any epoch was better than the start."""
        return self.best > 0

    @property
    def sentence(self) -> str:
        """For the notes of a model."""
        ran = f"{len(self.history)} epoch{'' if len(self.history) == 1 else 's'}"
        kept = f"epoch {self.best} is kept" if self.best else "none was better than the start"
        return f"Trained for {ran}; {kept}: {self.reason}."

    def demand(self) -> None:
        """Raise FitError where the time was up before anything was learned, so that another method takes over."""
        if not self.in_time and not self.learned:
            raise FitError(f"Training learned nothing that helps: {self.reason}.")

    def curve(self) -> dict[str, list[float]]:
        """Each named loss, and "validation", over the epochs."""
        names = list(self.history[0].losses) if self.history else []
        found = {name: [epoch.losses[name] for epoch in self.history] for name in names}
        return {**found, "validation": [epoch.validation for epoch in self.history]}


class Pace:
    """How far a training has come, by epochs or by the clock, and whether it has to end."""

    def __init__(self, schedule: Schedule, budget: Budget, cancel: CancelToken | None, reporter: Reporter) -> None:
        self._schedule, self._budget, self._cancel, self._reporter = schedule, budget, cancel, reporter
        self._begun = budget.spent()
        self._told = 0
        self.epoch = 0

    def share(self, within: float = 0.0) -> float:
        """Done part of the training, 0 to 1; within: done part of the present epoch."""
        done = min((self.epoch + within) / self._schedule.epochs, 1.0)
        if self._budget.seconds is None:
            return done
        time = self._budget.spent() - self._begun
        spent = min(time / max(self._budget.seconds - self._begun, 1e-9), 1.0)
        return max(done, spent) if spent > _TIME_TELLS else done

    @property
    def stopped(self) -> bool:
        """Whether the person asked to end the training with what it has."""
        return self._cancel is not None and self._cancel.finishing

    @property
    def over(self) -> bool:
        return self.stopped or self._budget.over

    def rates(self, batches: int) -> Iterator[float]:
        """The learning rate of each batch of one epoch. Ends early where time is up. Raises Cancelled on request."""
        for batch in range(batches):
            share = self.share(batch / batches)
            self.tell(share, message=f"epoch {self.epoch + 1}")
            if self.over:
                return
            yield self._schedule.at(share)

    def tell(self, share: float, losses: Mapping[str, float] = NO_LOSSES, message: str = "") -> None:
        step = min(int(share * STEPS), STEPS - 1)
        self._reporter.step(max(step - self._told, 0), losses=losses, message=message)
        self._told = max(step, self._told)


class Training:
    """One training. reporter: has `STEPS` steps for it; cancel: asked after each batch."""

    def __init__(
        self,
        schedule: Schedule,
        budget: Budget,
        reporter: Reporter,
        cancel: CancelToken | None = None,
    ) -> None:
        self.schedule, self.budget = schedule, budget
        self.pace = Pace(schedule, budget, cancel, reporter)
        self.history: list[Epoch] = []
        self._first: dict[str, float] = {}

    def run(self, model: Trainable) -> Outcome:
        """Train, and leave the model with its best weights. Raises FitError when a loss diverges, Cancelled on request.

        Where no epoch was better than the start, the model keeps the weights of the start.
        """
        start = float(model.validate())
        kept, best, lowest = model.snapshot(), 0, start if math.isfinite(start) else math.inf
        reason = ""
        for number in range(1, self.schedule.epochs + 1):
            if self.pace.over:
                break
            epoch = self._epoch(model, number)
            if epoch.validation < lowest - self.schedule.gain:
                kept, best, lowest = model.snapshot(), number, epoch.validation
            elif number - best >= self.schedule.patience:
                reason = f"no better for {self.schedule.patience} epochs"
                break
        model.restore(kept)
        late = not reason and self.pace.over and not self.pace.stopped
        return Outcome(tuple(self.history), start, best, reason or self._why_ended(), in_time=not late)

    def _epoch(self, model: Trainable, number: int) -> Epoch:
        losses = {name: float(loss) for name, loss in model.epoch(self.pace).items()}
        self._refuse_divergence(losses, number)
        validation = float(model.validate())
        self._refuse_divergence({"validation": validation}, number)
        self.pace.epoch = number
        epoch = Epoch(number, losses, validation, self.budget.spent())
        self.history.append(epoch)
        self.pace.tell(self.pace.share(), {**losses, "validation": validation}, f"epoch {number}")
        return epoch

    def _refuse_divergence(self, losses: Mapping[str, float], number: int) -> None:
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise FitError(f"Training diverged: the loss “{name}” was no longer a number in epoch {number}.")
            first = self._first.setdefault(name, loss)
            if abs(loss) > _DIVERGED * (1 + abs(first)):
                raise FitError(f"Training diverged: the loss “{name}” went from {first:.3g} to {loss:.3g}.")

    def _why_ended(self) -> str:
        if self.pace.stopped:
            return "stopped by you; the best so far is kept"
        if self.pace.over:
            return f"the time was up after {self.budget.spent():.0f} s"
        return f"all {self.schedule.epochs} epochs are done"


def default_seconds(rows: int, columns: int) -> float:
    """Seconds that a deep method may train on a table when nobody said how long."""
    return float(np.clip(_BASE + _PER_ROOT * math.sqrt(rows * columns / _UNIT), _LEAST, _MOST))


def with_default(budget: Budget, rows: int, columns: int) -> Budget:
    """The budget, or one of `default_seconds` where it has no end."""
    return budget if budget.seconds is not None else Budget(default_seconds(rows, columns))


def split_rows(rows: int, seed: int, purpose: str) -> tuple[Ints, Ints]:
    """Numbers of training and of held-out rows, each rising: a tenth held out, at most 10,000.

    A table of fewer than 40 rows has too few to spare: both parts are all of them.
    """
    if rows < _FEW:
        return np.arange(rows), np.arange(rows)
    held = min(int(rows * HELD), _HELD_MOST)
    order = stream(seed, purpose, "held out").permutation(rows)
    return np.sort(order[held:]), np.sort(order[:held])


def batch_size(rows: int, *, most: int = 1_024, least: int = 16, batches: int = 24) -> int:
    """A power of two so that an epoch has about `batches` of them, between the bounds."""
    wanted = 2.0 ** round(math.log2(max(rows / batches, 1.0)))
    return int(min(max(wanted, least), most))
