"""What several views draw with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import state

if TYPE_CHECKING:
    import plotly.graph_objects as go


def show(fig: go.Figure, key: str, alt: str) -> None:
    from engine.charts import CONFIG

    st.plotly_chart(fig, theme=None, config=CONFIG, key=key, alt=alt)


def choice(label: str, options: Mapping[str, str], key: str, help: str | None = None) -> Any:
    """One of a few, by its key; nothing to choose where there is one only."""
    first = next(iter(options))
    if len(options) == 1:
        return first
    state.seed(key, first)
    names = list(options)
    return st.segmented_control(label, names, format_func=options.__getitem__, key=key, required=True, help=help)
