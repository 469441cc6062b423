"""What was recognised as telling who somebody is: shown at a glance, and changed by one click."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st

from engine.errors import TwinError
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, details, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain

SHOWN = 5  # columns that stand open; the others are folded away
_CHANGE = "What is made up and for which country; also pseudonyms, and other kinds."
_PROBLEM = "personal-problem"


def draw(table: Dataset, schema: Schema, look_at: Callable[[str], None]) -> None:
    """A line for each selected personal column; nothing where there is none. look_at: opens a column's details."""
    found = [c for c in schema.selected if c.kind is Kind.PERSONAL]
    problem = state.take(_PROBLEM)
    if problem:
        st.error(plain(problem), icon=":material/error:")
    if not found:
        return
    with st.container(border=True, gap="small", key="personal"):
        st.markdown(
            f":material/badge: **{count(len(found), 'personal column')}.** "
            "The values are made up; no real one of them is in the twin."
        )
        for column in found[:SHOWN]:
            _line(table, column, look_at)
        if more := found[SHOWN:]:
            with st.expander(f"{len(more)} more", key="personal-more", type="compact"):
                for column in more:
                    _line(table, column, look_at)


def _line(table: Dataset, column: Column, look_at: Callable[[str], None]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"personal-of-{column.name}"):
        said = f"**{plain(column.name)}** :gray[{plain(details.made_up(column))}]"
        st.markdown(said, help=plain(column.reason) or None, width="content")
        with st.container(horizontal=True, gap="small", width="content"):
            if st.button("Change", key=f"look-at-{column.name}", type="tertiary", help=_CHANGE):
                look_at(column.name)
            st.button(
                "Keep as it is",
                key=f"as-it-is-{column.name}",
                type="tertiary",
                on_click=_as_it_is,
                args=(table, column.name),
                help="It is no personal data: learn it as a category. Its real values then appear in the twin.",
            )


@widgets.later
def _as_it_is(table: Dataset, name: str) -> None:
    """Learn the column as a category, before the page is drawn again."""
    schema = cached.chosen_schema(table)
    try:
        column = replace(cached.recast(table, name, Kind.CATEGORICAL), selected=True)
    except TwinError as error:
        state.put(_PROBLEM, str(error))
        return
    table.save_schema(replace(schema, columns=tuple(column if c.name == name else c for c in schema)))
    state.renew_editor()
