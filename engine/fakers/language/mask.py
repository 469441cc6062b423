"""Which sentences may not come out, told without keeping one.

A sentence is a number made of its words and numbers, whatever its case and marks. The numbers fall into buckets;
buckets in which a real sentence falls are closed, and so are others until half of all are: that a bucket is closed says
little about a sentence (half of all sentences that never were written fall in one), while a made sentence in an open
bucket is certainly none of the real ones.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.counting import Ints

_LEAST = 1_024  # buckets
_EACH = 2  # buckets for each real sentence
CLOSED = 0.5
_POWER = 6364136223846793005  # odd: powers of it do not repeat soon
_MIX = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Mask:
    closed: NDArray[np.bool_]

    @classmethod
    def of(cls, real: Words) -> Self:
        """From the numbers of all real sentences."""
        real = np.unique(real)
        closed = np.zeros(max(_LEAST, _EACH * len(real)), dtype=bool)
        closed[_bucket(real, len(closed))] = True
        missing = int(len(closed) * CLOSED) - int(closed.sum())
        seed = int(np.bitwise_xor.reduce(real)) if len(real) else 0
        if missing > 0:
            closed[np.random.default_rng(seed).permutation(np.flatnonzero(~closed))[:missing]] = True
        return cls(closed)

    def stops(self, sentences: Words) -> NDArray[np.bool_]:
        return self.closed[_bucket(sentences, len(self.closed))]

    def state(self) -> dict[str, Any]:
        return {
            "buckets": len(self.closed),
            "closed": base64.b64encode(np.packbits(self.closed).tobytes()).decode("ascii"),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        buckets = int(state["buckets"])
        bits = np.frombuffer(base64.b64decode(str(state["closed"]), validate=True), dtype=np.uint8)
        if buckets < _LEAST or len(bits) != (buckets + 7) // 8:
            raise ValueError("a mask of sentences of the wrong size")
        return cls(np.unpackbits(bits)[:buckets].astype(bool))


def sentences(entry: Ints, value: Ints, counts: NDArray[np.bool_], last: NDArray[np.bool_]) -> tuple[Words, Ints]:
    """The number of each sentence, and (tokens,) the sentence of each token.

    entry, value: of each token (value 0 for words); counts: whether it is a word or number; last: ends of sentences.
    """
    sentence = (
        np.concatenate([[0], np.cumsum(last)[:-1]]).astype(np.int64) if len(last) else np.empty(0, dtype=np.int64)
    )
    total = int(sentence[-1]) + 1 if len(sentence) else 0
    upto = np.concatenate([[0], np.cumsum(counts)])[:-1].astype(np.int64)
    begins = np.flatnonzero(np.append(True, last[:-1])) if len(last) else np.empty(0, dtype=np.int64)
    rank = upto - upto[begins][sentence] if len(last) else upto
    with np.errstate(over="ignore"):
        powers = np.cumprod(np.full(int(rank.max(initial=0)) + 1, _POWER, dtype=np.uint64), dtype=np.uint64)
        token = _mixed(entry.astype(np.uint64) * np.uint64(20_011) + value.astype(np.uint64) + np.uint64(1))
        parts = np.where(counts, token * powers[rank], np.uint64(0))
        sums = np.concatenate([[np.uint64(0)], np.cumsum(parts, dtype=np.uint64)])
        ends = np.append(begins[1:], len(last))
        return (sums[ends] - sums[begins])[:total], sentence


def _bucket(numbers: Words, buckets: int) -> Ints:
    return (_mixed(numbers) % np.uint64(buckets)).astype(np.int64)


def _mixed(numbers: Words) -> Words:
    """SplitMix64's last steps (Steele, Lea and Flood 2014): like numbers become unlike."""
    with np.errstate(over="ignore"):
        mixed = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(_MIX[0])
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_MIX[1])
        return np.asarray(mixed ^ (mixed >> np.uint64(31)), dtype=np.uint64)
