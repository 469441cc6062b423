"""What is missing in both tables, and what is missing together."""

from __future__ import annotations

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, widgets
from pages.ui.views import shared
from pages.ui.words import plain

MAPS = {
    "gaps-real": "Correlations between missing cells of the real table",
    "gaps-synthetic": "Correlations between missing cells of the synthetic table",
    "gaps-difference": "Synthetic less real correlations between missing cells",
}


def draw(run_id: str) -> None:
    from engine import charts

    try:
        comparison = cached.missing(run_id)
    except NotApplicable as error:
        st.info(f"{plain(str(error)).capitalize()}.")
        return
    dark = widgets.dark()
    shared.show(
        charts.missing_rates_figure(comparison, dark=dark),
        "gaps-rates",
        "Share of missing values by column, both tables",
    )
    shared.show(
        charts.missing_patterns_figure(comparison, dark=dark),
        "gaps-patterns",
        "Which columns are missing together in a row, and in how many rows of both tables",
    )
    figures = charts.missing_together_figures(comparison, dark=dark)
    if figures is None:
        return
    with st.grid(2, min_column_width=330):
        for fig, (key, alt) in zip(figures, MAPS.items(), strict=True):
            shared.show(fig, key, alt)
        st.caption(
            "1: always missing in the same rows. −1: one is missing where the other is there. 0: neither tells of the "
            "other. Blank where a column lacks no value, or every one."
        )
