"""The order of a chain: the table's own, but numbers that a category of many levels nearly fixes come first.

Any order gives the same density if every factor is learned well; these factors are not learned equally well. Two
hundred neighbourhoods by latitude and longitude are a map that trees draw with few cuts. Latitudes by two hundred
neighbourhoods are two hundred distributions, of which the small ones are flattened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]

_FIXED = 0.8  # share of a number's rank variance between levels from which the number comes first


def chain_order(codes: Floats, numbers: Sequence[int], categories: Mapping[int, int]) -> list[int]:
    """The columns of (rows, columns) codes in the order in which they are modelled.

    numbers: columns that are numbers; categories: levels of each category of many. Numbers that a category to their
    left nearly fixes come first of all (before columns that the category fixes in turn, too); the others stay.
    """
    first = [
        number
        for number in numbers
        if any(
            between_levels(codes[:, category], size, codes[:, number]) > _FIXED
            for category, size in categories.items()
            if category < number
        )
    ]
    return [*first, *(j for j in range(codes.shape[1]) if j not in first)]


def between_levels(levels: Floats, size: int, values: Floats) -> float:
    """Share of the rank variance of (rows,) values that lies between levels; about 0 where levels tell nothing.

    Epsilon squared (Kelley 1935), on ranks: corrected for the variance that as many levels take up by chance. Rows
    with a gap on either side are left out; 0 where too few rows are left.
    """
    known = ~(np.isnan(levels) | np.isnan(values))
    place, rank = levels[known].astype(np.int64), rankdata(values[known])
    counts = np.bincount(place, minlength=size)
    spare = len(rank) - int((counts > 0).sum())
    total = float(((rank - rank.mean()) ** 2).sum()) if spare > 0 else 0.0
    if total <= 0:
        return 0.0
    means = np.bincount(place, rank, size) / np.maximum(counts, 1)
    within = float(((rank - means[place]) ** 2).sum())
    return 1 - (within / spare) / (total / (len(rank) - 1))
