"""Watching one worker from outside: whether it keeps its limits, and whether it gets on at all.

A worker holds itself to its memory, too (see `engine.worker`), but native code may come to a standstill where it is
refused memory or a thread, and what a worker's own processes take is theirs. So each one is looked at a few times a
second, and one that is past a limit is stopped alone.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from engine import processes
from engine.limits import UNLIMITED, Limits, size, span

LOOK = 0.5  # seconds between two looks
STANDSTILL = 240  # looks in a row without any work of the processor after which a worker is given up

_LIGHTER = "Try fewer rows or columns, or a lighter method."


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a worker is stopped. final: no other method is to go on in its place."""

    reason: str
    advice: str = _LIGHTER
    final: bool = False

    @property
    def sentence(self) -> str:
        return f"{self.reason} {self.advice}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Stop:
        """Raises TypeError or KeyError for what is none."""
        return cls(str(data["reason"]), str(data["advice"]), data["final"] is True)


STARVED = Stop("The computer's memory was not enough.")
CROWDED = Stop("Stopped: the runs on this server needed more memory together than they may, and this one most.")
STUCK = Stop("Stopped: it had come to a standstill, most likely for want of memory.")


class Guard:
    """What is known of one worker.

    started: seconds since 1970, of the run and not only of this worker; memory: bytes that it may take.
    """

    def __init__(self, pid: int, started: float, limits: Limits, memory: int) -> None:
        self._pid, self._limits, self._memory = pid, limits, memory
        self._begun = time.monotonic() - max(time.time() - started, 0.0)
        self._worked = -1.0  # seconds of the processor at the latest look
        self._idle = 0

    def look(self) -> Stop | None:
        """Why the worker has to be stopped now; None where it has not."""
        most = self._limits.max_run_seconds
        if most != UNLIMITED and time.monotonic() - self._begun > most:
            return Stop(
                f"Stopped after {span(most)}, the longest that one run may take on this server.",
                "Try fewer rows, a quicker method, or a time limit of its own (under More options).",
                final=True,
            )
        used = processes.usage(self._pid)
        if used is None:
            return None
        if used.memory > self._memory:
            may = size(self._memory)
            return Stop(f"Stopped: it took more than {may} of memory, the most that one run may take here.")
        self._idle = self._idle + 1 if used.seconds == self._worked else 0
        self._worked = used.seconds
        return STUCK if self._idle >= STANDSTILL else None
