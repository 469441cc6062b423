"""A table without a real one: describe its columns, get data."""

from __future__ import annotations

import streamlit as st

from pages.ui import describing, frame, widgets

frame.ensure()
st.title("Describe a table", anchor=False)
st.markdown("No upload: say what each column holds, and get made-up rows, for tests and demonstrations.")

described = describing.draw()
with widgets.told():
    describing.draw_result(described)
