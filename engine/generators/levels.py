"""An order for the levels of a many-level category, so that neighbours have alike profiles over the other columns.

With such an order a category of hundreds of levels is split like a number: trees find groups of alike levels, and rare
levels borrow from their neighbours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_PRIOR_ROWS = 5.0  # a level's profile is drawn towards the overall mean as if by this many rows


def order_levels(codes: Floats, profile: Floats) -> Ints:
    """(rows,) level codes 0.., NaN where missing; (rows, features) centred profile -> (levels,) codes in order.

    Bisection: the levels are halved by mass along the leading principal component of their mean profiles, then each
    half again along its own, turned so that it agrees with the overall direction.
    """
    known = ~np.isnan(codes)
    levels = int(codes[known].max()) + 1 if known.any() else 0
    at = codes[known].astype(np.int64)
    counts = np.bincount(at, minlength=levels).astype(np.float64)
    means = np.zeros((levels, profile.shape[1]))
    for j in range(profile.shape[1]):
        means[:, j] = np.bincount(at, weights=profile[known, j], minlength=levels)
    means /= (counts + _PRIOR_ROWS)[:, None]
    if levels <= 2 or profile.shape[1] == 0:
        return np.arange(levels)
    lead = means @ _leading(means, counts)
    ordered: list[Ints] = []
    pending = [np.arange(levels)]
    while pending:  # depth first, left half first
        group = pending.pop()
        if len(group) <= 2:
            ordered.append(group[np.argsort(lead[group], kind="stable")])
            continue
        left, right = _halves(group, means[group], counts[group], lead[group])
        pending += [right, left]
    return np.concatenate(ordered)


def _halves(group: Ints, means: Floats, counts: Floats, lead: Floats) -> tuple[Ints, Ints]:
    weights = np.maximum(counts, 1e-9)
    own = means - np.average(means, axis=0, weights=weights)
    score = own @ _leading(own, weights)
    if (score * (lead - lead.mean())).sum() < 0:
        score = -score
    order = np.argsort(score, kind="stable")
    mass = np.cumsum(weights[order])
    middle = int(np.clip(np.searchsorted(mass, mass[-1] / 2), 1, len(group) - 1))
    return group[order[:middle]], group[order[middle:]]


def _leading(means: Floats, counts: Floats) -> Floats:
    """Leading right singular vector of the mass-weighted profiles, sign fixed so that runs agree."""
    weighted = means * np.sqrt(counts)[:, None]
    if len(weighted) < weighted.shape[1]:  # the smaller of the two products has the same leading component
        vector: Floats = weighted.T @ np.linalg.eigh(weighted @ weighted.T)[1][:, -1]
        vector /= max(float(np.linalg.norm(vector)), 1e-300)
    else:
        vector = np.linalg.eigh(weighted.T @ weighted)[1][:, -1]
    return vector if vector[np.argmax(np.abs(vector))] >= 0 else -vector
