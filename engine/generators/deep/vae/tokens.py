"""A table's rows as sequences of small whole numbers, the tokens: every block's option, and the place inside a range.

A place (0 to 1 inside its range, near enough to even) is told in `STEPS` equal steps and is even inside a step: a
distribution of any shape that needs no family and no scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.blocks import Encoded, TableBlocks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

STEPS = 8  # of a place


@dataclass(frozen=True, slots=True)
class Token:
    """One position of the sequence: block `at` of the table's blocks, or its scalar `at` where `place` is set.

    size: values it can take; a place has one more, for rows whose option is no range.
    """

    column: int
    at: int
    place: bool
    size: int


class Tokens:
    """The sequence of a table. sizes: (tokens,); starts: (tokens,) where each one's values begin among all `width`."""

    def __init__(self, blocks: TableBlocks) -> None:
        self.blocks = blocks
        self.tokens: list[Token] = []
        for j in blocks.order:
            self.tokens += [Token(j, at, False, blocks.blocks[at].size) for at in blocks.blocks_of(j)]
            scalar = blocks.scalar_of(j)
            if scalar is not None:
                self.tokens.append(Token(j, scalar, True, STEPS + 1))
        self.sizes = np.array([token.size for token in self.tokens], dtype=np.int64)
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.width = int(self.sizes.sum())

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, encoded: Encoded) -> Ints:
        """(rows, tokens) values of each token."""
        found = np.zeros((len(encoded), len(self)), np.int64)
        for k, token in enumerate(self.tokens):
            if token.place:
                step = np.clip((encoded.scalars[:, token.at] + 1.0) / 2.0 * STEPS, 0, STEPS - 1).astype(np.int64)
                found[:, k] = np.where(encoded.ranged[:, token.at], step, STEPS)
            else:
                found[:, k] = encoded.options[:, token.at]
        return found

    def log_shares(self, values: Ints) -> list[Floats]:
        """(size,) for each token: log of the share of rows with each value, half a row added. What is certain anyway,
        that a place means nothing, is left out."""
        found = []
        for k, token in enumerate(self.tokens):
            counts = np.bincount(values[:, k], minlength=token.size).astype(np.float64)[: token.size - token.place]
            found.append(np.log((counts + 0.5) / max(counts.sum() + 0.5 * len(counts), 1.0)))
        return found


def place_of(steps: Ints, rng: np.random.Generator) -> Floats:
    """(rows,) steps -> (rows,) scalars in -1..1, even inside their step."""
    return np.asarray((steps + rng.random(len(steps))) / STEPS * 2.0 - 1.0)
