"""Rare categories on the configure page: what becomes of labels that few rows share, and how many there are."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.protection import FEWEST, KEEP, MOST_ROWS, POOL, RESAMPLE, Protected, Protection
from engine.table.schema import Schema
from pages.ui import closeup
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain

WAYS = {
    RESAMPLE: "Take a similar row's label",
    POOL: "Join them under one name",
    KEEP: "Keep them",
}
_MEANT = (
    "Rows with a rare label get that of one of the most similar rows. The twin has no new label.",
    "All rare labels of a column become one.",
    "A label that one person has may then appear in the twin.",
)
_NAMED = 3  # columns


def draw(table: Dataset, schema: Schema, choices: Choices, rows: int) -> Choices:
    """The choices as they stand on the page. rows: of the real table."""
    now = Protection.from_json(choices.protection)
    with st.expander("Rare categories", key="rare", icon=":material/filter_alt:"):
        st.caption("Labels that few rows share may point to one person. They are replaced before anything is learned.")
        with st.grid(2, min_column_width=260):
            how = st.radio(
                "What becomes of rare labels",
                list(WAYS),
                format_func=WAYS.__getitem__,
                captions=list(_MEANT),
                index=list(WAYS).index(now.how),
                key="rare-how",
            )
            changed = _more(replace(now, how=str(how)), rows)
        _tell(closeup.rare(table, schema, changed.rows), str(how))
    return replace(choices, protection=changed.to_json() if changed != Protection() else {})


def _more(now: Protection, rows: int) -> Protection:
    """From how many rows on a label is kept, and what the others are called; where there is something to choose."""
    usual = Protection().threshold(rows)
    with st.container(gap="small"):
        least = st.number_input(
            "Rows that must share a label",
            min_value=FEWEST,
            max_value=MOST_ROWS,
            value=usual if now.rows is None else now.rows,
            step=1,
            key="rare-rows",
            help=f"Of fewer rows, a label is rare. Usual for this table: {usual}.",
        )
        label = now.label
        if now.how == POOL:
            typed = st.text_input(
                "Name for all of them",
                value=now.label,
                key="rare-label",
                max_chars=100,
                help="Stands in the twin instead of every rare label.",
            )
            label = typed.strip() or Protection().label
    return replace(now, rows=None if least == usual else int(least), label=label)


def _tell(found: Protected, how: str) -> None:
    """How many labels and rows of this table that concerns."""
    if found.labels:
        labels = count(sum(found.labels.values()), "label")
        verb = "are left as they are" if how == KEEP else "are replaced"
        text = f"{labels} in {_named(list(found.labels))}, in {count(sum(found.rows.values()), 'cell')}, {verb}."
    else:
        text = "No label of this table is rare by this."
    st.markdown(plain(text))
    if found.left:
        st.warning(
            plain(
                f"In {_named(list(found.left))} no label is shared by {found.threshold} rows, so all stay as they are. "
                "If these tell who somebody is, make them personal, text or identifiers."
            ),
            icon=":material/warning:",
        )
    if found.two:
        st.caption(plain(f"{_named(list(found.two))} has two labels, of which one is rare; both are kept."))


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"“{name}”" for name in names[:_NAMED]) + more
