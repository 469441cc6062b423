"""The nearest rows of each query: exact, on all rows of the side compared with, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.ensemble import allowed_threads
from engine.privacy.encoding import Matrix

Check = Callable[[], None]

_QUERIES = 512  # in one go, between two looks whether the person wants to stop
_CHOSEN = 1 << 17  # rows picked out of a table at a time
_CELLS = 1 << 20  # distances held at a time without numba


def no_check() -> None:
    """Never stops."""


@cache
def kernels() -> ModuleType | None:
    """None without numba, which may lack for a new Python: then numpy does the same, some times slower."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return None
    from engine.privacy import kernels

    return kernels


def nearest(
    queries: Matrix, rows: Matrix, k: int, check: Check = no_check, chosen: NDArray[np.intp] | None = None
) -> Matrix:
    """(queries, k) the k smallest distances of each query to `rows`, rising; infinite where there are fewer rows.

    chosen: which rows, all by default; they are searched part by part, so that no second table of them is made.
    queries and rows: (columns, 2, n) of one encoding. check: asked now and then; may raise.
    """
    best = np.full((queries.shape[-1], k), np.inf, dtype=np.float32)
    code = kernels()
    search = _plain if code is None else code.nearest
    for piece in _pieces(rows, chosen):
        _in_parts(queries, _into(best, piece, search), check)
    return best


def _into(best: Matrix, rows: Matrix, search: Callable[..., None]) -> Callable[[Matrix, slice], None]:
    """The search of some queries in `rows`, written to where they stand in `best`."""
    return lambda part, at: search(part, rows, best[at])


def _pieces(rows: Matrix, chosen: NDArray[np.intp] | None) -> Iterator[Matrix]:
    """The chosen rows, some at a time."""
    if chosen is None:
        yield rows
        return
    for at in range(0, len(chosen), _CHOSEN):
        yield np.ascontiguousarray(rows[..., chosen[at : at + _CHOSEN]])


@dataclass(frozen=True, slots=True)
class Match:
    """Of each query the nearest row by some columns: both distances, and which row it is (-1: there are no rows)."""

    near: NDArray[np.float32]
    rest: NDArray[np.float32]
    row: NDArray[np.int64]


def nearest_by(queries: Matrix, rows: Matrix, by: list[int], check: Check = no_check) -> Match:
    """The row nearest by the columns `by`; of several, the one nearest by the other columns, then the first."""
    others = [c for c in range(len(rows)) if c not in by]
    queries, rows = queries[by + others], np.ascontiguousarray(rows[by + others])
    count = queries.shape[-1]
    near, rest = np.full((2, count), np.inf, dtype=np.float32)
    which = np.full(count, -1, dtype=np.int64)
    code = kernels()
    search = _plain_by if code is None else code.nearest_by
    _in_parts(queries, lambda part, at: search(part, rows, len(by), near[at], rest[at], which[at]), check)
    return Match(near, rest, which)


def _in_parts(queries: Matrix, work: Callable[[Matrix, slice], None], check: Check) -> None:
    """Call work(some queries as (queries, columns, 2), where they stand) for all, on as many threads as allowed."""
    across = np.ascontiguousarray(np.moveaxis(queries, -1, 0))
    parts = [slice(at, at + _QUERIES) for at in range(0, len(across), _QUERIES)]
    threads = min(allowed_threads(), len(parts))
    if threads <= 1:
        for part in parts:
            check()
            work(across[part], part)
        return
    with ThreadPoolExecutor(threads) as pool:
        for at in range(0, len(parts), threads):
            check()
            for done in [pool.submit(work, across[part], part) for part in parts[at : at + threads]]:
                done.result()


def _distances(queries: Matrix, rows: Matrix) -> Matrix:
    """(queries, rows) of (queries, columns, 2) and (columns, 2, rows), summed in the order of the columns."""
    far = np.zeros((len(queries), rows.shape[-1]), dtype=np.float32)
    for at, column in enumerate(rows):
        ranks, values = (np.abs(column[i][None, :] - queries[:, at, i, None]) for i in (0, 1))
        values += ranks * np.float32(1 / 1_024)
        far += np.minimum(np.minimum(ranks, values, out=ranks), np.float32(1.0), out=ranks)
    return far


def _plain(queries: Matrix, rows: Matrix, best: Matrix) -> None:
    k = best.shape[1]
    step = max(_CELLS // max(len(queries), 1), 1)
    for at in range(0, rows.shape[-1], step):
        far = np.concatenate([best, _distances(queries, rows[..., at : at + step])], axis=1)
        best[:] = np.sort(np.partition(far, k - 1, axis=1)[:, :k], axis=1)


def _plain_by(queries: Matrix, rows: Matrix, first: int, near: Matrix, rest: Matrix, which: NDArray[np.int64]) -> None:
    step = max(_CELLS // max(len(queries), 1), 1)
    everyone = np.arange(len(queries))
    for at in range(0, rows.shape[-1], step):
        far = _distances(queries[:, :first], rows[:first, :, at : at + step])
        other = _distances(queries[:, first:], rows[first:, :, at : at + step])
        least = far.min(axis=1)
        other[far > least[:, None]] = np.inf
        found = other.argmin(axis=1)
        own = other[everyone, found]
        better = (least < near) | ((least == near) & (own < rest))
        near[better], rest[better], which[better] = least[better], own[better], at + found[better]
