"""Charts of one real column before training: its values with the distribution laid over, and its course in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import NotApplicable
from engine.table.schema import Column, Kind, Schema
from pages.ui import closeup, methods, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import plain

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.columnfit import ColumnFits, FamilyFit

EMPIRICAL = "empirical"


def distributions(found: ColumnFits, current: str) -> dict[str, str]:
    """What a number can be drawn from, with words for it: "" for the best-fitting."""
    best = found.of(found.chosen)
    taken = "as observed" if best is None else best.label
    listed = {"": f"Best-fitting (here: {taken})", EMPIRICAL: "As observed"}
    listed |= {
        fit.key: f"{fit.label[:1].upper()}{fit.label[1:]}: distance {fit.distance:.3f}, "
        f"{'fits' if fit.good else 'fits badly'}"
        for fit in found.families
    }
    return listed if current in listed else {**listed, current: f"{current}: cannot hold the values"}


def chart(table: Dataset, column: Column) -> None:
    """The real values; where a distribution is drawn from, with it. Raises NotApplicable for an empty column."""
    from engine import charts

    shape = closeup.shape(table, column)
    fit = None
    if column.method == methods.MARGINALS and column.kind.numeric:
        found = closeup.fits(table, column)
        fit = found.of(column.distribution or found.chosen)
        st.caption(plain(_drawn_from(column, found, fit)))
        if fit is None and not column.distribution and found.families:
            fit = found.families[0]
    fig = charts.portrait_figure(shape, fit, dark=widgets.dark())
    _show(fig, f"detail-chart-{column.name}", f"Real values of {column.name}")


def _drawn_from(column: Column, found: ColumnFits, fit: FamilyFit | None) -> str:
    """Which distribution is drawn from, why, and with which parameters."""
    if fit is None and column.distribution not in ("", EMPIRICAL):
        return f"A {column.distribution} distribution cannot hold its values; they are drawn as observed."
    why = f", since {found.reason}" if not column.distribution else ""
    if fit is None:
        best = " The line is the best of them." if why and found.families else ""
        return f"Drawn as observed{why}.{best}"
    named = "; ".join(f"{name} {value:.4g}" for name, value in fit.parameters.items())
    shown = f" Parameters: {named}." if named and column.kind is not Kind.DATETIME else ""
    apart = f" Beside it, {found.spikes} values that many rows share." if found.spikes else ""
    limits = "" if fit.good else " Beyond the limit, a chart shows the difference."
    return f"Drawn from the {fit.label} distribution{why}.{shown}{apart}{limits}"


def in_time(table: Dataset, schema: Schema, column: Column) -> None:
    """The number over a date of the table, where there is one and the person wants to see it."""
    from engine import courses

    times = courses.times(schema)
    if not times:
        return
    key = state.seed(f"detail-in-time-{column.method}-{column.name}", column.method == methods.PATTERN)
    if not st.toggle(f"Show it over {plain(times[0])}", key=key):
        return
    try:
        _course(table, schema[times[0]], column)
    except NotApplicable as error:
        st.caption(f"{plain(column.name)}: {plain(str(error))}.")


def _course(table: Dataset, time: Column, column: Column) -> None:
    from engine import charts

    found = closeup.course(table, time, column)
    dark = widgets.dark()
    st.caption(plain(" ".join(found.found)))
    fig = charts.course_figure(found.view, only="real", dark=dark)
    _show(fig, f"detail-course-{column.name}", f"{column.name} over {time.name}")
    for place, season in enumerate(found.seasons):
        fig = charts.season_figure(found.view, season, only="real", dark=dark)
        _show(fig, f"detail-season-{column.name}-{place}", f"{column.name}: {season.label}")


def _show(fig: go.Figure, key: str, alt: str) -> None:
    from engine.charts import CONFIG

    st.plotly_chart(fig, theme=None, config=CONFIG, key=key, alt=alt)
