"""Earlier columns, sums and differences that say most about a number: found on a part of the rows."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.generators.boosted.view import Term

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SINGLE, PAIRS = 8, 4  # terms that become features
_POOL = 16  # columns whose sums and differences are looked at
_POOL_LAWS = 40  # columns that laws are sought among
_ROWS = 4_000
_CLOSE = 0.7  # a pair must leave at most that share of the distance that the better of its columns leaves
_COPIED = 0.01  # share of rows that must be copied
_DISTINCT = 20  # different values among the copied ones, at least


def related(codes: Floats, target: Floats, numbers: list[int]) -> list[Term]:
    """Terms of the `numbers` among the (rows, columns) earlier codes that lie near the (rows,) target.

    Single columns by rank correlation; pairs by how close they come to the target in its own unit, when they come
    clearly closer than either column alone.
    """
    codes, target = codes[:_ROWS], target[:_ROWS]
    ranks = _ranks(target)
    strength = {j: abs(_correlation(_ranks(codes[:, j]), ranks)) for j in numbers}
    singles = sorted(numbers, key=lambda j: -strength[j])[:SINGLE]
    return [Term(j) for j in singles] + _pairs(codes, target, sorted(numbers, key=lambda j: -strength[j])[:_POOL])


def _pairs(codes: Floats, target: Floats, numbers: list[int]) -> list[Term]:
    alone = {j: _distance(codes[:, j], target) for j in numbers}
    found: list[tuple[float, Term]] = []
    for place, i in enumerate(numbers):
        for k in numbers[place + 1 :]:
            for term in (Term(i, k, 1), Term(i, k, -1), Term(k, i, -1)):
                distance = _distance(term.value(codes), target)
                if distance < _CLOSE * min(alone[i], alone[k]) and distance < 1:
                    found.append((distance, term))
    return [term for _, term in sorted(found, key=lambda entry: entry[0])[:PAIRS]]


def law(codes: Floats, target: Floats, numbers: list[int], decimals: int) -> Term | None:
    """The sum or difference of two columns that the target equals in every row, gaps included."""
    glance = slice(0, 200)
    for term in _pair_terms(numbers):
        if _always(term, codes[glance], target[glance], decimals) and _always(term, codes, target, decimals):
            return term
    return None


def _pair_terms(numbers: list[int]) -> list[Term]:
    pool = numbers[-_POOL_LAWS:]
    return [Term(i, k, 1) for i, k in combinations(pool, 2)] + [Term(i, k, -1) for i, k in permutations(pool, 2)]


def _always(term: Term, codes: Floats, target: Floats, decimals: int) -> bool:
    return bool((_same(term, codes, target, decimals) | (np.isnan(term.value(codes)) & np.isnan(target))).all())


def copies(codes: Floats, target: Floats, numbers: list[int], heavy: Floats, decimals: int) -> tuple[list[Term], Ints]:
    """Terms whose value the target often has exactly, and for each row which of them it copies (0: none, else 1 ..)."""
    free = ~np.isin(target, heavy) & ~np.isnan(target)
    glance = np.flatnonzero(free)[:_ROWS]
    terms = [Term(j) for j in numbers]
    pool = numbers[:_POOL]
    terms += [Term(i, k, 1) for i, k in combinations(pool, 2)] + [Term(i, k, -1) for i, k in permutations(pool, 2)]
    if not len(glance):
        return [], np.zeros(len(target), dtype=np.int64)
    few = _COPIED / 2 / float(free.mean())
    likely = [term for term in terms if _same(term, codes[glance], target[glance], decimals).mean() > few]
    source = np.zeros(len(target), dtype=np.int64)
    kept: list[Term] = []
    masks = [(term, _same(term, codes, target, decimals) & free) for term in likely]
    masks.sort(key=lambda entry: -entry[1].sum())
    for term, mask in masks:
        own = mask & (source == 0)
        if own.mean() > _COPIED and len(np.unique(target[own])) > _DISTINCT:
            kept.append(term)
            source[own] = len(kept)
    return kept, source


def _same(term: Term, codes: Floats, target: Floats, decimals: int) -> NDArray[np.bool_]:
    value = term.value(codes)
    return np.asarray((np.round(value, decimals) if decimals <= 15 else value) == target)


def _distance(values: Floats, target: Floats) -> float:
    """Median distance to the target, in the target's own median distance to its median; infinite without values."""
    apart = np.abs(values - target)
    known = apart[np.isfinite(apart)]
    if len(known) < len(target) / 10:
        return np.inf
    spread = np.nanmean(np.abs(target - np.nanmedian(target)))
    return float(np.mean(np.minimum(known, 1e300)) / spread) if spread > 0 else np.inf


def _ranks(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).rank(pct=True).fillna(0.0), dtype=np.float64)


def _correlation(a: Floats, b: Floats) -> float:
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / spread if spread > 0 else 0.0
