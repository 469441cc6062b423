"""The pages of the app, and the way into it from a page that was opened on its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st

from engine.library.settings import is_on
from pages.ui import state

if TYPE_CHECKING:
    from streamlit.navigation.page import Page

# Streamlit writes what is chosen in its primary colour on a tint of it, too faint to read, and has no setting for it
# (its issue 12801). The browser takes the colour that suits the theme, also when that changes under a drawn page.
_STYLE = """<style>
.stButtonGroup button[data-selected="true"] p, [data-testid="stSliderThumbValue"] p {
    color: light-dark(#084B80, #6BB8F5);
}
</style>"""


def navigation() -> Page:
    """Tells Streamlit which pages there are; the one to run now."""
    library = [st.Page(state.LIBRARY_PAGE, title="Library", icon=":material/collections_bookmark:")]
    return st.navigation(
        [
            st.Page(state.UPLOAD_PAGE, title="Upload", icon=":material/upload_file:", default=True),
            st.Page(state.CONFIGURE_PAGE, title="Configure", icon=":material/tune:"),
            st.Page(state.TRAIN_PAGE, title="Train", icon=":material/model_training:"),
            st.Page(state.COMPARE_PAGE, title="Compare", icon=":material/compare:"),
            st.Page(state.DESCRIBE_PAGE, title="Describe", icon=":material/edit_note:"),
            *(library if is_on() else ()),
            st.Page(state.GUIDE_PAGE, title="Guide", icon=":material/menu_book:"),
        ]
    )


@contextmanager
def around() -> Iterator[None]:
    """What is drawn inside has the app around it."""
    state.note_frame(True)
    st.html(_STYLE)
    try:
        yield
    finally:
        state.note_frame(False)


def ensure() -> None:
    """The first line of every page: has it drawn inside the app.

    Until a server has come to its first `st.navigation`, Streamlit takes a folder named pages for its own and runs the
    page of the address alone, without the app around it. The first visitor after a restart would see that.
    """
    if not state.framed():
        navigation()
        st.rerun()
