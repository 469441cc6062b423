"""The library as the pages see it: whose it is, and the list of all that is kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from engine.errors import LibraryError
from engine.library.entries import Entry, Headline, ItemKind
from engine.library.owners import owner_of
from engine.library.settings import LibrarySettings, is_on
from engine.library.store import Library
from pages.ui import keptfiles, state
from pages.ui.words import count, plain, share, size

KINDS: Mapping[ItemKind, tuple[str, str, str, str]] = {  # one, several, icon, colour
    ItemKind.DATASET: ("Dataset", "Datasets", ":material/table:", "blue"),
    ItemKind.MODEL: ("Model", "Models", ":material/deployed_code:", "violet"),
    ItemKind.REPORT: ("Report", "Reports", ":material/lab_profile:", "green"),
}
ORDERS = ("Latest first", "By name", "Largest first")
PAGE = 24  # cards shown at once
_NOTE = 140  # characters of a note on a card


# Whose library


def claims() -> Mapping[str, Any] | None:
    """What the log-in says of the visitor, empty before they logged in; None where there is no log-in at all."""
    said = st.user.to_dict()
    if "is_logged_in" not in said:
        return None
    return said if said["is_logged_in"] else {}


def identity(said: Mapping[str, Any]) -> str:
    """What is always the same for a person and nobody else's. Nothing where the log-in does not tell.

    The account's number at who vouches for it; an address may be given to somebody else one day.
    """
    if said.get("iss") and said.get("sub"):
        return f"{said['iss']} {said['sub']}"
    trusted = str(said.get("email_verified", True)).lower() != "false"  # some write it as text
    return str(said.get("email") or "").strip().casefold() if trusted else ""


def stranger() -> bool:
    """Whether one has to log in first."""
    said = claims()
    return said is not None and not said


def library() -> Library:
    """The visitor's library. Raises LibraryError or SettingsError where there is none to open."""
    settings = LibrarySettings.from_environment()
    if settings is None:
        raise LibraryError("There is no library on this server.")
    said = claims()
    found = Library(settings, owner_of(settings.folder, None if said is None else identity(said)))
    keptfiles.tidy(str(settings.folder))
    return found


def usable() -> bool:
    """Whether something can be saved here now."""
    return is_on() and not stranger()


# The list


def overview(shelf: Library) -> None:
    """Everything that is kept, to search and to open; what was deleted, below."""
    _undo(shelf)
    entries, gone = shelf.entries(), shelf.trash()
    if lost := shelf.damaged():
        many = count(lost, "entry", "entries")
        st.warning(
            f"{many} cannot be read, so {'it is' if lost == 1 else 'they are'} not shown: damaged, or written by "
            "another version of this program. The files are left as they are; whoever runs this server can restore the "
            "index from a copy.",
            icon=":material/broken_image:",
        )
    if not entries:
        _empty()
    else:
        _used(shelf)
        _cards(_chosen(entries))
    if gone:
        _trash(shelf, gone)


def _empty() -> None:
    with st.container(border=True, key="library-empty"):
        st.markdown("**Nothing is kept here yet.**")
        st.markdown(
            "Make a twin; on *Compare*, **Save to the library** keeps its table, the trained model and the report, "
            "as you tick. From a kept model you can make more rows at any time, without the real table."
        )
        table = state.dataset()
        page, label = (state.UPLOAD_PAGE, "Choose a table")
        if table is not None:
            page, label = (state.COMPARE_PAGE, "Compare") if state.run_id() else (state.CONFIGURE_PAGE, "Go on")
        if st.button(label, type="primary", key="library-start", icon=":material/arrow_forward:"):
            st.switch_page(page)


def _used(shelf: Library) -> None:
    used, quota = shelf.used(), shelf.settings.quota
    text = f"{size(used)} of {size(quota)} used"
    if used > 0.9 * quota:
        st.warning(f"{text}. Delete what you do not need any more.", icon=":material/warning:")
    else:
        st.caption(text)


def _chosen(entries: Sequence[Entry]) -> list[Entry]:
    """What the search, the kind and the order leave."""
    kinds = [kind for kind in KINDS if any(entry.kind is kind for entry in entries)]
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-filter"):
        words = st.text_input(
            "Search",
            key="library-search",
            placeholder="Name, note, table or method",
            icon=":material/search:",
            width=320,
        )
        kind = st.segmented_control(
            "Kind",
            kinds,
            format_func=lambda kind: KINDS[kind][1],
            key="library-kind",
        )
        order = st.selectbox("Order", ORDERS, key="library-order", width=180)
    found = [e for e in entries if e.mentions(words) and kind in (None, e.kind)]
    if order == ORDERS[1]:
        found.sort(key=lambda entry: entry.name.casefold())
    elif order == ORDERS[2]:
        found.sort(key=lambda entry: -entry.bytes)
    return found


def _cards(entries: Sequence[Entry]) -> None:
    if not entries:
        st.info("Nothing here is called so. Search for other words, or choose another kind.", icon=":material/search:")
        return
    pages = -(-len(entries) // PAGE)
    page = 1
    if pages > 1:
        st.caption(f"{len(entries):,} entries, {PAGE} on a page.")
        page = st.pagination(pages, key="library-page")
    with st.grid("auto", min_column_width=270):
        for entry in entries[PAGE * (page - 1) : PAGE * page]:
            _card(entry)


def _card(entry: Entry) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"kept-card-{entry.id}"):
        badge(entry)
        st.markdown(f"**{plain(entry.name)}**")
        st.caption(f"{origin(entry)}  \n{when(entry.created)}")
        if entry.about.figures:
            first = entry.about.figures[0]
            st.markdown(f"{first.label} **{_share(first.value)}**  \n:small[{_beside(first)}]")
        if entry.note:
            short = entry.note if len(entry.note) <= _NOTE else f"{entry.note[:_NOTE].rstrip()} …"
            st.markdown(f":small[{plain(short)}]")
        st.space("stretch")
        st.caption(f"{extent(entry)}, {size(entry.bytes)}")
        st.button("Open", key=f"open-{entry.id}", width="stretch", on_click=state.look_at, args=(entry.id,))


def badge(entry: Entry) -> None:
    one, _, icon, colour = KINDS[entry.kind]
    st.badge(one, icon=icon, color=colour)  # type: ignore[arg-type]


def origin(entry: Entry) -> str:
    """The method and the table that an entry comes from."""
    return f"{plain(entry.about.method)}, from {plain(entry.about.source)}"


def extent(entry: Entry) -> str:
    """How large a table it is, learned from, or on."""
    rows = count(entry.about.rows, "row")
    columns = count(entry.about.columns, "column")
    return f"Learned {rows}, {columns}" if entry.kind is ItemKind.MODEL else f"{rows}, {columns}"


def when(moment: float) -> str:
    """A moment as the clock at the visitor's place shows it."""
    try:
        zone: dt.tzinfo = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    here = dt.datetime.fromtimestamp(moment, zone)
    return f"{here.day}\u00a0{here:%b}\u00a0{here:%Y, %H:%M}"


def figures(entry: Entry) -> None:
    """Its headline figures, each beside what fresh real rows get."""
    if not entry.about.figures:
        return
    with st.grid(4, min_column_width=150):
        for figure in entry.about.figures:
            with st.container(border=True, height="stretch", gap="xsmall", key=f"kept-figure-{figure.key}"):
                st.metric(figure.label, _share(figure.value))
                st.caption(_beside(figure))
    if told := str(entry.about.facts.get("figures_of") or ""):
        st.caption(plain(told))


def _share(value: float | None) -> str:
    return "–" if value is None else share(value)


def _beside(figure: Headline) -> str:
    known = figure.reference is not None
    return f"Fresh real rows: {_share(figure.reference)}." if known else "No yardstick: no rows were held out."


# Deleted, and back


def _undo(shelf: Library) -> None:
    """One click back for what was deleted last."""
    if (last := state.deleted()) is None:
        return
    entry, name = last
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="library-undo"):
        st.markdown(f":material/delete: **{plain(name)}** was deleted.")
        if st.button("Undo", key="undo", icon=":material/undo:"):
            shelf.restore(entry)
            state.forget_deleted()
            st.rerun()


def _trash(shelf: Library, gone: Sequence[Entry]) -> None:
    with st.expander(f"Deleted ({len(gone)})", key="library-trash", icon=":material/delete:"):
        for entry in gone:
            with st.container(horizontal=True, vertical_alignment="center", key=f"gone-{entry.id}"):
                until = (entry.deleted or 0.0) + shelf.settings.undo
                one = KINDS[entry.kind][0]
                st.markdown(
                    f"**{plain(entry.name)}** ({one.lower()}), removed for good on {when(until)}", width="stretch"
                )
                if st.button("Bring back", key=f"restore-{entry.id}", icon=":material/undo:"):
                    shelf.restore(entry.id)
                    state.forget_deleted()
                    st.rerun()
        if st.button("Remove all of these for good now", key="empty-trash", icon=":material/delete_forever:"):
            shelf.empty_trash()
            state.forget_deleted()
            st.rerun()
