"""A table that its schema alone describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.cached.keeping import SMALL, TABLES, TIME, kept

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.profile import TableProfile


@kept
@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def described(schema: str, rows: int, seed: int) -> pd.DataFrame:
    """Rows of a table that its schema, as JSON text, describes; parsed. Raises SchemaError."""
    from engine import described as engine_described
    from engine.table.schema import Schema

    return engine_described.make(Schema.loads(schema), rows, seed)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def described_profile(schema: str, rows: int, seed: int) -> TableProfile:
    from engine.table.profile import profile_table
    from engine.table.schema import Schema

    return profile_table(described(schema, rows, seed), Schema.loads(schema))
