"""Exact relations are found, and chance is not taken for one."""

from __future__ import annotations

import numpy as np

from engine.generators.relations import Link, Relation, determined_by, find_links

RNG = np.random.default_rng(0)


def found(*columns: np.ndarray, numbers: tuple[bool, ...] | None = None) -> tuple[list[int], dict[int, Link]]:
    """Links of whole-number columns; NaN is cell 0, and then a value v is cell v + 1."""
    codes = np.column_stack(columns).astype(np.float64)
    cells, sizes = [], []
    for own in codes.T:
        gaps = np.isnan(own)
        cells.append(np.where(gaps, 0, np.nan_to_num(own) + gaps.any()).astype(np.int64))
        sizes.append(int(cells[-1].max()) + 1)
    steps: list[int] = []
    order, links = find_links(codes, cells, sizes, numbers or (True,) * len(sizes), lambda: steps.append(1))
    assert len(steps) == len(columns)
    return order, links


def test_a_rule_names_the_state_of_every_source_state() -> None:
    city = RNG.integers(0, 30, 900)
    states = determined_by(city, city // 10, 31)
    assert states is not None
    assert states[:30].tolist() == (np.arange(30) // 10).tolist()


def test_one_exception_is_no_rule() -> None:
    city = RNG.integers(0, 30, 900)
    country = city // 10
    country[450] = (country[450] + 1) % 3
    assert determined_by(city, country, 30) is None


def test_too_few_repetitions_are_no_rule() -> None:
    assert determined_by(np.arange(100), RNG.integers(0, 2, 100), 100) is None


def test_a_nearly_constant_column_follows_from_nothing() -> None:
    rare = np.zeros(300, np.int64)
    rare[7] = 1
    source = np.r_[np.arange(8), RNG.integers(8, 40, 292)]
    assert determined_by(source, rare, 40) is None


def test_random_columns_have_no_links() -> None:
    rng = np.random.default_rng(1)
    columns = [rng.integers(0, size, 250) for size in (2, 3, 5, 20, 100, 240)]
    order, links = found(*columns)
    assert order == list(range(6))
    assert links == {}


def test_the_determining_column_comes_first() -> None:
    city = RNG.integers(0, 30, 900)
    noise = RNG.integers(0, 4, 900)
    order, links = found(city // 10, noise, city)
    assert order == [2, 0, 1]
    assert links[0].relation is Relation.RULE
    assert links[0].source == 2


def test_of_two_names_for_one_thing_the_first_leads() -> None:
    names = RNG.integers(0, 6, 500)
    order, links = found(names, 5 - names, numbers=(False, False))
    assert order == [0, 1]
    assert list(links) == [1]
    assert links[1].relation is Relation.RULE


def test_chains_of_rules_hold_together() -> None:
    village = RNG.integers(0, 60, 2_000)
    order, links = found(village // 20, village // 5, village)
    assert order[0] == 2
    assert {j: link.relation for j, link in links.items()} == {0: Relation.RULE, 1: Relation.RULE}


def test_a_copy_of_numbers() -> None:
    price = RNG.integers(0, 10_000, 300).astype(float)
    price[::7] = np.nan
    _, links = found(price, RNG.integers(0, 9, 300), price)
    assert links[2] == Link(Relation.COPY, 0, links[2].states)


def test_a_constant_is_no_copy_of_a_constant() -> None:
    assert found(np.zeros(50), np.zeros(50))[1] == {}


def test_gaps_in_the_same_few_rows() -> None:
    a, b = (RNG.integers(0, 100, 344).astype(float) for _ in range(2))
    a[[3, 271]] = b[[3, 271]] = np.nan
    _, links = found(a, b)
    assert links[1].relation is Relation.GAPS
    assert links[1].states[0] == 1
    assert not links[1].states[1:].any()


def test_gaps_that_follow_from_a_value() -> None:
    reviews = RNG.integers(0, 5, 600)
    last = RNG.integers(0, 300, 600).astype(float)
    last[reviews == 0] = np.nan
    _, links = found(reviews, last)
    assert links[1].relation is Relation.GAPS
    assert links[1].states.tolist() == [1, 0, 0, 0, 0]


def test_one_common_gap_may_be_chance() -> None:
    a, b = (RNG.integers(0, 100, 344).astype(float) for _ in range(2))
    a[5] = b[5] = np.nan
    assert found(a, b)[1] == {}


def test_state_makes_the_same_link() -> None:
    link = Link(Relation.RULE, 3, np.array([1, 0]))
    again = Link.from_state(link.state())
    assert (again.relation, again.source, again.states.tolist()) == (Relation.RULE, 3, [1, 0])
