"""How much is measured: quick figures, or the full ones with attacks on privacy, and what these need to know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from engine.request import MOST_SPLITS
from engine.run import Depth
from engine.table.schema import Schema
from pages.ui import state
from pages.ui.choices import Choices

DEPTHS: dict[Depth, str] = {"quick": "How alike the tables are", "full": "Everything, with attacks on privacy"}
_MEANT = (
    "Columns, pairs, missing cells, dates: in seconds.",
    "Also: can rows be told apart, what is the twin good for, can training rows be recognised? One to two minutes more "
    "for a table as large as census.",
)


def draw(schema: Schema, choices: Choices) -> Choices:
    """The choices as they stand on the page."""
    with st.expander("How much to measure", key="measuring", icon=":material/query_stats:"):
        depth = st.radio(
            "Measure",
            list(DEPTHS),
            format_func=DEPTHS.__getitem__,
            captions=list(_MEANT),
            index=list(DEPTHS).index(choices.depth),
            key="depth",
            label_visibility="collapsed",
        )
        changed = replace(choices, depth=depth)
        return _asked(schema, changed) if depth == "full" else changed


def _asked(schema: Schema, choices: Choices) -> Choices:
    """What the full figures are to look at. Columns that are gone from the table are forgotten."""
    learned = [c.name for c in schema.modelled]
    every = [c.name for c in schema.selected]
    with st.grid(2, min_column_width=260):
        target = st.selectbox(
            "What matters most",
            [None, *learned],
            index=([None, *learned]).index(choices.target) if choices.target in learned else 0,
            format_func=lambda name: "Every column in turn" if name is None else name,
            key="target",
            help="The column that models shall learn to tell: trained on the twin, tested on real rows held out.",
        )
        person = _several(
            "Who a row is about",
            every,
            choices.person,
            "person",
            "Columns that together name a person with several rows. All rows of a person are then on the same side.",
        )
        guess = _several(
            "What might be guessed",
            learned,
            choices.guess,
            "guess",
            "Secret columns: is a training row's value guessed better than that of a row never seen?",
        )
        known = _several(
            "What an outsider may know",
            learned,
            choices.known,
            "known",
            "Age, place, job, ...: who is singled out by them, and what can be linked through them?",
        )
    splits = st.selectbox(
        "Times that rows are held out anew for the attacks",
        [None, *range(1, MOST_SPLITS + 1)],
        index=0 if choices.splits is None else choices.splits,
        format_func=lambda times: "Automatic: three for small tables" if times is None else str(times),
        key="splits",
        width=420,
        help="Each time another part of the rows is held out and a model trained without it. In a small table a single "
        "part is too few to tell.",
    )
    near = st.toggle(
        "Replace synthetic rows that lie suspiciously near to one training row",
        value=choices.drop_near and choices.release == "audited",
        disabled=choices.release != "audited",
        key="drop-near",
        help="Needs rows held out: choose “Give out the very model that was measured” under More options.",
    )
    return replace(choices, target=target, person=person, guess=guess, known=known, drop_near=near, splits=splits)


def _several(label: str, names: Sequence[str], chosen: Sequence[str], key: str, help: str) -> tuple[str, ...]:
    state.seed_all_within(key, tuple(names), tuple(name for name in chosen if name in names))
    return tuple(st.multiselect(label, names, key=key, placeholder="none", help=help))
