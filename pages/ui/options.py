"""How much is made, from which seed, and how it is measured: the last part of the configure page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from engine.limits import Limits
from engine.run import MAX_HOLDOUT, Release
from pages.ui import state
from pages.ui.choices import Choices, default_holdout

LARGEST_SEED = 2**53 - 1  # what a browser can hold exactly
RELEASES: Mapping[Release, str] = {
    "all": "Train again on all rows",
    "audited": "Give out the very model that was measured",
}


def draw(choices: Choices, rows: int) -> Choices:
    """The choices as they stand on the page. rows: of the real table.

    Inputs get their first value as the widget's own default and not through the session: in a run of the page that a
    quick click interrupts, the browser may show the default before it hears of the session's value, and send it back.
    """
    most = max(Limits.from_environment().max_rows_to_make, 1)
    with st.grid("auto", min_column_width=220, vertical_alignment="bottom"):
        wanted = st.number_input(
            "Synthetic rows",
            min_value=1,
            max_value=most,
            value=min(choices.rows or rows, most),
            step=1,
            key="rows",
            help="As many as the real table has, unless you say otherwise.",
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            max_value=LARGEST_SEED,
            value=choices.seed,
            step=1,
            key="seed",
            help="The same table, choices and seed give the same twin, byte for byte.",
        )
        holdout = _holdout(choices, rows)
        charts = st.toggle(
            "Distribution charts",
            value=choices.charts,
            key="charts",
            help="Charts of every column, real beside synthetic, on the compare page.",
        )
    if not holdout:
        st.caption("No rows are held out: the figures will have no yardstick.")
    with st.expander("More options", key="more-options", icon=":material/more_horiz:"):
        choices = _more(choices)
    return replace(
        choices,
        rows=None if wanted == rows else int(wanted),
        seed=int(seed),
        holdout=None if holdout == default_holdout(rows) else holdout,
        charts=charts,
    )


def _holdout(choices: Choices, rows: int) -> float:
    default = default_holdout(rows)
    chosen = default if choices.holdout is None else choices.holdout
    percent = st.slider(
        "Rows held out",
        min_value=0,
        max_value=round(100 * MAX_HOLDOUT),
        value=round(100 * chosen),
        step=5,
        format="%d%%",
        key="holdout",
        help="Real rows that the measured model never sees. They show what fresh real rows would get, "
        "so that every figure has a yardstick.",
    )
    return percent / 100


def _more(choices: Choices) -> Choices:
    with st.grid("auto", min_column_width=260):
        release = st.radio(
            "Which model makes the table",
            list(RELEASES),
            format_func=lambda key: RELEASES[key],
            captions=[
                "After measuring, the held out rows are learned too. Takes a second training.",
                "The figures are of exactly this table's model.",
            ],
            index=list(RELEASES).index(choices.release) if choices.release in RELEASES else 0,
            key="release",
        )
        budget = st.number_input(
            "Time limit in seconds",
            min_value=1.0,
            value=None,
            step=10.0,
            format="%g",
            key=state.seed("budget", choices.budget),
            placeholder="none",
            help="For each training. A method that reaches it finishes with what it has learned by then. "
            "For all of a race, before the winner is trained.",
        )
        fallback = st.toggle(
            "Let a simpler method take over",
            value=choices.fallback,
            key="fallback",
            help="Where the chosen one fails in training, or memory runs out. The result says what happened and why.",
        )
    return replace(choices, release=release, budget=budget, fallback=fallback)
