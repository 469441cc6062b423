"""A run at one moment, as the page sees it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from engine import stages
from engine.progress import Progress
from engine.reports import Fallback
from engine.run import RunRequest
from engine.runfolder import State


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run at one moment. Times are seconds since 1970.

    progress: the last event; history: all of them; stages: the names of the stages that the run goes through, in order;
    place: 1 for the next in the queue, None when not queued; short_of_memory: whether it is that one and waits only for
    memory; message: for an ended run the sentence for the person;
    trying: the method in training, "" for none; failed: those that were given up before it;
    finishing: whether the training was asked to end with the best so far; trains: whether anything is trained, or rows
    are made from a saved model.
    """

    id: str
    state: State
    request: RunRequest
    message: str = ""
    created: float = 0.0
    started: float | None = None
    ended: float | None = None
    progress: Progress | None = None
    history: tuple[Progress, ...] = ()
    stages: tuple[str, ...] = ()
    place: int | None = None
    short_of_memory: bool = False
    trying: str = ""
    failed: tuple[Fallback, ...] = ()
    finishing: bool = False
    trains: bool = True

    @property
    def seconds(self) -> float:
        """How long it has been running, or ran."""
        if self.started is None:
            return 0.0
        return max((time.time() if self.ended is None else self.ended) - self.started, 0.0)  # clocks are set back

    @property
    def seconds_left(self) -> float | None:
        """An estimate for the whole run, None while it cannot be told."""
        return stages.seconds_left(self.stages, self.history) if self.state is State.RUNNING else None
