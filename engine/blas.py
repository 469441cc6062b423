"""Linear algebra on one thread: the same bits on every machine, and no threads that wait for one another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Inside, numpy and scipy multiply matrices on one thread; also a decorator.

    For loops over small matrices, where a second thread gains little and, when cores are taken, costs many times more.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield
