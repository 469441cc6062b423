"""What a look at one column asks of the engine, kept for a while (see `cached`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.table.schema import Column, Constraint, Schema
from pages.ui import cached
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.columnfit import ColumnFits
    from engine.constraints import Found
    from engine.courses import Course
    from engine.evaluation.distributions import ColumnComparison
    from engine.protection import Protected

BROKEN_SHOWN = 50  # real rows that break a rule, to look at


def fixed(dataset: Dataset, column: Column, value: str | None = None) -> Column:
    """The column with one value in every row; None: its most frequent one. Raises TwinError."""
    from engine.table.infer import fix

    schema_ = replace(cached.schema(dataset), columns=(column,))
    return fix(cached.reading(dataset).frame, schema_, column.name, value)[column.name]


def shape(dataset: Dataset, column: Column) -> ColumnComparison:
    """One real column as charts draw it. Raises NotApplicable where it is empty throughout."""
    column = cached.bare(column)
    return _shape(dataset.version, cached.text_of(column), dataset, column)


@cached.kept
@st.cache_resource(max_entries=2 * cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _shape(version: str, text: str, _dataset: Dataset, _column: Column) -> ColumnComparison:
    from engine import columnfit

    return columnfit.shape(cached.cells(_dataset, _column), _column)


def fits(dataset: Dataset, column: Column) -> ColumnFits:
    """How well each family of distributions fits a column of numbers or dates."""
    column = cached.bare(column)
    return _fits(dataset.version, cached.text_of(column), dataset, column)


@cached.kept
@st.cache_resource(max_entries=2 * cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _fits(version: str, text: str, _dataset: Dataset, _column: Column) -> ColumnFits:
    from engine import columnfit

    return columnfit.fits(cached.cells(_dataset, _column), _column)


def course(dataset: Dataset, time: Column, column: Column) -> Course:
    """A number of the real table over one of its dates. Raises NotApplicable where there is too little of it."""
    time, column = cached.bare(time), cached.bare(column)
    return _course(dataset.version, cached.text_of(time) + cached.text_of(column), dataset, time, column)


@cached.kept
@st.cache_resource(max_entries=cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _course(version: str, text: str, _dataset: Dataset, _time: Column, _column: Column) -> Course:
    import pandas as pd

    from engine import courses

    table = pd.DataFrame({c.name: cached.cells(_dataset, c) for c in (_time, _column)})
    return courses.course(table, _time.name, _column.name)


def examples(dataset: Dataset, column: Column) -> tuple[str, ...]:
    """A few values as they are made up for a column. Raises TwinError for an unknown provider or locale."""
    return _examples(dataset.version, cached.text_of(column), dataset, column)


@cached.kept
@st.cache_resource(max_entries=2 * cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _examples(version: str, text: str, _dataset: Dataset, _column: Column) -> tuple[str, ...]:
    from engine.fakers import offers

    return offers.examples(cached.cells(_dataset, _column), _column)


@st.cache_resource(show_spinner=False)
def providers() -> Mapping[str, str]:
    """Every kind of personal data that can be made up, with its name for people."""
    from engine.fakers import offers

    return offers.providers()


@st.cache_resource(show_spinner=False)
def locales() -> tuple[str, ...]:
    """Languages and countries for which data can be made up."""
    from engine.fakers import offers

    return offers.locales()


def rare(dataset: Dataset, chosen: Schema, rows: int | None) -> Protected:
    """How many labels fewer than `rows` rows share (None: the engine's own number), and in how many rows they are."""
    from engine.protection import candidates

    columns = tuple(cached.bare(chosen[name]) for name in candidates(chosen.selected))
    return _rare(dataset.version, " ".join(map(cached.text_of, columns)), rows, dataset, columns)


@cached.kept
@st.cache_resource(max_entries=cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _rare(version: str, text: str, rows: int | None, _dataset: Dataset, _columns: tuple[Column, ...]) -> Protected:
    import pandas as pd

    from engine.protection import POOL, Protection

    frame = pd.DataFrame(
        {c.name: cached.cells(_dataset, c) for c in _columns}, index=cached.reading(_dataset).frame.index
    )
    return Protection(POOL, rows).applied(frame, Schema(_columns), 0)[1]  # to count, the quicker way is enough


# Rules


def found_rules(dataset: Dataset, chosen: Schema) -> tuple[Found, ...]:
    """Rules that nearly all real rows keep. Raises TwinError when a kind does not fit the values."""
    selected = Schema(tuple(cached.bare(c) for c in chosen.selected), chosen.name)
    return _found_rules(dataset.version, selected.dumps(), dataset, selected)


@cached.kept
@st.cache_resource(max_entries=cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _found_rules(version: str, text: str, _dataset: Dataset, _schema: Schema) -> tuple[Found, ...]:
    from engine import constraints

    return constraints.find(_schema.parse(cached.reading(_dataset).frame), _schema)


@dataclass(frozen=True, slots=True)
class Breaking:
    """How the real rows keep a rule. rows: all of them; places: of the first ones that break it, from 0."""

    rows: int
    broken: int
    places: tuple[int, ...]


def breaking(dataset: Dataset, chosen: Schema, rule: Constraint) -> Breaking:
    """Which real rows break a rule. Raises TwinError when it does not fit its columns."""
    columns = tuple(cached.bare(chosen[name]) for name in rule.columns)
    bare = replace(rule, treat="ignore")
    text = json.dumps(bare.to_json(), sort_keys=True) + " ".join(map(cached.text_of, columns))
    return _breaking(dataset.version, text, dataset, Schema(columns, chosen.name), bare)


@cached.kept
@st.cache_resource(max_entries=10 * cached.SMALL, ttl=cached.TIME, show_spinner=False)
def _breaking(version: str, text: str, _dataset: Dataset, _schema: Schema, _rule: Constraint) -> Breaking:
    import pandas as pd

    from engine import constraints

    table = pd.DataFrame({c.name: cached.cells(_dataset, c) for c in _schema})
    broken = constraints.breaking(_rule, table, _schema)
    return Breaking(len(table), int(broken.sum()), tuple(broken.nonzero()[0][:BROKEN_SHOWN].tolist()))
