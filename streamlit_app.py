"""The frame around every page: name and look, what is worked on, and the way between the pages."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.ui import sidebar, state, widgets

ASSETS = Path(__file__).parent / "assets"

st.set_page_config(page_title="Tabular Twin", page_icon=str(ASSETS / "icon.svg"), layout="wide")
st.logo(str(ASSETS / ("logo-dark.svg" if widgets.dark() else "logo.svg")), size="large")
state.sync()
page = st.navigation(
    [
        st.Page(state.UPLOAD_PAGE, title="Upload", icon=":material/upload_file:", default=True),
        st.Page(state.CONFIGURE_PAGE, title="Configure", icon=":material/tune:"),
        st.Page(state.TRAIN_PAGE, title="Train", icon=":material/model_training:"),
        st.Page(state.COMPARE_PAGE, title="Compare", icon=":material/compare:"),
        st.Page(state.GUIDE_PAGE, title="Guide", icon=":material/menu_book:"),
    ]
)
sidebar.draw()
page.run()
