"""Arithmetic on one thread: the same bits on every machine, and no threads that wait for one another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal


@contextmanager
def one_thread(of: Literal["blas", "openmp"] = "blas") -> Iterator[None]:
    """Inside, numpy and scipy multiply matrices on one thread, or scikit-learn's trees grow on one; also a decorator.

    For loops over small matrices and tables, where a second thread gains little and, when cores are taken, costs many
    times more. Of what is imported only inside, nothing is known yet: import it before.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api=of):
        yield
