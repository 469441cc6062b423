"""The frame around every page: name and look, what is worked on, and the way between the pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import entrance, frame, private, sidebar, state, widgets

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="Tabular Twin", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / ("logo-dark.svg" if widgets.dark() else "logo.svg")), size="large")
private.begin()
with widgets.told():
    page = frame.navigation()
    entrance.guard()
    state.sync()
    sidebar.draw()
    widgets.tell_later()
    with frame.around():
        page.run()
