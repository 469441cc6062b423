"""The sidebar below the pages: which table is worked on, and the way back to the beginning."""

from __future__ import annotations

import streamlit as st

from pages.ui import datasets, state
from pages.ui.datasets import Dataset
from pages.ui.words import plain


def draw() -> None:
    """Nothing while there is no table."""
    table = state.dataset()
    if table is None:
        return
    with st.sidebar.container(border=True, key="current"):
        st.caption("Working on")
        st.markdown(f"**{plain(table.title)}**")
        with st.popover("Start over", icon=":material/restart_alt:", width="stretch", key="start-over-menu"):
            st.markdown("Removes this table and all that was made from it from this server.")
            if st.button("Remove and start over", key="start-over", type="primary"):
                _start_over(table)


def _start_over(table: Dataset) -> None:
    if table.runs():
        from pages.ui import cached

        cached.delete_runs(table)
    datasets.remove(table)
    state.forget()
    st.switch_page(state.UPLOAD_PAGE)
