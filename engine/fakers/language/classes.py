"""Words that stand in like places, found by what stands before and behind them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.counting import Ints

_NEIGHBOURS = 120  # the most frequent tokens: what a place is told by
_CLASSES = 48
_ROUNDS = 6


def classes(before: Ints, after: Ints, kind: Ints) -> Ints:
    """(tokens,) class of each token; no class mixes two of `kind`.

    before, after: neighbours in the texts, the second right behind the first. K-means on the square roots of the shares
    of neighbours (Hellinger's distance), from the most frequent tokens as first centres: no draw is needed.
    """
    tokens = len(kind)
    frequent = np.argsort(-np.bincount(after, minlength=tokens), kind="stable")
    rank = np.full(tokens, -1, dtype=np.int64)
    rank[frequent[:_NEIGHBOURS]] = np.arange(min(_NEIGHBOURS, tokens))
    places = np.hstack([_shares(after, rank[before], tokens), _shares(before, rank[after], tokens)])
    centres = places[frequent[:_CLASSES]]
    nearest = np.zeros(tokens, dtype=np.int64)
    for _ in range(_ROUNDS):
        nearest = (places @ centres.T - 0.5 * (centres**2).sum(axis=1)).argmax(axis=1)
        order = np.argsort(nearest, kind="stable")
        met, begins, many = np.unique(nearest[order], return_index=True, return_counts=True)
        centres = centres.copy()
        centres[met] = np.add.reduceat(places[order], begins) / many[:, None]
    mixed = nearest * (int(kind.max(initial=0)) + 1) + kind
    return np.asarray(np.unique(mixed, return_inverse=True)[1], dtype=np.int64)


def _shares(token: Ints, neighbour: Ints, tokens: int) -> NDArray[np.float32]:
    told = neighbour >= 0
    counts = np.bincount(token[told] * _NEIGHBOURS + neighbour[told], minlength=tokens * _NEIGHBOURS)
    counts = counts.reshape(tokens, _NEIGHBOURS).astype(np.float32)
    many = np.bincount(token, minlength=tokens).astype(np.float32)[:, None]
    return np.sqrt(counts / np.maximum(many, 1)).astype(np.float32)
