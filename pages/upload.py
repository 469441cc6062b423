"""Step 1: choose a table, and see what is in it."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, chooser, frame, portrait, state, widgets

frame.ensure()
table = state.dataset()
if table is None:
    widgets.heading(
        "Upload",
        "A synthetic twin of your table",
        "Upload a table. You get one with new rows, distributed like the real ones, and see how alike both are.",
    )
    chooser.draw()
    cached.warm_up()
    st.stop()

with widgets.told():
    portrait.draw(widgets.need_table())
