"""A trained GAN as a whole: from noise to codes of a table, chosen among candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.boosted.judge import chosen
from engine.generators.deep.blocks import Encoded, TableBlocks
from engine.generators.deep.gan.judge import Judge
from engine.generators.deep.gan.layout import Layout
from engine.generators.deep.gan.maker import Maker
from engine.seeds import stream

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_AT_ONCE = 4_096  # candidates that are made and judged at a time
_CANDIDATES = 65_536  # among which rows are chosen


class TableGan:
    """maker: None where no column varies on its own; judge: None where rows are taken as they are made."""

    def __init__(self, blocks: TableBlocks, layout: Layout, maker: Maker | None, judge: Judge | None = None) -> None:
        self.blocks, self.layout, self.maker, self.judge = blocks, layout, maker, judge

    def candidates(self, rows: int, rng: np.random.Generator) -> Floats:
        """(rows, columns) codes as the generator makes them."""
        if self.maker is None:
            nothing = np.zeros((rows, 0), np.float32)
            made = Encoded(np.zeros((rows, 0), np.int64), nothing, nothing > 0)
        else:
            made = self.maker.make(rows, rng)
        return self.blocks.decode(made, rng)

    def features(self, codes: Floats) -> Singles:
        """(rows, columns) codes -> (rows, width) what the judge sees."""
        return self.layout.features(self.blocks.encode(codes))

    def make(
        self, rows: int, candidates: int, seed: int, purpose: str, step: Callable[[int], None] = lambda _: None
    ) -> Floats:
        """(rows, columns) codes of new rows, each chosen among some candidates. step: told how many rows were added."""
        factor = candidates if self.judge is not None else 1
        size = max(_CANDIDATES // factor, 1)
        parts = [np.empty((0, len(self.blocks.cells)))]
        for batch, at in enumerate(range(0, rows, size)):
            count = min(size, rows - at)
            parts.append(self._kept(count, factor, stream(seed, "gan", purpose, batch)))
            step(count)
        return np.concatenate(parts)

    def _kept(self, rows: int, factor: int, rng: np.random.Generator) -> Floats:
        codes = self.candidates(rows * factor, rng)
        if self.judge is None:
            return codes
        step = self.layout.at_once(_AT_ONCE)
        parts = [self.judge.log_weight(self.features(codes[at : at + step])) for at in range(0, len(codes), step)]
        weight = np.concatenate(parts) if parts else np.zeros(0)
        return codes[chosen(weight, rows, rng)]

    def state(self) -> dict[str, Any]:
        return {
            "blocks": self.blocks.state(),
            "maker": None if self.maker is None else self.maker.state(),
            "judge": None if self.judge is None else self.judge.state(),
        }

    @classmethod
    def from_state(cls, codec: TableCodec, state: Mapping[str, Any]) -> Self:
        blocks = TableBlocks.from_state(state["blocks"])
        layout = layout_of(codec, blocks)
        maker = None if state["maker"] is None else Maker.from_state(layout, state["maker"])
        judge = None if state["judge"] is None else Judge.from_state(state["judge"], layout)
        if (maker is None) != (layout.blocks == 0):
            raise ValueError("network and blocks do not agree")
        return cls(blocks, layout, maker, judge)


def layout_of(codec: TableCodec, blocks: TableBlocks) -> Layout:
    return Layout(blocks, [isinstance(own, NumericCodec) for own in codec.codecs])
