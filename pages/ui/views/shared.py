"""What several views draw with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import state

if TYPE_CHECKING:
    import plotly.graph_objects as go

# Nothing of a table is in this; the number has it carried out once a click.
_SCROLL = """<script>
/* {click} */
setTimeout(() => {
    const part = document.querySelector(".st-key-{key}");
    if (!part) return;
    part.style.scrollMarginTop = "4.5rem";  /* what stays at the top covers nothing of it */
    part.scrollIntoView();
}, 100);
</script>"""


def call(key: str) -> None:
    """A click elsewhere asks for the part of this key: the page is to move there."""
    state.put(f"{key}-clicks", state.value(f"{key}-clicks", 0) + 1)


def move_to_called(key: str) -> None:
    """Moves the page to the part of this key, once a call; below the part."""
    if (click := state.value(f"{key}-clicks", 0)) != state.value(f"{key}-shown", 0):
        state.put(f"{key}-shown", click)
        st.html(_SCROLL.replace("{click}", str(click)).replace("{key}", key), unsafe_allow_javascript=True)


def show(fig: go.Figure, key: str, alt: str, clicked: Callable[[], None] | None = None) -> None:
    """Draw a chart; `clicked` is called when one of its points is, and finds it by `clicked_point`."""
    from engine.charts import CONFIG

    if clicked is None:
        st.plotly_chart(fig, theme=None, config=CONFIG, key=key, alt=alt)
        return
    st.plotly_chart(fig, theme=None, config=CONFIG, key=key, alt=alt, on_select=clicked, selection_mode="points")


def clicked_point(key: str) -> tuple[int, int] | None:
    """Where the point lies that was clicked last in a chart, as whole numbers.

    A second click on a point takes its selection back, but is meant as the first one was.
    """
    points = state.value(key, {}).get("selection", {}).get("points", [])
    if points:
        state.put(f"{key}-clicked", (round(points[0]["x"]), round(points[0]["y"])))
    found: tuple[int, int] | None = state.value(f"{key}-clicked")
    return found


def choice(label: str, options: Mapping[str, str], key: str, first: str | None = None, help: str | None = None) -> Any:
    """One of a few, by its key, at first the first or the one given; nothing to choose where there is one only."""
    first = first or next(iter(options))
    if len(options) == 1:
        return first
    state.seed(key, first)
    names = list(options)
    return st.segmented_control(label, names, format_func=options.__getitem__, key=key, required=True, help=help)
