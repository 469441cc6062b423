"""Rows of both tables in the plane in which the real ones vary most."""

from __future__ import annotations

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, widgets
from pages.ui.views import shared
from pages.ui.words import plain

LAYOUTS = {"side by side": "Side by side", "overlaid": "Overlaid"}


@st.fragment
def draw(run_id: str) -> None:
    from engine import charts

    try:
        with st.spinner("Looking for the plane …"):
            projection = cached.projection(run_id)
    except NotApplicable as error:
        st.info(f"There is no plane to draw: {plain(str(error))}.")
        return
    layout = shared.choice("Layout", LAYOUTS, "projection-layout")
    dark = widgets.dark()
    fig = charts.projection_figure(projection, layout=layout, dark=dark)
    shared.show(fig, "projection", "Rows of both tables as points in one plane; what its axes are made of stands below")
    with st.grid(2, min_column_width=330):
        for axis in range(len(projection.weights)):
            weights = charts.projection_weights_figure(projection, axis, dark=dark)
            shared.show(weights, f"projection-axis-{axis}", f"Columns that weigh most on axis {axis + 1}")
    st.caption(
        "A point is a row. Rows that are alike in all columns lie close together: clouds and strips of the real table "
        "should be there in the twin, no more and no fewer. The plane is fitted to the real rows (factor analysis of "
        "mixed data); what it does not hold of the variance, the picture cannot show."
    )
