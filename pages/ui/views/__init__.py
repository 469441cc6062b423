"""Real and synthetic side by side, view by view. Each is computed and drawn only when it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cached, figures, giveaway, privacy, racing, rivals, spot
from pages.ui.datasets import Dataset
from pages.ui.views import correlations, distributions, gaps, parts, projection, rows, time

if TYPE_CHECKING:
    from engine.results import StoredResult
    from engine.run import RunRequest

DISTRIBUTIONS, CORRELATIONS, FIGURES, ROWS = "Distributions", "Correlations", "Figures", "Rows"
TIME, GAPS, PROJECTION = "In time", "Missing values", "All columns at once"
CHARTS = (DISTRIBUTIONS, CORRELATIONS, GAPS, PROJECTION)


def draw(table: Dataset, run_id: str, result: StoredResult, request: RunRequest) -> None:
    view = parts.choose(_offered(table, run_id, result, request))
    if view in CHARTS and (request.given or request.balance):
        st.info(
            "The charts show the twin as it was made, with what you asked of its rows; where it differs from the real "
            "table because of that, it should. The figures, “alike” too, compare rows made without it.",
            icon=":material/push_pin:",
        )
    if view == DISTRIBUTIONS:
        distributions.draw(run_id)
    elif view == CORRELATIONS:
        correlations.draw(run_id)
    elif view == TIME:
        time.draw(run_id)
    elif view == GAPS:
        gaps.draw(run_id)
    elif view == PROJECTION:
        projection.draw(run_id)
    elif view == FIGURES:
        _figures(result)
    elif view == privacy.PRIVACY:
        privacy.draw(result)
    elif view == rivals.RUNS:
        rivals.draw(table, run_id)
    elif view == giveaway.GIVEAWAY:
        giveaway.draw(run_id, result)
    elif view == spot.SPOT:
        spot.draw(run_id, result)
    elif view == racing.RACING:
        racing.table(result)
    else:
        rows.draw(run_id, result)


def _offered(table: Dataset, run_id: str, result: StoredResult, request: RunRequest) -> dict[str, list[str]]:
    """The views that this run has something to show in, by part of the page."""
    drawn = [DISTRIBUTIONS] if request.charts else []
    gappy = [GAPS] if request.charts and cached.any_missing(run_id) else []
    dated = [TIME] if request.charts and all(time.columns(run_id)) else []
    whole = [PROJECTION] if request.charts and len(cached.compared(run_id)) > 1 else []
    several = [rivals.RUNS] if len(rivals.possible(table)) > 1 else []
    race = [racing.RACING] if result.figures.get("race") else []
    return {
        parts.LOOK: [*drawn, CORRELATIONS, *gappy, *dated, *whole, ROWS],
        parts.MEASURE: [FIGURES, giveaway.GIVEAWAY, spot.SPOT],
        parts.PRIVACY: [privacy.PRIVACY],
        parts.RUNS: [*several, *race],
    }


def _figures(result: StoredResult) -> None:
    if result.evaluation is None:
        st.info("Nothing was measured in this run.")
        return
    figures.in_words(result.evaluation)
    figures.by_column(result.evaluation)
