"""A number over time in both tables, by choice: its course, its seasons, its memory."""

from __future__ import annotations

import streamlit as st

from engine.errors import NotApplicable
from engine.table.schema import Kind
from pages.ui import cached, state, widgets
from pages.ui.views import shared
from pages.ui.words import plain


def columns(run_id: str) -> tuple[list[str], list[str]]:
    """Columns of dates, and of numbers to draw over them."""
    schema = cached.jobs().schema(run_id)
    kinds = {name: schema[name].kind for name in cached.compared(run_id)}
    dates = [name for name, kind in kinds.items() if kind is Kind.DATETIME]
    return dates, [name for name, kind in kinds.items() if kind in (Kind.INTEGER, Kind.DECIMAL)]


@st.fragment
def draw(run_id: str) -> None:
    """A number over time in both tables, by choice: its course, its seasons, its memory."""
    from engine import charts

    dates, numbers = columns(run_id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        column = str(st.selectbox("Column", numbers, key=state.seed_within("time-column", numbers), width=300))
        time = dates[0]
        if len(dates) > 1:
            time = str(st.selectbox("Over", dates, key=state.seed_within("time-axis", dates), width=300))
    try:
        comparison = cached.in_time(run_id, time, column)
    except NotApplicable as error:
        st.info(f"{plain(column)}: {plain(str(error))}.")
        return
    dark = widgets.dark()
    shared.show(charts.course_figure(comparison, dark=dark), "course", f"{column} over {time} in both tables")
    with st.grid(2, min_column_width=340, border=True):
        for place, season in enumerate(comparison.seasons):
            shared.show(
                charts.season_figure(comparison, season, dark=dark), f"season-{place}", f"{column}: {season.label}"
            )
        memory = charts.memory_figure(comparison, dark=dark)
        if memory is not None:
            shared.show(memory, "memory", f"How a row of {column} goes with the rows before it")
    st.caption("Only the method “Patterns in time” keeps the order of rows; others keep what their columns say of it.")
