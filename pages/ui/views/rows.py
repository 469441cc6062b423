"""The first rows of both tables, written as in the source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cached, widgets

if TYPE_CHECKING:
    from engine.results import StoredResult


def draw(run_id: str, result: StoredResult) -> None:
    """The first rows of both tables, written as in the source."""
    schema = cached.jobs().schema(run_id).selected
    left, right = st.columns(2)
    with left:
        st.subheader("Real", anchor=False)
        widgets.table_view(cached.real(run_id), "rows-real", "First rows of the real table", schema)
    with right:
        st.subheader("Synthetic", anchor=False)
        widgets.table_view(result.synthetic, "rows-synthetic", "First rows of the synthetic table", schema)
