"""Whether there is room for one more table: in the memory of the page's server, and on the disk of its home.

Trainings have processes and limits of their own (see `engine.turns`). The server itself holds what was uploaded until
it is read, the tables that people look at, and what was computed from them. A large table is read only where that
leaves the server within its limit; what is held for speed alone makes way first, and tables are read one at a time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine import machine
from engine.errors import LimitError, StorageError
from engine.limits import Limits, size

LARGE = 20_000_000  # bytes of a file from which on its reading counts
_TIMES = 5  # memory that reading takes at its peak, in sizes of the file (see docs/reading.md)
_SHARE = 0.5  # of the machine's memory, for the server where no setting says how much
_LOCK = threading.Lock()


def held() -> int:
    """Bytes of memory that this process has for itself alone."""
    import psutil

    found = psutil.Process().memory_info()
    return max(int(found.rss) - int(getattr(found, "shared", 0)), 0)


def most(limits: Limits) -> int:
    """Bytes of memory that the server may take."""
    return min(limits.max_server_bytes, int(_SHARE * machine.memory()))


@contextmanager
def reading(file: int, limits: Limits, evict: Callable[[], None], now: Callable[[], int] = held) -> Iterator[None]:
    """Read a table within this. file: its bytes; evict: lets go of all that can be computed again; now: as `held`.

    Raises LimitError where there is no room for it, also after that.
    """
    if file < LARGE:
        yield
        return
    with _LOCK:
        needed = _TIMES * file
        if now() + needed > most(limits):
            evict()
            _give_back()
        if (taken := now()) + needed > most(limits):
            raise LimitError(
                f"There is no room for this table now: reading it takes about {size(needed)} of memory, and "
                f"{size(taken)} of the {size(most(limits))} that this server may take are in use. Try again in a "
                "while, or with a smaller file."
            )
        yield


def check_disk(folder: Path, more: int, limits: Limits) -> None:
    """Raises StorageError where a folder and `more` bytes are more than a home may take."""
    used = on_disk(folder)
    if used + more > limits.max_home_bytes:
        raise StorageError(
            f"No room is left on this server: tables and runs take {size(used)} of {size(limits.max_home_bytes)}. "
            "Delete runs that you do not need any more, or try again later: what nobody uses is removed by itself."
        )


def on_disk(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):  # it was removed meanwhile
                total += os.lstat(os.path.join(path, name)).st_size
    return total


def _give_back() -> None:
    """Return to the system what was let go of, where the C library keeps it."""
    import ctypes
    import gc

    import pyarrow

    gc.collect()
    pyarrow.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
