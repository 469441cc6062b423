"""How quick this machine is beside the one on which the methods' costs were measured, and how much memory it has left.

The speed comes from a probe of numpy alone, once per process, a tenth of a second (half of one on a busy machine):
the dashboard must not load a framework to find out, and starting a worker for it would take seconds. It counts the
seconds of its own thread and takes the best of several goes, so that it tells the machine and not what else runs on it
at the moment.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine.limits import Limits

_FEWEST, _MOST, _PATIENCE = 3, 25, 0.2  # goes of each probe, and seconds by the clock after which no more begin
_STEADY, _PRODUCTS = 0.00165, 0.00048  # seconds of the two probes on the reference machine (2 cores of an AMD EPYC)
_HELD = 0.6  # share of TABULAR_TWIN_MAX_TRAINING_BYTES that a process can fill: it counts what is only reserved, too
_CGROUP = (  # limit and use of a container, of both generations of Linux's control groups
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """steady, products: how many times the reference machine's speed one core has in ordinary work and in products of
    matrices; threads: cores that a training may use."""

    steady: float
    products: float
    threads: int

    def seconds(self, core: float, products: float = 0.0, threads: int = 1) -> float:
        """The time of `core` seconds of one core of the reference machine, of which the share `products` is products
        of matrices, on at most `threads` cores."""
        own = core * ((1.0 - products) / self.steady + products / self.products)
        return own / max(min(threads, self.threads), 1)


REFERENCE = Machine(steady=1.0, products=1.0, threads=2)


@cache
def this() -> Machine:
    """The machine that this process runs on; probed at the first call."""
    from engine.processes import threads

    steady, products = probe()
    return Machine(_STEADY / steady, _PRODUCTS / products, threads())


def probe() -> tuple[float, float]:
    """Seconds of ordinary work and of products of matrices, each the best of several goes on one core."""
    from engine.blas import one_thread

    with one_thread():
        return _best(_steady), _best(_products)


def _best(work: Callable[[], object]) -> float:
    """Seconds of this thread in the quickest of several goes."""
    work()  # loads what it needs
    took: list[float] = []
    begun = time.monotonic()
    while len(took) < _FEWEST or (len(took) < _MOST and time.monotonic() - begun < _PATIENCE):
        started = time.thread_time()
        work()
        took.append(time.thread_time() - started)
    return max(min(took), 1e-6)


def _steady() -> object:
    """Sorting, counting and Python's own loop."""
    import numpy as np

    values = np.random.default_rng(0).random(20_000)
    steps = (values * 200).astype(np.int64)
    total = 0
    for step in range(6_000):
        total += step & 7
    return np.sort(values), np.bincount(steps[np.argsort(steps, kind="stable")]), total


def _products() -> object:
    """Products of small matrices in single precision, and a curve of each number, as networks have them."""
    import numpy as np

    factor = np.random.default_rng(0).random((128, 128), dtype=np.float32)
    found = factor
    for _ in range(4):
        found = np.tanh(found @ factor * 0.01)
    return found


def memory() -> int:
    """Bytes of memory that this machine has, or the container that this process is in."""
    import psutil

    found = [int(psutil.virtual_memory().total)]
    for limit, _ in _CGROUP:
        with contextlib.suppress(OSError, ValueError):  # no such group, or “max”: no limit
            found.append(int(Path(limit).read_text().strip()))
    return min(found)


def memory_left() -> int:
    """Bytes that one training may take now: what is free here and in the container, and no more than the limit."""
    import psutil

    limit = int(_HELD * Limits.from_environment().max_training_bytes)
    return min([int(psutil.virtual_memory().available), limit, *_container(_CGROUP)])


def _container(files: Sequence[tuple[str, str]]) -> list[int]:
    """What a container has left, where this is one with a limit."""
    found = []
    for limit, use in files:
        try:
            most, used = (int(Path(name).read_text().strip()) for name in (limit, use))
        except (OSError, ValueError):  # no such group, or “max”: no limit
            continue
        found.append(max(most - used, 0))
    return found
