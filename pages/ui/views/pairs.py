"""Two columns together, chosen by a click on an association or by name."""

from __future__ import annotations

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, state, widgets
from pages.ui.views import shared
from pages.ui.words import plain

FIRST, SECOND = "pair-first", "pair-second"  # the two lists


def choose(first: str, second: str) -> None:
    """Have this pair drawn from now on, and the page moved to it; before the lists are drawn."""
    state.put(FIRST, first)
    state.put(SECOND, second)
    shared.call("pair")


def draw(run_id: str, names: tuple[str, ...], first: tuple[str, str]) -> None:
    """The chosen pair; at first the one given."""
    with st.container(key="pair"):
        st.subheader("Two columns together", anchor=False)
        _chosen(run_id, names, first)
    shared.move_to_called("pair")


@st.fragment
def _chosen(run_id: str, names: tuple[str, ...], first: tuple[str, str]) -> None:
    from engine import charts

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        one, other = (
            str(st.selectbox(label, names, key=state.seed_within(key, names, name), width=260))
            for label, key, name in (("Column", FIRST, first[0]), ("With", SECOND, first[1]))
        )
        if one == other:
            st.info("Choose two different columns.")
            return
        try:
            comparison = cached.pair(run_id, one, other)
        except NotApplicable as error:
            st.info(f"{plain(one)} with {plain(other)}: {plain(str(error))}.")
            return
        known = charts.joint_forms(comparison)
        labels = {form: charts.JOINT_FORM_LABELS[form] for form in known}
        form = shared.choice("Form", labels, f"pair-form-{'-'.join(known)}")
    fig = charts.joint_figure(comparison, form=form, dark=widgets.dark())
    shared.show(fig, "pair-chart", f"{one} together with {other}, real beside synthetic")
