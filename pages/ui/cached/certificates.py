"""Certificates of downloads: what was checked on their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.table.formulas import NEUTRALISE
from pages.ui.cached.keeping import SMALL, TIME, kept

if TYPE_CHECKING:
    import pandas as pd

    from engine.certificate import Certificate
    from engine.table.schema import Schema


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def certificate(run_id: str, format: str, formulas: str = NEUTRALISE) -> Certificate:
    """What was checked on the bytes of a download. formulas: as in `to_bytes`. Raises WriteError."""
    from pages.ui import certified

    return certified.check(run_id, format, formulas)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def kept_certificate(
    version: str, format: str, formulas: str, _table: pd.DataFrame, _schema: Schema, _run: str
) -> Certificate:
    """As `certificate`, for a table of the library. version: names its content for good. Raises WriteError."""
    from pages.ui import certified

    return certified.check_kept(_table, _schema, format, formulas, _run)
