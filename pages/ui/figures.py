"""Figures for people: each beside what fresh real rows get, with a sentence, and in a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import widgets
from pages.ui.words import plain, share

HEADLINE = ("overall", "column_shapes", "pair_trends", "missing_similarity")
LEAST_ALIKE = 8  # columns shown at a glance

if TYPE_CHECKING:
    from engine.evaluation import Evaluation
    from engine.evaluation.base import MetricResult
    from engine.results import StoredResult


def headline(result: StoredResult) -> None:
    """The few figures that say most, and of which model they are."""
    evaluation = result.evaluation
    if evaluation is None:
        st.info("Nothing was measured in this run.")
        return
    with st.grid(4, min_column_width=150):
        for figure in evaluation.results:
            if figure.info.key in HEADLINE and not figure.not_applicable:
                _card(figure)
    reason = str(result.figures.get("holdout_reason", ""))
    st.caption(plain(f"{result.figures['figures_of']} {reason}".strip()))


def _card(figure: MetricResult) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"figure-{figure.info.key}"):
        value = "–" if figure.value is None else share(figure.value)
        st.metric(figure.info.label, value, help=plain(f"{figure.info.meaning} {figure.sentence}"))
        st.caption(beside(figure))


def beside(figure: MetricResult, yardstick: str = "Fresh real rows") -> str:
    """What fresh real rows get, and the twin on as many rows, where that is another figure."""
    if figure.reference is None:
        return plain(f"No yardstick: {figure.reference_reason}.")
    beside = f"{yardstick}: {share(figure.reference)}."
    if figure.equal_size is None or figure.equal_size == figure.value:
        return beside
    return f"{beside} As many twin rows: {share(figure.equal_size)}."


def in_words(evaluation: Evaluation) -> None:
    """All figures as a table, and each with its sentence."""
    import pandas as pd

    rows = [_row(figure) for figure in evaluation.results]
    config = st.column_config
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="figures",
        alt="All figures, each beside the figure of fresh real rows",
        placeholder="–",
        column_config={
            "Twin": config.NumberColumn(format="%.1f%%"),
            "Fresh real rows": config.NumberColumn(
                format="%.1f%%", help="The same figure of real rows that the model never saw."
            ),
            "Twin, as many rows": config.NumberColumn(
                format="%.1f%%", help="The twin's figure on as many rows as were held out: compare these two."
            ),
            "In words": config.TextColumn(width="large"),
        },
    )


def _row(figure: MetricResult) -> dict[str, object]:
    return {
        "Figure": figure.info.label,
        "Twin": _percent(figure.value),
        "Fresh real rows": _percent(figure.reference),
        "Twin, as many rows": _percent(figure.equal_size),
        "95% interval": None if figure.interval is None else " to ".join(map(share, figure.interval)),
        "In words": f"Not applicable: {figure.not_applicable}" if figure.not_applicable else figure.sentence,
    }


def _percent(value: float | None) -> float | None:
    """A number still, so that the table sorts by it."""
    return None if value is None else 100.0 * value


def least_alike(result: StoredResult) -> None:
    """The columns that are least alike, each beside what fresh real rows get."""
    from engine import charts

    for figure in result.evaluation.results if result.evaluation is not None else ():
        if figure.info.key == "column_shapes" and figure.parts:
            fig = charts.column_shape_figure(figure, limit=LEAST_ALIKE, dark=widgets.dark())
            st.plotly_chart(fig, theme=None, config=charts.CONFIG, key="least-alike", alt="How alike each column is")


def by_column(evaluation: Evaluation) -> None:
    """How alike each column is, and each pair: the worst first."""
    from engine import charts

    dark = widgets.dark()
    known = {figure.info.key: figure for figure in evaluation.results if figure.parts}
    left, right = st.columns(2)
    if "column_shapes" in known:
        fig = charts.column_shape_figure(known["column_shapes"], dark=dark)
        left.plotly_chart(fig, theme=None, config=charts.CONFIG, key="shapes", alt="How alike each column is")
    if "pair_trends" in known:
        fig = charts.pair_figure(known["pair_trends"], dark=dark)
        right.plotly_chart(fig, theme=None, config=charts.CONFIG, key="pairs", alt="How alike pairs of columns are")
    if "missing_similarity" in known:
        fig = charts.missing_figure(known["missing_similarity"], dark=dark)
        st.plotly_chart(fig, theme=None, config=charts.CONFIG, key="missing", alt="Missing values of both tables")


def scores(evaluation: Evaluation | None) -> dict[str, float]:
    """Each column's shape figure, by name."""
    if evaluation is None:
        return {}
    for figure in evaluation.results:
        if figure.info.key == "column_shapes":
            return {part.columns[0]: part.value for part in figure.parts}
    return {}
