"""What the library's entries hold, read once and kept for a while, as `cached` does with tables and runs.

By the entry's id: what is in an entry never changes. Whose it is was checked when the entry itself was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.cached import SMALL, TABLES, TIME, kept

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation import Evaluation
    from engine.library.entries import Entry
    from engine.library.store import Library
    from engine.passport import Passport
    from engine.table.schema import Schema


@st.cache_data(ttl=600.0, show_spinner=False)
def tidy(folder: str) -> None:
    """Remove for good, for every user, what was deleted too long ago to be brought back."""
    from engine.library.settings import LibrarySettings
    from engine.library.store import sweep_all

    settings = LibrarySettings.from_environment()
    if settings is not None:
        sweep_all(settings)


@kept
@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def table(entry_id: str, _library: Library, _entry: Entry) -> pd.DataFrame:
    """A dataset of the library, or some rows that a model of it made. Raises LibraryError."""
    from engine.library import items

    return items.table_of(_library, _entry)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def schema(entry_id: str, _library: Library, _entry: Entry) -> Schema:
    """The columns of a dataset or a model of the library. Raises LibraryError."""
    from engine.library import items

    return items.schema_of(_library, _entry)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def passport(entry_id: str, _library: Library, _entry: Entry) -> Passport:
    """Every real value that a model of the library holds. Raises TwinError."""
    from engine.library import items

    return items.passport_of(_library, _entry)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def report(entry_id: str, _library: Library, _entry: Entry) -> tuple[Evaluation, Mapping[str, Any], bytes]:
    """The figures of a report, the facts of its run, and the page. Raises LibraryError."""
    from engine.library import items

    return items.report_of(_library, _entry)
