"""How columns hang together in both tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import TwinError
from pages.ui import cached, state, widgets
from pages.ui.views import shared
from pages.ui.words import plain

if TYPE_CHECKING:
    from engine.evaluation.associations import AssociationComparison

PAIRS = 10  # pairs of columns listed
RELATED = 40  # columns up to which all are related; in a wider table one chooses


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
    real, synthetic, difference = charts.correlation_figures(comparison, dark=widgets.dark())
    with st.grid(2, min_column_width=330):
        shared.show(real, "heat-real", "Associations between columns of the real table")
        shared.show(synthetic, "heat-synthetic", "Associations between columns of the synthetic table")
        shared.show(difference, "heat-difference", "Synthetic less real associations")
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
