"""How often something occurs, and in how many texts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
SHARED = 5  # different texts that a word, a pair, a form needs to be kept


def counted(keys: Ints, texts: Ints) -> tuple[Ints, Ints, Ints]:
    """Different keys in order, how often each occurs, and in how many different texts (numbers of 0 and more)."""
    if not len(keys):
        return keys, keys, keys
    base = int(texts.max()) + 1
    joint = np.sort(keys * base + texts)
    sorted_keys = joint // base
    firsts = np.flatnonzero(np.concatenate([[True], sorted_keys[1:] != sorted_keys[:-1]]))
    news = np.concatenate([[True], joint[1:] != joint[:-1]])
    occurrences = np.diff(np.append(firsts, len(joint)))
    return sorted_keys[firsts], occurrences, np.add.reduceat(news.astype(np.int64), firsts)


def shared(keys: Ints, texts: Ints) -> tuple[Ints, Ints]:
    """Keys that occur in at least `SHARED` texts, in order, and how often each occurs."""
    found, occurrences, many = counted(keys, texts)
    enough = many >= SHARED
    return found[enough], occurrences[enough]


def place(keys: Ints, among: Ints) -> Ints:
    """Position of each key in the sorted `among`, -1 where it is not there."""
    if not len(among):
        return np.full(len(keys), -1, dtype=np.int64)
    at = np.searchsorted(among, keys).clip(max=len(among) - 1)
    return np.where(among[at] == keys, at, -1)
