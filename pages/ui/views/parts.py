"""The parts of the compare page: its views in four groups, so that each choice fits on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui import state

LOOK, MEASURE, PRIVACY, RUNS = "Look", "Measure", "Privacy", "Runs"
KEYS = {LOOK: "view", MEASURE: "view-measure", PRIVACY: "view-privacy", RUNS: "view-runs"}
_PART = "view-part"
_ICONS = {
    LOOK: ":material/visibility:",
    MEASURE: ":material/speed:",
    PRIVACY: ":material/shield:",
    RUNS: ":material/format_list_numbered:",
}


def choose(offered: Mapping[str, Sequence[str]]) -> str:
    """The view to draw: a part, then one of its views where it has several. Each part keeps what was chosen in it."""
    names = [part for part, views in offered.items() if views]
    part = st.segmented_control(
        "Part",
        names,
        key=state.seed_within(_PART, names),
        required=True,
        label_visibility="collapsed",
        format_func=lambda name: f"{_ICONS[name]} {name}",
    )
    views = offered[str(part)]
    if len(views) == 1:
        return views[0]
    return str(
        st.segmented_control(
            "View",
            views,
            key=state.seed_within(KEYS[str(part)], views),
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
    )
