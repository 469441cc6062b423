"""A table as a flat matrix for a neural network, and back: blocks of options (softmax) and places inside them.

Laid out column by column: the blocks of a column side by side, then its place when it has any. In each row exactly one
option of each block is set. Columns that an exact relation fixes (copies, rules; `engine.generators.relations`) are
left out and computed again in decoding; where gaps follow from another column, decoding puts them there and nowhere
else. Plain numpy: the network's framework is the business of each method.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.boosted.drawing import shared_out
from engine.generators.boosted.smoothing import smooth
from engine.generators.cells import Cells, GridCells, fit_cells
from engine.generators.deep.columnblocks import ColumnBlocks
from engine.generators.relations import Link, Relation, find_links
from engine.seeds import stream

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MODES = 16  # ranges into which a number's intervals are gathered
MOST = 100  # options of a lone block
DETAIL = 512  # cells of a number


@dataclass(frozen=True, slots=True)
class Block:
    """`size` neighbouring entries of the flat matrix, one of which is 1; the `digit`-th block of its column."""

    column: int
    digit: int
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """One entry of the flat matrix at `at`: the place in a range, -1..1, and 0 where the column's option is none."""

    column: int
    at: int


@dataclass(frozen=True, slots=True)
class Encoded:
    """options: (rows, blocks) whole numbers; scalars: (rows, scalars) in -1..1; ranged: (rows, scalars) whether the
    row's option is a range, so that the scalar means something."""

    options: Ints
    scalars: Singles
    ranged: Mask

    def __len__(self) -> int:
        return len(self.options)

    def take(self, rows: Ints | Mask | slice) -> Encoded:
        return Encoded(self.options[rows], self.scalars[rows], self.ranged[rows])


class TableBlocks:
    """columns: of each column its blocks, None where a link fixes it; order: columns, sources of links first.

    cells: of every column; blocks, scalars: the layout, in the order in which columns stand in `order`; width: entries
    of a row.
    """

    def __init__(
        self,
        cells: list[Cells],
        columns: list[ColumnBlocks | None],
        order: list[int],
        links: Mapping[int, Link],
    ) -> None:
        self.cells, self.columns, self.order, self.links = cells, columns, order, dict(links)
        self.blocks: list[Block] = []
        self.scalars: list[Scalar] = []
        self._blocks_of: dict[int, list[int]] = {}
        self._scalar_of: dict[int, int] = {}
        self.width = 0
        for j in order:
            self._lay(j)

    def _lay(self, j: int) -> None:
        own = self.columns[j]
        if own is None:
            return
        self._blocks_of[j] = list(range(len(self.blocks), len(self.blocks) + len(own.sizes)))
        for digit, size in enumerate(own.sizes):
            self.blocks.append(Block(j, digit, self.width, size))
            self.width += size
        if own.ranged:
            self._scalar_of[j] = len(self.scalars)
            self.scalars.append(Scalar(j, self.width))
            self.width += 1

    @classmethod
    def fit(
        cls,
        codec: TableCodec,
        codes: Floats,
        seed: int,
        *,
        modes: int = MODES,
        most: int = MOST,
        detail: int = DETAIL,
        step: Callable[[], None] = lambda: None,
    ) -> Self:
        """Learn from (rows, columns) codes. modes: ranges of a number; most: options of a lone block, more are told by
        digits; detail: cells of a number; step: called now and then, to be asked whether to stop."""
        cells = fit_cells(codec, codes, stream(seed, "blocks", "orders"), resolution=detail, step=step)
        for j, own in enumerate(cells):
            if isinstance(own, GridCells):
                smooth(own.grid, codes[:, j], stream(seed, "blocks", "smooth", j))
            step()
        found = [own.cell(codes[:, j]) for j, own in enumerate(cells)]
        numbers = [isinstance(column, NumericCodec) for column in codec.codecs]
        order, links = find_links(codes, found, [own.size for own in cells], numbers, step)
        columns = [
            None if _fixed(links.get(j)) else ColumnBlocks.fit(own, codes[:, j], modes=modes, most=most)
            for j, own in enumerate(cells)
        ]
        return cls(cells, columns, order, links)

    def blocks_of(self, j: int) -> list[int]:
        """Places in `blocks` of column j's blocks; none where it never varies or a link fixes it."""
        return self._blocks_of.get(j, [])

    def scalar_of(self, j: int) -> int | None:
        """Place in `scalars` of column j's scalar."""
        return self._scalar_of.get(j)

    # To numbers

    def encode(self, codes: Floats) -> Encoded:
        """(rows, columns) codes of the table -> what the network learns from."""
        options = np.zeros((len(codes), len(self.blocks)), np.int64)
        scalars = np.zeros((len(codes), len(self.scalars)), np.float32)
        ranged = np.zeros(scalars.shape, dtype=bool)
        for j in self.order:
            own = self.columns[j]
            if own is None:
                continue
            option, place = own.encode(codes[:, j])
            options[:, self.blocks_of(j)] = own.digits(option)
            at = self.scalar_of(j)
            if at is not None:
                ranged[:, at] = own.wide[option]
                scalars[:, at] = np.where(ranged[:, at], 2.0 * place - 1.0, 0.0)
        return Encoded(options, scalars, ranged)

    def flat(self, encoded: Encoded) -> Singles:
        """(rows, width) one-hot options and scalars."""
        matrix = np.zeros((len(encoded), self.width), np.float32)
        rows = np.arange(len(encoded))
        for at, block in enumerate(self.blocks):
            matrix[rows, block.start + encoded.options[:, at]] = 1.0
        for at, scalar in enumerate(self.scalars):
            matrix[:, scalar.at] = encoded.scalars[:, at]
        return matrix

    def split(self, matrix: Singles) -> Encoded:
        """(rows, width) -> the option of the greatest entry of each block, and the scalars cut to -1..1."""
        options = np.zeros((len(matrix), len(self.blocks)), np.int64)
        for at, block in enumerate(self.blocks):
            options[:, at] = matrix[:, block.start : block.start + block.size].argmax(axis=1)
        scalars = np.clip(matrix[:, [s.at for s in self.scalars]], -1.0, 1.0).astype(np.float32)
        ranged = np.zeros(scalars.shape, dtype=bool)
        for at, scalar in enumerate(self.scalars):
            own = self._own(scalar.column)
            ranged[:, at] = own.wide[own.option(options[:, self.blocks_of(scalar.column)])]
        return Encoded(options, np.where(ranged, scalars, np.float32(0.0)), ranged)

    def shares(self, at: int) -> Floats:
        """(size,) share of the training rows with each option of block `at`."""
        block = self.blocks[at]
        own = self._own(block.column)
        digits = own.digits(np.arange(own.options))[:, block.digit]
        rows = np.bincount(digits, weights=own.counts, minlength=block.size)
        return np.asarray(rows / max(own.counts.sum(), 1))

    def _own(self, j: int) -> ColumnBlocks:
        own = self.columns[j]
        assert own is not None
        return own

    # Back to a table

    def draft(self, rows: int) -> Draft:
        return Draft(self, rows)

    def decode(self, encoded: Encoded, rng: np.random.Generator) -> Floats:
        """Options and scalars of new rows -> (rows, columns) codes: links hold, values are drawn inside their cells."""
        draft = self.draft(len(encoded))
        for j in self.order:
            at = self.scalar_of(j)
            scalar = None if at is None else encoded.scalars[:, at]
            draft.put(j, encoded.options[:, self.blocks_of(j)], scalar, rng)
        return draft.codes

    def held(self) -> list[list[float]]:
        """Codes of the real values that are kept, per column."""
        return [own.held() for own in self.cells]

    def state(self) -> dict[str, Any]:
        return {
            "order": self.order,
            "links": {str(j): link.state() for j, link in self.links.items()},
            "columns": [None if own is None else own.state() for own in self.columns],
            "cells": [own.state() if self.columns[j] is None else None for j, own in enumerate(self.cells)],
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Self:
        from engine.generators.cells import from_state

        columns = [None if own is None else ColumnBlocks.from_state(own) for own in state["columns"]]
        cells = [
            from_state(own) if column is None else column.cells
            for column, own in zip(columns, state["cells"], strict=True)
        ]
        links = {int(j): Link.from_state(link) for j, link in state["links"].items()}
        order = [int(j) for j in state["order"]]
        if sorted(order) != list(range(len(cells))) or any((columns[j] is None) != _fixed(links.get(j)) for j in order):
            raise ValueError("columns and links do not agree")
        return cls(cells, columns, order, links)


class Draft:
    """New rows while they are made, column by column in the order of `TableBlocks.order`.

    codes, cells: (rows, columns), filled for the columns that were put.
    """

    def __init__(self, table: TableBlocks, rows: int) -> None:
        self.table = table
        self.codes = np.full((rows, len(table.cells)), np.nan)
        self.cells = np.zeros((rows, len(table.cells)), np.int64)

    def gaps(self, j: int) -> Mask | None:
        """(rows,) where column j must be missing, and nowhere else; None when no link says so.

        The columns before j in the order must have been put. A model that asks and draws accordingly needs no repair.
        """
        link = self.table.links.get(j)
        if link is None or link.relation is not Relation.GAPS:
            return None
        return np.asarray(link.states[self.cells[:, link.source]] == 1)

    def put(self, j: int, digits: Ints, scalar: Singles | Floats | None, rng: np.random.Generator) -> None:
        """Column j from its (rows, blocks) digits and (rows,) scalars; both are ignored where a link fixes it."""
        link = self.table.links.get(j)
        if link is not None and link.relation is Relation.COPY:
            self.codes[:, j] = self.codes[:, link.source]
            self.cells[:, j] = self.table.cells[j].cell(self.codes[:, j])
            return
        if link is not None and link.relation is Relation.RULE:
            found = link.states[self.cells[:, link.source]]
        else:
            found = self._found(j, digits, scalar, rng)
        self.cells[:, j] = found
        self.codes[:, j] = self.table.cells[j].value(found, rng)

    def _found(self, j: int, digits: Ints, scalar: Singles | Floats | None, rng: np.random.Generator) -> Ints:
        """(rows,) cells of a column that no link fixes; gaps put right where they follow from another column."""
        own = self.table._own(j)
        option = own.option(digits)
        place = np.full(len(option), 0.5) if scalar is None else (np.asarray(scalar, np.float64) + 1.0) / 2.0
        gaps = self.gaps(j)
        if gaps is not None:
            short = np.flatnonzero((option == 0) & ~gaps)
            share = np.r_[0.0, own.counts[1:].astype(np.float64)]
            if len(short) and share.any():
                option[short] = shared_out(share, len(short), rng)
            option[gaps] = 0
        return own.cell(option, place)


def _fixed(link: Link | None) -> bool:
    return link is not None and link.relation is not Relation.GAPS
