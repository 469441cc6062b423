"""Real and synthetic side by side: distributions, associations, figures, rows. Each is drawn only when looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import NotApplicable, TwinError
from engine.table.schema import Kind
from pages.ui import cached, figures, privacy, racing, rivals, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import plain, share

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from engine.evaluation.associations import AssociationComparison
    from engine.results import StoredResult
    from engine.run import RunRequest

SMALL = 12  # small charts on one page
PAIRS = 10  # pairs of columns listed
RELATED = 40  # columns up to which all are related; in a wider table one chooses
LAYOUTS = {"side by side": "Side by side", "overlaid": "Overlaid"}
DISTRIBUTIONS, CORRELATIONS, FIGURES, ROWS = "Distributions", "Correlations", "Figures", "Rows"
TIME = "In time"


def draw(table: Dataset, run_id: str, result: StoredResult, request: RunRequest) -> None:
    race = [racing.RACING] if result.figures.get("race") else []
    dated = [TIME] if request.charts and all(_timed(run_id)) else []
    shown = [*([DISTRIBUTIONS] if request.charts else []), CORRELATIONS, *dated, FIGURES]
    several = [rivals.RUNS] if len(rivals.possible(table)) > 1 else []
    names = [*shown, privacy.PRIVACY, ROWS, *race, *several]
    view = st.segmented_control(
        "View", names, key=state.seed_within("view", names), required=True, label_visibility="collapsed"
    )
    if view in (DISTRIBUTIONS, CORRELATIONS) and (request.given or request.balance):
        st.info(
            "The charts show the twin as it was made, with what you asked of its rows; where it differs from the real "
            "table because of that, it should. The figures, “alike” too, compare rows made without it.",
            icon=":material/push_pin:",
        )
    if view == DISTRIBUTIONS and request.charts:
        distributions(run_id)
    elif view == CORRELATIONS:
        correlations(run_id)
    elif view == TIME:
        in_time(run_id)
    elif view == FIGURES:
        _figures(result)
    elif view == privacy.PRIVACY:
        privacy.draw(result)
    elif view == rivals.RUNS:
        rivals.draw(table, run_id)
    elif view == racing.RACING:
        racing.table(result)
    else:
        rows(run_id, result)


def _show(fig: go.Figure, key: str, alt: str) -> None:
    from engine.charts import CONFIG

    st.plotly_chart(fig, theme=None, config=CONFIG, key=key, alt=alt)


# Distributions


def distributions(run_id: str) -> None:
    """One column large, by choice; below, all columns small, the least alike first."""
    scores = figures.scores(cached.result(run_id).evaluation)
    names = sorted(cached.compared(run_id), key=lambda name: scores.get(name, float("inf")))
    if not names:
        st.info("No column of this table has a distribution to compare: all are made anew.")
        return
    _large(run_id, names, scores)
    if len(names) > 1:
        st.subheader("All columns, the least alike first", anchor=False)
        _small(run_id, names, scores)


@st.fragment
def _large(run_id: str, names: list[str], scores: dict[str, float]) -> None:
    from engine import charts

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = str(
            st.selectbox(
                "Column",
                names,
                key=state.seed_within("column", names),
                width=300,
                format_func=lambda n: _with_score(n, scores),
            )
        )
        layout = _choice("Layout", LAYOUTS, "layout")
        try:
            comparison = cached.distribution(run_id, name)
        except NotApplicable as error:
            st.info(f"{plain(name)}: {plain(str(error))}.")
            return
        known = charts.forms(comparison)
        form = _choice("Form", {key: _form(key) for key in known}, f"form-{'-'.join(known)}")
    fig = charts.distribution_figure(comparison, form=form, layout=layout, score=scores.get(name), dark=widgets.dark())
    _show(fig, "large", f"Distribution of {name} in both tables")


def _choice(label: str, options: Mapping[str, str], key: str) -> Any:
    """One of a few, by its key; nothing to choose where there is one only."""
    first = next(iter(options))
    if len(options) == 1:
        return first
    state.seed(key, first)
    return st.segmented_control(label, list(options), format_func=options.__getitem__, key=key, required=True)


def _form(form: str) -> str:
    from engine.charts.distributions import FORM_LABELS

    return FORM_LABELS[form]


def _with_score(name: str, scores: dict[str, float]) -> str:
    return f"{name} ({share(scores[name])} alike)" if name in scores else name


@st.fragment
def _small(run_id: str, names: list[str], scores: dict[str, float]) -> None:
    pages = -(-len(names) // SMALL)
    page = st.pagination(pages, key=f"small-page-{run_id}") if pages > 1 else 1
    with st.grid(3, min_column_width=260, border=True):
        for place, name in enumerate(names[(page - 1) * SMALL : page * SMALL]):
            try:
                fig = cached.mini_figure(run_id, name, scores.get(name), widgets.dark())
            except NotApplicable as error:
                st.caption(f"{plain(name)}: {plain(str(error))}.")
                continue
            _show(fig, f"small-{place}", f"Distribution of {name} in both tables")


# In time


def _timed(run_id: str) -> tuple[list[str], list[str]]:
    """Columns of dates, and of numbers to draw over them."""
    schema = cached.jobs().schema(run_id)
    kinds = {name: schema[name].kind for name in cached.compared(run_id)}
    dates = [name for name, kind in kinds.items() if kind is Kind.DATETIME]
    return dates, [name for name, kind in kinds.items() if kind in (Kind.INTEGER, Kind.DECIMAL)]


@st.fragment
def in_time(run_id: str) -> None:
    """A number over time in both tables, by choice: its course, its seasons, its memory."""
    from engine import charts

    dates, numbers = _timed(run_id)
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
    _show(charts.course_figure(comparison, dark=dark), "course", f"{column} over {time} in both tables")
    with st.grid(2, min_column_width=340, border=True):
        for place, season in enumerate(comparison.seasons):
            _show(charts.season_figure(comparison, season, dark=dark), f"season-{place}", f"{column}: {season.label}")
        memory = charts.memory_figure(comparison, dark=dark)
        if memory is not None:
            _show(memory, "memory", f"How a row of {column} goes with the rows before it")
    st.caption("Only the method “Patterns in time” keeps the order of rows; others keep what their columns say of it.")


# Correlations, figures, rows


def correlations(run_id: str) -> None:
    """Heat maps of both tables and of their difference."""
    from engine import charts

    names = _related(cached.compared(run_id))
    try:
        with st.spinner("Relating the columns …"):
            comparison = cached.associations(run_id, names)
    except TwinError as error:
        st.info(f"There is nothing to relate: {plain(str(error))}")
        return
    real, synthetic, difference = charts.correlation_figures(comparison, dark=widgets.dark())
    with st.grid(2, min_column_width=330):
        _show(real, "heat-real", "Associations between columns of the real table")
        _show(synthetic, "heat-synthetic", "Associations between columns of the synthetic table")
        _show(difference, "heat-difference", "Synthetic less real associations")
        _gaps(comparison)
    st.caption(
        "Between two numbers or dates: Pearson’s r. Between categories: Cramér’s V. "
        "Between a number and a category: the correlation ratio. Blank where it is not defined."
    )


def _related(names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns to relate: all, or in a wide table those that the person chooses."""
    if len(names) <= RELATED:
        return names
    state.seed_all_within("related", names, names[:RELATED])
    chosen = st.multiselect(f"Columns to relate, of {len(names):,}", names, key="related", max_selections=2 * RELATED)
    return tuple(name for name in names if name in chosen)


def _gaps(comparison: AssociationComparison) -> None:
    """The pairs of columns whose association differs most."""
    import pandas as pd

    names, k = comparison.names, len(comparison.names)
    pairs = [
        (i, j) for i in range(k) for j in range(i + 1, k) if comparison.difference[i, j] == comparison.difference[i, j]
    ]
    pairs.sort(key=lambda pair: -abs(comparison.difference[pair]))
    rows = [
        {
            "Columns": f"{names[i]} × {names[j]}",
            "Real": float(comparison.real.values[i, j]),
            "Synthetic": float(comparison.synthetic.values[i, j]),
        }
        for i, j in pairs[:PAIRS]
    ]
    with st.container(gap="xsmall"):
        st.markdown("**Where both differ most**")
        number = st.column_config.NumberColumn(format="%.3f")
        st.dataframe(
            pd.DataFrame(rows, columns=["Columns", "Real", "Synthetic"]),
            hide_index=True,
            key="gaps",
            column_config={"Real": number, "Synthetic": number},
            alt="Pairs of columns whose association differs most",
        )


def _figures(result: StoredResult) -> None:
    if result.evaluation is None:
        st.info("Nothing was measured in this run.")
        return
    figures.in_words(result.evaluation)
    figures.by_column(result.evaluation)


def rows(run_id: str, result: StoredResult) -> None:
    """The first rows of both tables, written as in the source."""
    schema = cached.jobs().schema(run_id).selected
    left, right = st.columns(2)
    with left:
        st.subheader("Real", anchor=False)
        widgets.table_view(cached.real(run_id), "rows-real", "First rows of the real table", schema)
    with right:
        st.subheader("Synthetic", anchor=False)
        widgets.table_view(result.synthetic, "rows-synthetic", "First rows of the synthetic table", schema)
