"""“Repeat this run” beside the downloads: its settings as a file, as a Python file, and as one command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cached, formulas
from pages.ui.datasets import Dataset
from pages.ui.words import plain

if TYPE_CHECKING:
    from engine.recipe import Recipe
    from engine.results import StoredResult


def draw(table: Dataset, run_id: str, result: StoredResult) -> None:
    from engine import snippet

    found = recipe(table, run_id, result)
    with st.popover("Repeat", icon=":material/replay:", key="repeat"):
        st.markdown(
            "The same table, settings, seed and versions give the same rows again, byte for byte. The files hold what "
            "was chosen and the schema, and no rows."
        )
        with st.container(horizontal=True, gap="small"):
            st.download_button(
                "Settings",
                data=lambda: found.dumps().encode(),
                file_name=f"{table.stem}-settings.json",
                mime="application/json",
                on_click="ignore",
                icon=":material/tune:",
                key="download-settings",
                help="To load on Configure, or for the command line below.",
            )
            st.download_button(
                "Python",
                data=lambda: snippet.python(found, table.stem).encode(),
                file_name=f"{table.stem}-again.py",
                mime="text/x-python",
                on_click="ignore",
                icon=":material/code:",
                key="download-python",
                help="Repeats the run by itself, in the folder of Tabular Twin: python FILE.py TABLE OUT.csv",
            )
        st.caption("With the settings file, in one line:")
        st.code(snippet.command(found, table.stem), language=None, wrap_lines=True)
        for note in found.reservations():
            st.caption(plain(note))


def recipe(table: Dataset, run_id: str, result: StoredResult) -> Recipe:
    """All that repeats a run."""
    from engine.recipe import Recipe

    now = cached.jobs().status(run_id)
    return Recipe.of_run(
        now.request,
        cached.jobs().schema(run_id),
        table.name,
        options=dict(table.options),
        formulas=formulas.choice(),
        made_by=result.figures["versions"],
        method_used=str(result.figures.get("method_used") or ""),
        fell_back=result.report.fell_back,
        ended_early=now.finishing,
    )
