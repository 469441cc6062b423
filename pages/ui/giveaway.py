"""“What gives it away”: the columns and pairs of columns that tell made rows from real ones, and a look at each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, state, widgets
from pages.ui.views import shared
from pages.ui.words import plain

if TYPE_CHECKING:
    from engine.evaluation.giveaways import Giveaway, GivenAway
    from engine.results import StoredResult

GIVEAWAY = "What gives it away"
LISTED = 10  # columns, and pairs
_CHOSEN = "giveaway-chosen"


def asked(run_id: str) -> str:
    """Where it is noted that a measurement of this run was asked for."""
    return f"twin-giveaway-{run_id}"


def known(run_id: str, result: StoredResult) -> GivenAway | None:
    """What the run measured, or what was asked for on this page; None where it is not known. Raises NotApplicable."""
    from engine.evaluation import giveaways

    found = None if result.evaluation is None else giveaways.measured(result.evaluation.results)
    if found is None and state.value(asked(run_id)):
        found = cached.given_away(run_id)
    return found


@st.fragment
def draw(run_id: str, result: StoredResult) -> None:
    try:
        with st.spinner("Trying to tell the rows apart …"):
            found = known(run_id, result)
    except NotApplicable as error:
        st.info(f"Nothing can be told: {plain(str(error))}.")
        return
    if found is None:
        offer(run_id)
        return
    st.markdown(f"**{plain(found.sentence)}**")
    st.caption(_of(found))
    _bars(run_id, found)


def offer(run_id: str) -> None:
    """The button that measures, and what it does."""
    st.markdown(
        "A classifier learns to tell rows of the twin from real ones; what it goes by is what gives the twin away. "
        "This run was measured quickly, without it. It takes some seconds, on a sample of both tables."
    )
    st.button(
        "Find out",
        type="primary",
        key="giveaway-go",
        icon=":material/search:",
        on_click=state.put,
        args=(asked(run_id), True),
    )


def _of(found: GivenAway) -> str:
    rows = f"{found.rows:,} rows of each, {found.classifier.lower()}"
    if found.unseen:
        return f"Against real rows that the measured model never saw: {rows}."
    return (
        f"Against one half of the real table, beside the other half: {rows}. A twin that copied rows would look better "
        "in this than it is; the full figures, to be asked for on *Configure*, take rows that were held out."
    )


def _bars(run_id: str, found: GivenAway) -> None:
    """Both lists as bars, and the one that is looked at."""
    from engine import charts

    columns, pairs = found.columns[:LISTED], found.pairs[:LISTED]
    every = {one.columns: one for one in (*columns, *pairs)}
    first = next((one.columns for one in every.values() if one.tells), next(iter(every)))
    state.seed_within(_CHOSEN, list(every), first)
    st.caption("Click a bar, or choose below, to look at what it stands for.")
    with st.grid(2 if pairs else 1, min_column_width=330):
        for key, title, listed in (("columns", "Columns", columns), ("pairs", "Pairs of columns", pairs)):
            if listed:
                fig = charts.giveaway_figure(title, listed, dark=widgets.dark())
                alt = f"{title}, by how well they tell made rows from real ones"
                shared.show(fig, f"giveaway-{key}", alt, partial(_clicked, f"giveaway-{key}", listed))
    if not pairs:
        st.caption("No pair of columns tells more than the better one of the two alone.")
    chosen = st.selectbox("Look at", list(every), key=_CHOSEN, format_func=lambda names: " × ".join(names), width=420)
    st.markdown(plain(every[chosen].sentence))
    _look(run_id, chosen)


def _clicked(key: str, listed: Sequence[Giveaway]) -> None:
    if place := shared.clicked_point(key):
        state.put(_CHOSEN, listed[place[1]].columns)


def _look(run_id: str, names: tuple[str, ...]) -> None:
    """The distribution of a column, or of a pair, in both tables."""
    from engine import charts

    try:
        if len(names) == 1:
            comparison = cached.distribution(run_id, names[0])
            fig = charts.distribution_figure(comparison, layout="overlaid", dark=widgets.dark())
        else:
            fig = charts.joint_figure(cached.pair(run_id, *names), dark=widgets.dark())
    except NotApplicable as error:
        st.info(f"{plain(' × '.join(names))}: {plain(str(error))}.")
        return
    shared.show(fig, "giveaway-look", f"{' with '.join(names)} in both tables")
