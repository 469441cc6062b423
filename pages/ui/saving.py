"""“Save to the library” on the compare page: what to keep of a run, under which name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.library.entries import NAME_LENGTH, NOTE_LENGTH, ItemKind
from engine.library.settings import is_on
from pages.ui import cached, shelf, state, widgets
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.library.store import Library
    from engine.results import StoredResult

_LABELS = {
    ItemKind.DATASET: ("The synthetic table", "To look at, download or work on later."),
    ItemKind.MODEL: ("The model", "To make more rows later. Its passport lists every real value that it holds."),
    ItemKind.REPORT: ("The report", "All figures, as they are now."),
}


def draw(table: Dataset, run: str, result: StoredResult) -> None:
    """One button in the row of downloads; nothing where there is no library."""
    if not is_on():
        return
    if shelf.stranger():
        st.page_link(state.LIBRARY_PAGE, label="Log in to save this to the library", icon=":material/bookmark_add:")
        return
    library = shelf.library()
    saved = {entry.kind for entry in library.entries() if entry.about.facts.get("run") == run}
    # Another one after each saving, so that it closes.
    with st.popover("Save to the library", icon=":material/bookmark_add:", key=f"save-menu-{len(saved)}"):
        _form(library, table, run, result, saved)
    if saved:
        names = ", ".join(shelf.KINDS[kind][0].lower() for kind in _LABELS if kind in saved)
        st.page_link(state.LIBRARY_PAGE, label=f"Saved: {names}", icon=":material/bookmark_added:")


def _form(library: Library, table: Dataset, run: str, result: StoredResult, saved: set[ItemKind]) -> None:
    """What is ticked at first is what was not saved yet."""
    able = [kind for kind in _LABELS if kind is not ItemKind.REPORT or result.evaluation is not None]
    with st.form(f"save-{run}", border=False):
        name = st.text_input("Name", table.title, max_chars=NAME_LENGTH, key=f"save-name-{run}")
        ticked = []
        for kind in able:
            label, help_ = _LABELS[kind]
            known = kind in saved
            told = f"{label} (saved already)" if known else label
            # Another key once it is saved: a browser keeps the tick of a box that stays the same.
            if st.checkbox(told, not known, key=f"save-{kind}-{run}{'-again' if known else ''}", help=help_):
                ticked.append(kind)
        note = st.text_area("Note", max_chars=NOTE_LENGTH, key=f"save-note-{run}", placeholder="What it is for")
        if st.form_submit_button("Save", type="primary", key="save", icon=":material/bookmark_add:"):
            _save(library, ticked, table, run, result, name, note)


def _save(
    library: Library, kinds: list[ItemKind], table: Dataset, run: str, result: StoredResult, name: str, note: str
) -> None:
    from engine.library import items

    if not kinds:
        widgets.error_box("Tick what you want to keep.")
        return
    with widgets.told(), st.spinner("Saving …"):
        schema = cached.jobs().schema(run)
        library.save(items.of_run(kinds, result, schema, run=run, source=table.title, name=name, note=note))
    st.rerun()
