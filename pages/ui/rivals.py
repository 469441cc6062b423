"""Several runs on the same table side by side, best first, with what lies within noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cached, runs, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import plain, seconds, share

if TYPE_CHECKING:
    from engine.rivals import Mark, Ranked

RUNS = "Runs"


def possible(table: Dataset) -> list[str]:
    """Finished runs on the table that can be compared, the latest first."""
    found = [(run, runs.status(run)) for run in table.runs()]
    return [run for run, now in found if now is not None and now.state.has_result][::-1]


def draw(table: Dataset, run_id: str) -> None:
    from engine.rivals import MOST, Contender, rank

    known = possible(table)
    if len(known) < 2:
        st.info("Train once more, with another method or other settings, and compare both here.")
        return
    first = [run_id, *[run for run in known if run != run_id]][:MOST]
    state.seed_all_within("rivals", tuple(known), tuple(first))
    chosen = st.multiselect(
        "Runs", known, format_func=lambda run: runs.title(table, run), key="rivals", max_selections=MOST
    )
    if len(chosen) < 2:
        st.info(f"Choose two to {MOST} runs.")
        return
    contenders = []
    for run in chosen:
        now, result = runs.status(run), cached.result(run)
        lasted = now.seconds if now is not None else 0.0
        contenders.append(Contender.of(run, runs.title(table, run), lasted, result.evaluation, result.audit))
    _table(rank(contenders))
    drawn = [c for c in contenders if c.attack is not None]
    if len(drawn) < 2:
        st.caption("Runs with full figures are also drawn against what attacks recognise in them.")
        return
    from engine import charts

    fig = charts.tradeoff_figure(drawn, dark=widgets.dark())
    st.plotly_chart(fig, theme=None, config=charts.CONFIG, key="tradeoff", alt="How alike against how recognisable")
    st.caption("Up is more alike, left is less recognised. The bars are 95% intervals.")


def _table(ranked: tuple[Ranked, ...]) -> None:
    import pandas as pd

    from engine.rivals import FIGURES

    rows = []
    for entry in ranked:
        own = entry.contender
        row = {"": str(entry.place), "Run": own.label}
        for key, title in FIGURES.items():
            row[title] = f"{_told(own.marks[key])}{' *' if key in entry.level else ''}"
        attack = "not attacked" if own.attack is None else _told(own.attack)
        rows.append({**row, "Recognised": attack, "Verdict": own.verdict or "–", "Took": seconds(own.seconds)})
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="rivals-table", alt="Runs side by side, the best first")
    st.caption(
        plain("* the best, or not surely below it: the difference lies within the noise of both.")
        + " Ranked by the mean of the figures that all have; a run that attacks say not to share comes last."
    )


def _told(mark: Mark | None) -> str:
    if mark is None:
        return "–"
    if mark.interval is None:
        return share(mark.value)
    return f"{share(mark.value)} ({share(mark.interval[0])} to {share(mark.interval[1])})"
