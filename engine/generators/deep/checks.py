"""What deep methods look for in the rows that they make, before a model counts as trained.

A low loss is no quality: a network may have settled on one category, on one value, or on a handful of rows. Made rows
are held against the training rows, as codes; what fails is a FitError, which lets another method take over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from engine.errors import FitError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROWS = 2_000  # made rows that are enough to look at
_EXPECTED = 20  # rows that a level should have got before its absence means anything
_SPREAD = 0.2  # least share of the real spread, in ranks
_DISTINCT = 0.3  # least share of the distinct rows, or levels, that as many real rows have
_STATES = 10  # of a column where pairs are looked at
_FINE = 100  # of a column where whole rows are
_COLUMNS = 30  # columns of which pairs are looked at
_STRONG = 0.3  # Cramér's V from which a pair is strongly related
_FAR = 0.05  # of likeness: so much below the baseline is far below
_LEAST = 0.1  # share of the way from the baseline to the real relations that must be gone


def refuse_collapse(
    real: Floats, made: Floats, names: Sequence[str], discrete: Sequence[bool], rng: np.random.Generator
) -> None:
    """Raise FitError, naming the column, where (rows, columns) `made` codes have lost what the `real` ones have.

    names, discrete: of the columns; discrete ones are whole numbers from 0.
    """
    rows = min(len(real), len(made))
    if rows < 2:
        return
    real = real[rng.choice(len(real), rows, replace=False)]
    made = made[rng.choice(len(made), rows, replace=False)]
    for j, name in enumerate(names):
        what = _lost_gaps(real[:, j], made[:, j])
        if what is None:
            look = _lost_levels if discrete[j] else _lost_spread
            what = look(real[:, j], made[:, j])
        if what is not None:
            raise FitError(f"Training collapsed: column “{name}” {what}.", column=name)
    _refuse_alike(*_both_states(real, made, discrete, _FINE))


def _lost_gaps(real: Floats, made: Floats) -> str | None:
    if np.isinf(made).any():
        return "has infinite values"
    known = ~np.isnan(real)
    if np.isnan(made).all() and known.sum() >= _EXPECTED:
        return "is empty in all made rows"
    return "has gaps, which the real one has not" if known.all() and np.isnan(made).any() else None


def _lost_levels(real: Floats, made: Floats) -> str | None:
    levels = [own[~np.isnan(own)].astype(np.int64) for own in (real, made)]
    size = max((int(own.max()) + 1 for own in levels if len(own)), default=0)
    before, after = (np.bincount(own, minlength=size) for own in levels)
    common = np.flatnonzero(before >= _EXPECTED)
    gone = int((after[common] == 0).sum())
    if len(common) > 1 and 2 * gone >= len(common):
        return f"lost {gone} of its {len(common)} common categories"
    several, left = int((before > 0).sum()), int((after > 0).sum())
    if several >= _EXPECTED and left < _DISTINCT * several:
        return f"has {left} categories where as many real rows have {several}"
    return None


def _lost_spread(real: Floats, made: Floats) -> str | None:
    known = np.sort(real[~np.isnan(real)])
    found = made[~np.isnan(made)]
    if len(known) < _EXPECTED or len(found) < _EXPECTED or known[0] == known[-1]:
        return None
    before, after = (_ranks(known, values).std() for values in (known, found))
    return "has lost nearly all of its variance" if after < _SPREAD * before else None


def _ranks(known: Floats, values: Floats) -> Floats:
    """Places of values among the sorted known ones, 0..1; equal ones share the middle place."""
    low, high = np.searchsorted(known, values), np.searchsorted(known, values, side="right")
    return np.asarray((low + high) / (2 * len(known)))


def _refuse_alike(real: Ints, made: Ints) -> None:
    several, left = (len(np.unique(states, axis=0)) for states in (real, made))
    if several >= _EXPECTED and left < _DISTINCT * several:
        raise FitError(
            f"Training collapsed: among {len(made):,} made rows only {left:,} differ, where {several:,} real ones do."
        )


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike the pairs of columns are distributed in two tables (1: the same): all pairs, and the strongly related
    ones (NaN where there are none)."""

    pairs: float
    strong: float


def likeness(real: Floats, made: Floats, discrete: Sequence[bool], rng: np.random.Generator) -> Likeness:
    """Total variation complements over two-way tables of at most 30 columns, drawn at random.

    Numbers are cut at the real deciles, of categories the ten most frequent count; missing is a state of its own.
    """
    varied = [j for j in range(real.shape[1]) if not (real[:, j] == real[0, j]).all()]
    if len(varied) > _COLUMNS:
        varied = sorted(rng.choice(varied, _COLUMNS, replace=False).tolist())
    one, other = _both_states(real[:, varied], made[:, varied], [discrete[j] for j in varied], _STATES)
    pairs, strong = [], []
    for i, k in combinations(range(len(varied)), 2):
        first, second = (_shares(states[:, i], states[:, k]) for states in (one, other))
        pairs.append(1 - np.abs(first - second).sum() / 2)
        if _association(first) > _STRONG:
            strong.append(pairs[-1])
    return Likeness(*(float(np.mean(found)) if found else float("nan") for found in (pairs, strong)))


def refuse_worse_than_marginals(
    real: Floats, made: Floats, discrete: Sequence[bool], rng: np.random.Generator
) -> tuple[Likeness, Likeness]:
    """Likeness of the made rows to the real ones, and that of real rows whose columns were shuffled apart.

    Those are the best that a method without relations can do. Raises FitError where made rows keep strong relations
    no better than these, or are far below them.
    """
    apart = np.column_stack([rng.permutation(real[:, j]) for j in range(real.shape[1])])
    own, baseline = likeness(real, made, discrete, rng), likeness(real, apart, discrete, rng)
    far = own.pairs < baseline.pairs - _FAR
    if far or own.strong < baseline.strong + _LEAST * (1 - baseline.strong):
        found, alone = (own.pairs, baseline.pairs) if far else (own.strong, baseline.strong)
        raise FitError(
            f"The made rows are no better than columns drawn one by one: pairs of columns agree to {found:.1%}, "
            f"against {alone:.1%} without any relations."
        )
    return own, baseline


def _both_states(real: Floats, made: Floats, discrete: Sequence[bool], most: int) -> tuple[Ints, Ints]:
    """(rows, columns) of both tables as a few states, cut by the real one."""
    found = [_states(real[:, j], made[:, j], own, most) for j, own in enumerate(discrete)]
    if not found:
        return np.zeros((len(real), 0), np.int64), np.zeros((len(made), 0), np.int64)
    return np.column_stack([a for a, _ in found]), np.column_stack([b for _, b in found])


def _states(real: Floats, made: Floats, discrete: bool, most: int) -> tuple[Ints, Ints]:
    """0 is missing, the rest up to `most` + 1."""
    known = real[~np.isnan(real)]
    if discrete:
        values, counts = np.unique(known, return_counts=True)
        kept = np.sort(values[np.argsort(-counts, kind="stable")[:most]])

        def state(codes: Floats) -> Ints:
            at = np.searchsorted(kept, codes)
            here = (at < len(kept)) & (kept[np.minimum(at, len(kept) - 1)] == codes) if len(kept) else at < 0
            return np.where(here, at + 1, most + 1)
    else:
        cuts = (
            np.unique(np.quantile(known, np.arange(1, most) / most, method="inverted_cdf"))[:most]
            if len(known)
            else np.zeros(0)
        )

        def state(codes: Floats) -> Ints:
            return np.asarray(np.searchsorted(cuts, codes) + 1, dtype=np.int64)

    one, other = (np.where(np.isnan(codes), 0, state(np.nan_to_num(codes))) for codes in (real, made))
    return one, other


def _shares(first: Ints, second: Ints) -> Floats:
    """(states, states) share of rows."""
    size = _STATES + 2
    found = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    return np.asarray(found / max(len(first), 1))


def _association(share: Floats) -> float:
    """Cramér's V of a two-way table of shares."""
    expected = share.sum(axis=1, keepdims=True) * share.sum(axis=0, keepdims=True)
    squares = np.where(expected > 0, (share - expected) ** 2 / np.where(expected > 0, expected, 1.0), 0.0).sum()
    free = min((share.sum(axis=1) > 0).sum(), (share.sum(axis=0) > 0).sum()) - 1
    return float(np.sqrt(squares / free)) if free > 0 else 0.0
