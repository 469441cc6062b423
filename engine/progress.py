"""Progress is a value, stopping is a question.

A training loop makes a `Reporter`, calls `step` after each batch or column, and gets three things for it: the
listener hears a `Progress`, a cancelled token raises `Cancelled`, and time left is estimated.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from engine.errors import Cancelled

NO_LOSSES: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Progress:
    """One event of a long task.

    stage: what is going on ("train", "sample", "evaluate"); step of total steps of that stage;
    losses: named figures of this step (lower is better); seconds: since the stage began;
    seconds_left: of the stage, None while unknown; message: one plain sentence.
    """

    stage: str
    step: int = 0
    total: int = 0
    losses: Mapping[str, float] = field(default_factory=lambda: NO_LOSSES)
    seconds: float = 0.0
    seconds_left: float | None = None
    message: str = ""

    @property
    def share(self) -> float:
        """Done part of the stage, 0 to 1."""
        return min(self.step / self.total, 1.0) if self.total else 0.0

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "step": self.step,
            "total": self.total,
            "losses": dict(self.losses),
            "seconds": round(self.seconds, 3),
            "seconds_left": None if self.seconds_left is None else round(self.seconds_left, 1),
            "message": self.message,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Progress:
        return cls(**{key: data[key] for key in cls.__slots__ if key in data})


Listener = Callable[[Progress], None]


class CancelToken:
    """Says whether the person asked to stop, or to end training with the best so far.

    Plain flags; subclasses may look elsewhere (a file, a deadline).
    """

    def __init__(self) -> None:
        self._cancelled = False
        self._finishing = False

    def cancel(self) -> None:
        self._cancelled = True

    @property
    def cancelled(self) -> bool:
        return self._cancelled

    def finish(self) -> None:
        """Ask methods that train in steps to end with the best that they have; others go on to their end."""
        self._finishing = True

    @property
    def finishing(self) -> bool:
        return self._finishing

    def check(self) -> None:
        """Raise `Cancelled` if the person asked to stop."""
        if self.cancelled:
            raise Cancelled


class Budget:
    """Seconds that a task may take. Methods ask `left()` between steps and finish with what they have."""

    def __init__(self, seconds: float | None = None) -> None:
        self.seconds = seconds
        self._start = time.monotonic()

    def spent(self) -> float:
        return time.monotonic() - self._start

    def left(self) -> float:
        """Seconds left; infinite without a limit; never below 0."""
        return float("inf") if self.seconds is None else max(self.seconds - self.spent(), 0.0)

    @property
    def over(self) -> bool:
        return self.left() <= 0


class Reporter:
    """Keeps the books of one stage: counts steps, estimates time left, tells the listener, asks the token.

    Threads may share one: they take turns.
    """

    def __init__(
        self,
        stage: str,
        total: int,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self.stage, self.total = stage, total
        self._progress, self._cancel = progress, cancel
        self._start = time.monotonic()
        self._turn = threading.RLock()
        self.done = 0
        self.step(0)

    def step(self, by: int = 1, *, losses: Mapping[str, float] = NO_LOSSES, message: str = "") -> None:
        """Count `by` more steps as done. Raises Cancelled when the person asked to stop."""
        if self._cancel is not None:
            self._cancel.check()
        with self._turn:
            self.done += by
            if self._progress is None:
                return
            seconds = time.monotonic() - self._start
            left = seconds / self.done * (self.total - self.done) if self.done and self.total else None
            self._progress(Progress(self.stage, self.done, self.total, dict(losses), seconds, left, message))

    def finish(self, message: str = "") -> None:
        """The stage is complete, also where some of its steps were not needed."""
        self.step(max(self.total - self.done, 0), message=message)
