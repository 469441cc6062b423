"""How columns hang together in both tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import TwinError
from pages.ui import cached, state, widgets
from pages.ui.views import pairs, shared
from pages.ui.words import plain

if TYPE_CHECKING:
    from engine.evaluation.associations import AssociationComparison

PAIRS = 10  # pairs of columns listed
LIST = "gaps"
MAPS = {
    "heat-real": "Associations between columns of the real table",
    "heat-synthetic": "Associations between columns of the synthetic table",
    "heat-difference": "Synthetic less real associations",
}
_LONG, _NAMES = 32, 230  # letters of a pair's names, above which they get so many pixels: the figures stay in sight
RELATED = 40  # columns up to which all are related; in a wider table one chooses


@st.fragment
def draw(run_id: str) -> None:
    """Heat maps of both tables and of their difference."""
    from engine import charts

    names = _related(cached.compared(run_id))
    try:
        with st.spinner("Relating the columns …"):
            comparison = cached.associations(run_id, names)
    except TwinError as error:
        st.info(f"There is nothing to relate: {plain(str(error))}")
        return
    figures = charts.correlation_figures(comparison, dark=widgets.dark())
    gaps = comparison.gaps()[:PAIRS]
    if gaps:
        st.caption("Click a cell, or a row of the list, to see its two columns together.")
    with st.grid(2, min_column_width=330):
        for fig, (key, alt) in zip(figures, MAPS.items(), strict=True):
            shared.show(fig, key, alt, partial(_of_cell, key, comparison.names))
        _gaps(comparison, gaps)
    st.caption(
        "Between two numbers or dates: Pearson’s r. Between categories: Cramér’s V. "
        "Between a number and a category: the correlation ratio. Blank where it is not defined."
    )
    if gaps:
        pairs.draw(run_id, comparison.names, gaps[0])


def _of_cell(key: str, names: tuple[str, ...]) -> None:
    """A cell of a heat map was clicked."""
    if place := shared.clicked_point(key):
        pairs.choose(names[place[1]], names[place[0]])


def _of_row(gaps: Sequence[tuple[str, str]]) -> None:
    """A row of the list was chosen, or one of its cells."""
    chosen = state.value(LIST, {}).get("selection", {})
    rows = [*chosen.get("rows", []), *(row for row, _ in chosen.get("cells", []))]
    if rows:
        pairs.choose(*gaps[rows[0]])


def _related(names: tuple[str, ...]) -> tuple[str, ...]:
    """The columns to relate: all, or in a wide table those that the person chooses."""
    if len(names) <= RELATED:
        return names
    state.seed_all_within("related", names, names[:RELATED])
    chosen = st.multiselect(f"Columns to relate, of {len(names):,}", names, key="related", max_selections=2 * RELATED)
    return tuple(name for name in names if name in chosen)


def _gaps(comparison: AssociationComparison, gaps: Sequence[tuple[str, str]]) -> None:
    """The pairs of columns whose association differs most."""
    import pandas as pd

    places = {name: place for place, name in enumerate(comparison.names)}
    rows = [
        {
            "Columns": f"{first} × {second}",
            "Real": float(comparison.real.values[places[first], places[second]]),
            "Synthetic": float(comparison.synthetic.values[places[first], places[second]]),
        }
        for first, second in gaps
    ]
    with st.container(gap="xsmall"):
        st.markdown("**Where both differ most**")
        longest = max((len(str(row["Columns"])) for row in rows), default=0)
        names = st.column_config.TextColumn(width=_NAMES if longest > _LONG else None)
        number = st.column_config.NumberColumn(format="%.3f", width=75)
        st.dataframe(
            pd.DataFrame(rows, columns=["Columns", "Real", "Synthetic"]),
            hide_index=True,
            key=LIST,
            column_config={"Columns": names, "Real": number, "Synthetic": number},
            on_select=partial(_of_row, gaps),
            selection_mode=["single-row", "single-cell"],
            alt="Pairs of columns whose association differs most",
        )
