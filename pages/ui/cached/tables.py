"""The real table: as read, its kinds, and what its columns hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.table.schema import Kind
from pages.ui import datasets
from pages.ui.cached.keeping import SMALL, TABLES, TIME, kept, let_go
from pages.ui.cached.runs import housekeep
from pages.ui.datasets import Dataset
from pages.ui.sampled import Sampled, Source

if TYPE_CHECKING:
    import pandas as pd

    from engine.advice import Advice
    from engine.facts import Facts
    from engine.table.findings import Finding
    from engine.table.profile import TableProfile
    from engine.table.read import Reading
    from engine.table.schema import Column, Schema
    from engine.table.search import Found


def take(content: bytes, name: str, owner: str = "") -> Dataset:
    """Keep an upload and read it. owner: the session that brings it. Raises TwinError, and then keeps nothing."""
    housekeep()
    dataset = datasets.add(content, name, owner)
    try:
        schema(dataset)
    except BaseException:
        datasets.remove(dataset)
        raise
    return dataset


def read_as(dataset: Dataset, options: Mapping[str, Any]) -> None:
    """Read the table by other options from now on. Raises TwinError, and then leaves all as it was."""
    schema(replace(dataset, options=options))
    datasets.read_as(dataset, options)


def reading(dataset: Dataset) -> Reading:
    """The table as read, with what was found on the way. Raises TwinError."""
    return _reading(dataset.version, dataset)


@kept
@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def _reading(version: str, _dataset: Dataset) -> Reading:
    from engine import room
    from engine.limits import Limits
    from engine.table.read import ReadOptions, read_table

    with room.reading(_dataset.bytes, Limits.from_environment(), let_go):
        return read_table(_dataset.source, name=_dataset.name, options=ReadOptions(**_dataset.options))


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _found(version: str, text: str, most: int, _dataset: Dataset) -> Found:
    from engine.table.search import find_rows

    return find_rows(reading(_dataset).frame, text, most)


def found(dataset: Dataset, text: str, most: int) -> Found:
    """The first rows of the table of which a cell holds the text. Raises TwinError."""
    return _found(dataset.version, text, most, dataset)


def schema(dataset: Dataset) -> Schema:
    """The kinds as found in the values, without anybody's changes."""
    return _schema(dataset.version, dataset)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _schema(version: str, _dataset: Dataset) -> Schema:
    from engine.table.infer import infer_schema

    found = reading(_dataset)
    return infer_schema(found.frame, name=found.name)


def infinite(dataset: Dataset) -> tuple[Finding, ...]:
    """Columns of numbers with infinite ones, by the kinds as found."""
    return _infinite(dataset.version, dataset)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _infinite(version: str, _dataset: Dataset) -> tuple[Finding, ...]:
    from engine.table.infinite import find

    return find(reading(_dataset).frame, schema(_dataset))


def chosen_schema(dataset: Dataset) -> Schema:
    """The kinds with the person's changes, where they still fit the table."""
    found, saved = schema(dataset), dataset.load_schema()
    return saved if saved is not None and saved.names == found.names else found


def recast(dataset: Dataset, column: str, kind: Kind) -> Column:
    """The column as another kind, with the formats that its values then have. Raises TwinError when they do not fit."""
    return _recast(dataset.version, column, str(kind), dataset)


@kept
@st.cache_resource(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def _recast(version: str, column: str, kind: str, _dataset: Dataset) -> Column:
    from engine.table.infer import recast

    return recast(reading(_dataset).frame, schema(_dataset), column, kind)[column]


def profile(dataset: Dataset, chosen: Schema) -> TableProfile:
    """What each column holds, by these kinds. Raises TwinError when a kind does not fit the values."""
    return _look(dataset, chosen)[0]


def facts(dataset: Dataset, chosen: Schema) -> Facts:
    """What advice and estimates go by. Raises TwinError when a kind does not fit the values."""
    return _look(dataset, chosen)[1]


def _look(dataset: Dataset, chosen: Schema) -> tuple[TableProfile, Facts]:
    """Rules change neither."""
    bare = replace(chosen, constraints=())
    return _seen(dataset.version, bare.dumps(), dataset, bare)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _seen(version: str, text: str, _dataset: Dataset, _chosen: Schema) -> tuple[TableProfile, Facts]:
    from engine.facts import look
    from engine.table.profile import profile_table

    parsed = _chosen.parse(reading(_dataset).frame)
    return profile_table(parsed, _chosen), look(parsed, _chosen)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _cells(version: str, text: str, _dataset: Dataset, _column: Column) -> pd.Series:
    from engine.table.convert import parse_column

    return parse_column(reading(_dataset).frame[_column.name], _column)


def cells(dataset: Source, column: Column) -> pd.Series:
    """One column of the real table, parsed by the kind that it has now. Raises TwinError when that does not fit."""
    if isinstance(dataset, Sampled):
        return dataset.frame[column.name]
    column = bare(column)
    return _cells(dataset.version, text_of(column), dataset, column)


def bare(column: Column) -> Column:
    """The column without what changes nothing of its values, so that a choice of those computes nothing anew."""
    return replace(column, selected=True, method="", distribution="", pseudonym=False, text="own", reason="")


def text_of(column: Column) -> str:
    """All of a column, as a key of what was computed from it."""
    return json.dumps(column.to_json())


def values(dataset: Source, column: Column) -> Mapping[str, int]:
    """The values of a column as the source writes them, with their rows: the most frequent first, gaps last as ""."""
    column = bare(column)
    return _values(dataset.version, text_of(column), dataset, column)


@kept
@st.cache_resource(max_entries=2 * SMALL, ttl=TIME, show_spinner=False)
def _values(version: str, text: str, _dataset: Source, _column: Column) -> Mapping[str, int]:
    from engine.conditions import spelled

    known = cells(_dataset, _column)
    counts = sorted(known.value_counts().items(), key=lambda pair: (-pair[1], pair[0]))
    gaps = int(known.isna().sum())
    labelled = _column.kind is Kind.CATEGORICAL
    found = {str(value) if labelled else spelled(value, _column): int(rows) for value, rows in counts}
    if isinstance(_dataset, Sampled):
        found |= {value: 0 for value in _dataset.labels.get(_column.name, ()) if value not in found}
    return {**found, "": gaps} if gaps else found


def advice(dataset: Dataset, chosen: Schema) -> tuple[Advice, ...]:
    """Every method, the best suited first."""
    from engine.advice import advise

    known = facts(dataset, chosen)
    return advise(chosen, known.rows, known)
