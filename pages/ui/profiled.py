"""A profile of each column in a card with a small chart; a page of them at a time, found by name, kind or oddity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import TYPE_CHECKING

import streamlit as st

from engine.table.notes import excerpt
from engine.table.schema import Kind
from pages.ui import cached, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain, share

if TYPE_CHECKING:
    from engine.table.profile import ColumnProfile, TableProfile
    from engine.table.schema import Column, Schema

NAME = 60  # characters of a name on a card; all of it is in the help
CARDS = 12  # on one page; with more columns there is something to find them by
GAPS, FOUND = "With missing cells", "With findings of the reader"


@st.fragment
def draw(table: Dataset) -> None:
    """The columns of a table that was read; drawn anew alone."""
    with widgets.told():
        schema = cached.chosen_schema(table)
        with st.spinner("Looking through the columns …"):
            profile = cached.profile(table, schema)
        findings = (*cached.reading(table).findings, *cached.infinite(table))
        told = {finding.column for finding in findings if finding.column is not None}
        profiles(profile, schema, told)


def profiles(profile: TableProfile, schema: Schema, told: Collection[str] = ()) -> None:
    """The cards. told: columns that the reader found something in."""
    shown, way = (profile.columns, "") if len(profile.columns) <= CARDS else _chosen(profile.columns, told)
    if not shown:
        st.info("No column is like that.", icon=":material/search_off:")
        return
    pages = -(-len(shown) // CARDS)
    page = st.pagination(pages, key=f"profile-page{way}") if pages > 1 else 1
    with st.grid("auto", min_column_width=230):
        for column in shown[(page - 1) * CARDS : page * CARDS]:
            _card(column, schema)


def _chosen(columns: tuple[ColumnProfile, ...], told: Collection[str]) -> tuple[tuple[ColumnProfile, ...], str]:
    """The columns that the person looks for, and a name for this way of looking."""
    kinds = Counter(str(column.kind) for column in columns)
    odd = {GAPS: any(c.missing for c in columns), FOUND: any(c.name in told for c in columns)}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = st.text_input(
            "Name", key="profile-name", placeholder="Part of a name", icon=":material/search:", width=240
        ).strip()
        kind = st.selectbox(
            "Kind",
            [None, *kinds],
            format_func=lambda one: "All kinds" if one is None else f"{one} ({kinds[one]:,})",
            key="profile-kind",
            width=200,
        )
        only = _only([words for words, there in odd.items() if there])
    found = tuple(
        c
        for c in columns
        if name.lower() in c.name.lower()
        and kind in (None, str(c.kind))
        and (only != GAPS or c.missing)
        and (only != FOUND or c.name in told)
    )
    if len(found) < len(columns):
        st.caption(f"{count(len(found), 'column')} of {len(columns):,}.")
    return found, f"-{name}-{kind}-{only}" if name or kind or only else ""


def _only(offered: list[str]) -> str | None:
    """Columns that something is odd about; None for all."""
    if not offered:
        return None
    state.keep_within("profile-odd", [None, *offered], None)
    only: str | None = st.selectbox(
        "Show", [None, *offered], format_func=lambda one: one or "All columns", key="profile-odd", width=240
    )
    return only


def _card(column: ColumnProfile, schema: Schema) -> None:
    from engine import charts

    with st.container(border=True, height="stretch", gap="xsmall"):
        reason = schema[column.name].reason
        shown = excerpt(column.name, most=NAME)
        told = (
            f"“{plain(column.name)}”." if shown != " ".join(column.name.split()) else "",
            f"{plain(reason[:1].upper() + reason[1:])}." if reason else "",
        )
        st.markdown(
            f"**{plain(shown)}** :gray-badge[{column.kind}]",
            help=" ".join(sentence for sentence in told if sentence) or None,
        )
        st.caption(_spread(column, schema[column.name]))
        if column.histogram is not None or column.top:
            chart = charts.profile_chart(column, dark=widgets.dark())
            st.altair_chart(chart, theme=None, alt=f"Distribution of {column.name}")
        elif column.kind in (Kind.PERSONAL, Kind.IDENTIFIER, Kind.TEXT):
            st.caption("Made anew: nothing of it is learned.")


def _spread(column: ColumnProfile, known: Column) -> str:
    """Distinct values, range and missing cells, in a few words."""
    words = [count(column.distinct, "value")]
    if column.minimum is not None and column.kind.numeric:
        low, high = (plain(_end(x, known)) for x in (column.minimum, column.maximum))
        words.append(f"{low} to {high}")
    if column.missing:
        words.append(f"{share(column.missing / column.rows)} missing")
    return ", ".join(words)


def _end(value: object, known: Column) -> str:
    """The least or greatest value; a time of day without the date that stands for none."""
    if known.date is not None and not known.date.has_day:
        return str(value).partition("T")[2]
    return f"{value:.6g}" if isinstance(value, float) else str(value)
