"""One entry of the library, opened: what it is, what can be done with it, and what is in it."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import streamlit as st

from engine.library import items
from engine.library.entries import NAME_LENGTH, NOTE_LENGTH, Entry, ItemKind, file_stem
from engine.library.store import Library
from engine.table.formulas import KEEP
from engine.table.schema import TEXT, Schema
from engine.table.write import to_bytes
from pages.ui import cached, certified, downloads, entrance, formulas, keptfiles, keptmodel, shelf, state, widgets
from pages.ui import figures as all_figures
from pages.ui.words import plain, size


def title() -> None:
    """The head of the list; who is logged in, where one can."""
    st.title("Library", anchor=False)
    said = shelf.claims()
    if said is None:
        st.markdown("Datasets, models and reports that were saved. Everyone who opens this address sees the same ones.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        who = plain(str(said.get("name") or said.get("email") or "you"))
        st.markdown(f"Datasets, models and reports that you saved. Only you see them, as **{who}**.", width="stretch")
        if not entrance.required():
            st.button("Log out", key="log-out", icon=":material/logout:", on_click=st.logout)


def log_in() -> None:
    st.title("Library", anchor=False)
    if find_spec("authlib") is None:
        widgets.error_box("Log-in is set up on this server, but a package for it is not installed: streamlit[auth].")
        return
    st.info("Log in to see what you saved, and to save more.", icon=":material/lock:")
    st.button("Log in", type="primary", key="log-in", icon=":material/login:", on_click=st.login)


def draw(library: Library, entry: Entry) -> None:
    """The whole page of an entry. Raises TwinError for files that are gone or damaged."""
    st.button(
        "All of the library", key="back", type="tertiary", icon=":material/arrow_back:",
        on_click=state.look_at, args=(None,),
    )  # fmt: skip
    shelf.badge(entry)
    st.title(plain(entry.name), anchor=False)
    st.caption(
        f"{shelf.origin(entry)}. {shelf.extent(entry)}, {size(entry.bytes)}. Saved on {shelf.when(entry.created)}."
    )
    _asked(entry)
    if entry.note:
        st.markdown("  \n".join(plain(line) for line in entry.note.splitlines()))
    with st.container(horizontal=True, gap="small", key="entry-actions"):
        _ACTIONS[entry.kind](library, entry)
        _rename(library, entry)
        _delete(library, entry)
    _CONTENTS[entry.kind](library, entry)


def _asked(entry: Entry) -> None:
    """Given values and shares that hold in a dataset."""
    facts = entry.about.facts
    if entry.kind is ItemKind.DATASET and facts.get("given"):
        st.markdown(f":material/push_pin: Given: {', '.join(f'**{plain(str(g))}**' for g in facts['given'])}")
    if entry.kind is ItemKind.DATASET and facts.get("balance"):
        st.markdown(f":material/balance: Rebalanced: **{plain(str(facts['balance']))}**")


def _rename(library: Library, entry: Entry) -> None:
    with (
        st.popover("Rename", icon=":material/edit:", key="rename-menu"),
        st.form("rename-form", border=False, enter_to_submit=True),
    ):
        name = st.text_input("Name", entry.name, max_chars=NAME_LENGTH, key=f"name-{entry.id}")
        note = st.text_area("Note", entry.note, max_chars=NOTE_LENGTH, key=f"note-{entry.id}")
        if st.form_submit_button("Save", type="primary", key="rename"):
            with widgets.told():
                library.rename(entry.id, name, note)
            st.rerun()


def _delete(library: Library, entry: Entry) -> None:
    if st.button("Delete", key="delete", icon=":material/delete:"):
        library.delete(entry.id)
        state.look_at(None)
        state.note_deleted(entry.id, entry.name)
        st.rerun()


# A dataset


def _dataset_actions(library: Library, entry: Entry) -> None:
    schema = keptfiles.schema(entry.id, library, entry)
    downloads.tables(file_stem(entry.name), _file_of(library, entry, schema), "kept")
    table, run = keptfiles.table(entry.id, library, entry), str(entry.about.facts.get("run") or "")
    certified.draw(file_stem(entry.name), table.size, certified.kept(entry.id, table, schema, run), "kept-")
    if st.button(
        "Work on this table",
        key="work-on",
        icon=":material/tune:",
        help="Opens it like an uploaded table: look through its columns, learn it, make a twin of it.",
    ):
        with st.spinner("Opening the table …"):
            _work_on(library, entry, schema)
        st.switch_page(state.UPLOAD_PAGE)


def _file_of(library: Library, entry: Entry, schema: Schema) -> Callable[[str], Callable[[], bytes]]:
    """A file of the dataset by its format; made when it is asked for."""

    chosen = formulas.choice()

    def of(key: str) -> Callable[[], bytes]:
        return lambda: to_bytes(keptfiles.table(entry.id, library, entry), schema, key, chosen)

    return of


def _work_on(library: Library, entry: Entry, schema: Schema) -> None:
    """Have the dataset be the table worked on. Kinds and formats stay where the source was a text file."""
    written = all(column.storage == TEXT for column in schema.selected)
    format_ = "csv" if written else "parquet"
    content = to_bytes(keptfiles.table(entry.id, library, entry), schema, format_, KEEP)
    table = cached.take(content, f"{file_stem(entry.name)}.{format_}", state.session_owner())
    if written and cached.schema(table).names == schema.selected.names:
        table.save_schema(schema.selected)
    state.use(table)


def _dataset(library: Library, entry: Entry) -> None:
    shelf.figures(entry)
    schema = keptfiles.schema(entry.id, library, entry)
    formulas.draw(entry.id, keptfiles.table(entry.id, library, entry), schema.selected)
    st.subheader("Rows", anchor=False)
    widgets.table_view(
        keptfiles.table(entry.id, library, entry), "kept-rows", "First rows of the dataset", schema.selected
    )


# A model


def _model_actions(library: Library, entry: Entry) -> None:
    st.download_button(
        "Download the model",
        data=items.model_of(library, entry).read_bytes,
        file_name=f"{file_stem(entry.name)}.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/download:",
        key="kept-model-file",
        help="For more rows from the command line: python -m engine generate --model.",
    )


# A report


def _report_actions(library: Library, entry: Entry) -> None:
    st.download_button(
        "Download the report",
        data=lambda: keptfiles.report(entry.id, library, entry)[2],
        file_name=f"{file_stem(entry.name)}.html",
        mime="text/html",
        on_click="ignore",
        type="primary",
        icon=":material/download:",
        key="kept-report-file",
        help="All figures as one page that needs nothing else.",
    )


def _report(library: Library, entry: Entry) -> None:
    shelf.figures(entry)
    evaluation, _, _ = keptfiles.report(entry.id, library, entry)
    st.subheader("All figures", anchor=False)
    all_figures.in_words(evaluation)
    all_figures.by_column(evaluation)


_ACTIONS = {
    ItemKind.DATASET: _dataset_actions,
    ItemKind.MODEL: _model_actions,
    ItemKind.REPORT: _report_actions,
}
_CONTENTS = {ItemKind.DATASET: _dataset, ItemKind.MODEL: keptmodel.draw, ItemKind.REPORT: _report}
