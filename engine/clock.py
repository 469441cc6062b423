"""The time, for deleting what is old: no jump of the computer's clock makes anything look older than it is."""

from __future__ import annotations

import time


def _steady() -> float:
    """Seconds on a clock that never jumps, and that goes on while the computer sleeps where the system has one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


_WALL, _STEADY = time.time(), _steady()


def now() -> float:
    """Seconds since 1970, and no more of them than have passed since this process began.

    A clock that was set forward counts only once the process was started anew; one that was set back counts at once.
    """
    return min(time.time(), _WALL + _steady() - _STEADY)
