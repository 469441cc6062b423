"""Blocks: what a network learns from comes back as the same cells, and exact relations hold in every decoded row."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codecs.grid import SHARED, Grid
from engine.codecs.table import TableCodec
from engine.generators import bundle
from engine.generators.cells import Cells, GridCells, LevelCells
from engine.generators.deep.blocks import TableBlocks
from engine.generators.deep.columnblocks import DIGIT, ColumnBlocks
from engine.generators.relations import Relation
from tests.contracts.zoo import ZOO, Animal
from tests.engine.generators import samples


def grid(codes: np.ndarray, decimals: int = 2, cells: int = 64) -> GridCells:
    return GridCells(Grid().fit(codes, decimals=decimals, cells=cells))


def levels(codes: np.ndarray, rng: np.random.Generator) -> LevelCells:
    counts = np.bincount(codes[~np.isnan(codes)].astype(np.int64))
    return LevelCells(rng.permutation(len(counts)), counts, int(np.isnan(codes).sum()))


def there_and_back(own: ColumnBlocks, codes: np.ndarray) -> np.ndarray:
    option, place = own.encode(codes)
    told = own.option(own.digits(option))
    np.testing.assert_array_equal(told, option)
    return own.cell(told, place.astype(np.float32).astype(np.float64))


@given(
    st.lists(
        st.one_of(st.none(), st.sampled_from([0.0, 5.0, 99.0]), st.floats(-1e6, 1e6).map(lambda v: round(v, 2))),
        min_size=2,
        max_size=300,
    ),
    st.integers(1, 20),
    st.integers(2, 30),
)
@settings(max_examples=150, deadline=None)
def test_numbers_come_back_in_their_cells(values: list[float | None], modes: int, most: int) -> None:
    codes = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    cells = grid(codes)
    own = ColumnBlocks.fit(cells, codes, modes=modes, most=most)
    np.testing.assert_array_equal(there_and_back(own, codes), cells.cell(codes))


@given(st.integers(1, 3_000), st.integers(2, 120), st.booleans(), st.integers(0, 2**31))
@settings(max_examples=100, deadline=None)
def test_levels_come_back_by_digits(count: int, most: int, gaps: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(count), rng.integers(0, count, 50)].astype(np.float64)
    if gaps:
        codes = np.r_[codes, [np.nan] * 3]
    cells = levels(codes, rng)
    own = ColumnBlocks.fit(cells, codes, modes=4, most=most)
    np.testing.assert_array_equal(there_and_back(own, codes), cells.cell(codes))


@given(st.integers(101, 40_000), st.booleans(), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_any_digits_mean_some_option(count: int, gaps: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    codes = np.r_[np.arange(count, dtype=np.float64), [np.nan] * gaps]
    own = ColumnBlocks.fit(levels(codes, rng), codes, modes=4, most=100)
    assert max(own.sizes) <= DIGIT + 1
    digits = np.column_stack([rng.integers(0, size, 500) for size in own.sizes])
    option = own.option(digits)
    assert option.min() >= 0
    assert option.max() < own.options


def test_twenty_thousand_levels_are_three_small_blocks() -> None:
    codes = np.arange(20_000, dtype=np.float64)
    own = ColumnBlocks.fit(levels(codes, np.random.default_rng(0)), codes, modes=16, most=100)
    assert len(own.sizes) == 3
    assert max(own.sizes) <= 28


def test_neighbours_share_their_first_digit() -> None:
    codes = np.arange(5_000, dtype=np.float64)
    own = ColumnBlocks.fit(LevelCells(np.arange(5_000), np.ones(5_000, np.int64), 0), codes, modes=16, most=100)
    first = own.digits(own.encode(codes)[0])[:, 0]
    assert (np.diff(first) >= 0).all()
    assert np.bincount(first).max() <= 2 * np.bincount(first).min()


def test_modes_hold_alike_many_rows_and_places_are_even() -> None:
    codes = np.round(np.random.default_rng(3).lognormal(3, 1, 8_000), 6)
    own = ColumnBlocks.fit(grid(codes, 6, 512), codes, modes=16, most=100)
    option, place = own.encode(codes)
    assert own.options == 16
    shares = np.bincount(option) / len(codes)
    assert np.abs(shares - 1 / 16).max() < 0.01
    assert abs(place.mean() - 0.5) < 0.02
    assert abs(place.std() - np.sqrt(1 / 12)) < 0.02


def test_even_places_give_the_distribution_back() -> None:
    """By construction: options by their shares, places even between 0 and 1."""
    rng = np.random.default_rng(4)
    codes = np.where(rng.random(6_000) < 0.3, 0.0, np.round(rng.gamma(2, 10, 6_000), 3))
    cells = grid(codes, 3, 256)
    own = ColumnBlocks.fit(cells, codes, modes=8, most=100)
    option = rng.choice(own.options, 20_000, p=own.counts / own.counts.sum())
    made = cells.value(own.cell(option, rng.random(20_000)), rng)
    assert samples.distance(pd.Series(codes), pd.Series(made)) < 0.02
    assert (made == 0).mean() == pytest.approx(0.3, abs=0.02)


def test_a_heavy_value_is_an_option_and_no_range() -> None:
    rng = np.random.default_rng(5)
    codes = np.where(np.arange(4_000) % 2 == 0, 0.0, rng.normal(10, 3, 4_000))
    own = ColumnBlocks.fit(grid(codes, 17), codes, modes=16, most=100)
    option, _ = own.encode(np.zeros(1))
    assert not own.wide[option[0]]
    assert own.counts[option[0]] == 2_000


def blocks_of(animal: Animal) -> tuple[TableCodec, np.ndarray, TableBlocks]:
    codec = TableCodec(animal.schema).fit(animal.table)
    codes = codec.encode(animal.table)
    return codec, codes, TableBlocks.fit(codec, codes, seed=1)


def cells_of(blocks: TableBlocks, codes: np.ndarray) -> np.ndarray:
    return np.column_stack([own.cell(codes[:, j]) for j, own in enumerate(blocks.cells)])


@pytest.mark.parametrize("name", list(ZOO))
def test_every_table_comes_back_in_its_cells(name: str) -> None:
    _, codes, blocks = blocks_of(ZOO[name])
    encoded = blocks.encode(codes)
    matrix = blocks.flat(encoded)
    assert matrix.shape == (len(codes), blocks.width)
    for block in blocks.blocks:
        np.testing.assert_array_equal(matrix[:, block.start : block.start + block.size].sum(axis=1), 1.0)
    again = blocks.split(matrix)
    np.testing.assert_array_equal(again.options, encoded.options)
    np.testing.assert_array_equal(again.scalars, encoded.scalars)
    np.testing.assert_array_equal(again.ranged, encoded.ranged)
    draft = blocks.draft(len(codes))
    rng = np.random.default_rng(0)
    for j in blocks.order:
        at = blocks.scalar_of(j)
        draft.put(j, again.options[:, blocks.blocks_of(j)], None if at is None else again.scalars[:, at], rng)
    np.testing.assert_array_equal(draft.cells, cells_of(blocks, codes))
    np.testing.assert_array_equal(np.isnan(draft.codes), np.isnan(codes))


@pytest.mark.parametrize("name", list(ZOO))
def test_every_table_through_a_file(name: str, tmp_path: Path) -> None:
    _, codes, blocks = blocks_of(ZOO[name])
    bundle.write(tmp_path, {"blocks": blocks.state()})
    json.loads((tmp_path / "model.json").read_text(encoding="utf-8"))
    again = TableBlocks.from_state(bundle.read(tmp_path)["blocks"])
    encoded = blocks.encode(codes)
    np.testing.assert_array_equal(again.flat(again.encode(codes)), blocks.flat(encoded))
    made, other = (own.decode(encoded, np.random.default_rng(2)) for own in (blocks, again))
    np.testing.assert_array_equal(made, other)
    assert again.held() == blocks.held()


def test_shares_are_those_of_the_training_rows() -> None:
    _, codes, blocks = blocks_of(ZOO["many levels"])
    options = blocks.encode(codes).options
    for at, block in enumerate(blocks.blocks):
        seen = np.bincount(options[:, at], minlength=block.size) / len(codes)
        np.testing.assert_allclose(blocks.shares(at), seen)


def test_random_options_keep_exact_relations() -> None:
    """Whatever a network says: copies, rules and gaps hold."""
    table, schema = samples.linked()
    codec = TableCodec(schema).fit(table)
    codes = codec.encode(table)
    blocks = TableBlocks.fit(codec, codes, seed=0)
    assert blocks.links
    rng = np.random.default_rng(6)
    encoded = blocks.encode(codes)
    shuffled = np.column_stack([rng.permutation(column) for column in encoded.options.T])
    made = blocks.decode(type(encoded)(shuffled, encoded.scalars, encoded.ranged), rng)
    found = cells_of(blocks, made)
    for j, link in blocks.links.items():
        if link.relation is Relation.COPY:
            np.testing.assert_array_equal(made[:, j], made[:, link.source])
        elif link.relation is Relation.RULE:
            np.testing.assert_array_equal(found[:, j], link.states[found[:, link.source]])
        else:
            np.testing.assert_array_equal(np.isnan(made[:, j]), link.states[found[:, link.source]] == 1)


def test_only_shared_values_are_held() -> None:
    codes = np.r_[np.full(SHARED, 1.0), np.full(SHARED - 1, 2.0), np.linspace(3, 9, 400)]
    cells: Cells = grid(codes, 6)
    assert ColumnBlocks.fit(cells, codes, modes=4, most=100).cells.held() == [1.0]


def test_a_column_that_never_varies_has_no_block() -> None:
    _, _, blocks = blocks_of(ZOO["constants"])
    assert blocks.width == 0
    assert blocks.decode(blocks.encode(np.zeros((3, 6))), np.random.default_rng(0)).shape == (3, 6)
