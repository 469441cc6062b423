"""The trained decoder in plain numpy: rows from latent variables, token by token. Sampling needs no TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.drawing import drawn
from engine.generators.deep.blocks import Draft
from engine.generators.deep.vae.tokens import STEPS, Tokens, place_of

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

CLASSES = (8, 24)  # tokens of alike many values are computed together: up to 8, up to 24, and more


def size_classes(sizes: Ints) -> list[Ints]:
    """Numbers of the tokens of each class that has any, by their size."""
    edges = [0, *CLASSES, int(sizes.max(initial=0))]
    groups = [np.flatnonzero((sizes > low) & (sizes <= max(low, high))) for low, high in pairwise(edges)]
    return [group for group in groups if len(group)]


class Decoder:
    """weights: those of `network.Decoder` by name. Shapes: latent (rows, latent), context (rows, width)."""

    def __init__(self, tokens: Tokens, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self.tokens, self.weights = tokens, weights
        self._place = {
            int(k): (number, i) for number, group in enumerate(size_classes(tokens.sizes)) for i, k in enumerate(group)
        }

    def context(self, z: Floats) -> Singles:
        """(rows, latent) -> (rows, width), what every token sees of the latent variables."""
        w = self.weights
        hidden = np.maximum(z.astype(np.float32) @ w["latent_in"] + w["latent_bias"], 0)
        return np.asarray(hidden @ w["latent_out"], dtype=np.float32)

    def chances(self, context: Singles, k: int) -> Floats:
        """(rows, values) chances of token k; of a place, given that it means something."""
        w = self.weights
        hidden = np.maximum(context + w["bias"][k], 0) @ w["inner"][k] + w["inner_bias"][k]
        number, i = self._place[k]
        size = self.tokens.tokens[k].size - self.tokens.tokens[k].place
        raw = np.maximum(hidden, 0) @ w[f"outer_{number}"][i, :, :size] + w[f"outer_bias_{number}"][i, :size]
        found = np.exp((raw - raw.max(axis=1, keepdims=True)).astype(np.float64))
        return np.asarray(found / found.sum(axis=1, keepdims=True))

    def see(self, context: Singles, k: int, values: Ints) -> None:
        """Let the later tokens see the (rows,) values of token k."""
        context += self.weights["embedding"][self.tokens.starts[k] + values]

    def make(self, z: Floats, rng: np.random.Generator, step: Callable[[], None] = lambda: None) -> Floats:
        """(rows, latent) -> (rows, columns) codes of new rows. step: called once a column."""
        blocks = self.tokens.blocks
        draft = blocks.draft(len(z))
        context = self.context(z) if len(self.tokens) else np.zeros((len(z), 0), np.float32)
        at = 0
        for j in blocks.order:
            digits: list[Ints] = []
            scalar: Floats | None = None
            while at < len(self.tokens) and self.tokens.tokens[at].column == j:
                if self.tokens.tokens[at].place:
                    values, scalar = self._placed(context, at, np.stack(digits, axis=1), rng)
                else:
                    values = self._option(context, at, draft if not digits else None, rng)
                    digits.append(values)
                self.see(context, at, values)
                at += 1
            stacked = np.stack(digits, axis=1) if digits else np.zeros((len(z), 0), np.int64)
            draft.put(j, stacked, scalar, rng)
            step()
        return draft.codes

    def _option(self, context: Singles, k: int, draft: Draft | None, rng: np.random.Generator) -> Ints:
        """(rows,) options of a block; draft: of its column's first, where gaps may follow from another column."""
        chances = self.chances(context, k)
        gaps = None if draft is None else draft.gaps(self.tokens.tokens[k].column)
        if gaps is not None:
            chances[~gaps, 0] = 0.0
            chances[gaps, 1:] = 0.0
            chances[gaps, 0] = 1.0
            chances[chances.sum(axis=1) <= 0, 1:] = 1.0
            chances /= chances.sum(axis=1, keepdims=True)
        return drawn(chances, rng)

    def _placed(self, context: Singles, k: int, digits: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """(rows,) steps of a place and scalars; the step beside all others where the option is no range."""
        own = self.tokens.blocks.columns[self.tokens.tokens[k].column]
        assert own is not None
        ranged = own.wide[own.option(digits)]
        steps = np.full(len(digits), STEPS, dtype=np.int64)
        scalar = np.zeros(len(digits))
        if ranged.any():
            steps[ranged] = drawn(self.chances(context[ranged], k), rng)
            scalar[ranged] = place_of(steps[ranged], rng)
        return steps, scalar
