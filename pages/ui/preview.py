"""The rows of a table: the first ones, or those of the whole table that hold a text."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain


@st.fragment
def draw(table: Dataset) -> None:
    """The rows, drawn anew alone."""
    with widgets.told():
        _rows(table)


def _rows(table: Dataset) -> None:
    frame = cached.reading(table).frame
    text = st.text_input(
        "Find in all rows",
        key="find",
        placeholder="A name, a number, part of a word …",
        icon=":material/search:",
        help="Looks through the whole table, not only the rows shown. Upper and lower case are the same.",
        width=420,
    )
    if not text.strip():
        widgets.table_view(frame, "preview", f"First rows of {table.title}")
        return
    with st.spinner("Looking through the rows …"):
        found = cached.found(table, text.strip(), widgets.PREVIEW)
    if not found.places:
        st.info(
            f"None of the {count(len(frame), 'row')} holds {plain(f'“{text.strip()}”')}.", icon=":material/search_off:"
        )
        return
    shown = frame.iloc[list(found.places)].set_axis([place + 1 for place in found.places]).rename_axis("Row")
    st.dataframe(shown, height=390, key="found", alt=f"Rows of {table.title} that hold {text.strip()}")
    widgets.copying(shown, "found")
    first = "" if found.all else "The first "
    st.caption(f"{first}{count(len(found.places), 'row')} of {len(frame):,} with it.")
