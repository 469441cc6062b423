"""What was kept: datasets, models and reports; open one, make more rows, take it away, rename or delete it."""

from __future__ import annotations

import streamlit as st

from engine.errors import LibraryError
from pages.ui import frame, kept, shelf, state, widgets

frame.ensure()
with widgets.told():
    if shelf.stranger():
        kept.log_in()
        st.stop()
    library = shelf.library()
    entry = None
    if opened := state.kept():
        try:
            entry = library.entry(opened)
        except LibraryError as error:
            widgets.error_box(error)
            state.look_at(None)
    if entry is None:
        kept.title()
        shelf.overview(library)
    else:
        kept.draw(library, entry)
