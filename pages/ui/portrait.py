"""The table that was chosen: its size, what the reader found, its rows, and a profile of each column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.table.findings import Finding, Severity
from pages.ui import cached, rereading, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain, share

if TYPE_CHECKING:
    from engine.table.profile import ColumnProfile, TableProfile
    from engine.table.read import Reading
    from engine.table.schema import Schema

CARDS = 12  # profiles on one page
_MARKS = {
    Severity.INFO: ":material/info:",
    Severity.REPAIRED: ":material/build:",
    Severity.WARNING: ":material/warning:",
}


def draw(table: Dataset) -> None:
    """Raises TwinError when the table cannot be read (any more)."""
    with st.spinner("Reading the table …"):
        reading = cached.reading(table)
        schema = cached.chosen_schema(table)
    rows, columns = reading.frame.shape
    lead = f"{count(rows, 'row')}, {count(columns, 'column')}, read from {plain(table.name)}."
    widgets.heading("Upload", plain(table.title), lead)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Configure the twin", type="primary", key="next", icon=":material/arrow_forward:"):
            st.switch_page(state.CONFIGURE_PAGE)
        if st.button("Use another table", key="another"):
            state.forget()
            st.rerun()
    _findings(reading)
    view = st.segmented_control(
        "What to see",
        ["Rows", "Columns"],
        key=state.seed("portrait", "Rows"),
        required=True,
        label_visibility="collapsed",
    )
    if view == "Rows":
        widgets.table_view(reading.frame, "preview", f"First rows of {table.title}")
    else:
        with st.spinner("Looking through the columns …"):
            profile = cached.profile(table, schema)
        profiles(profile, schema)
    rereading.draw(table, reading)


def _findings(reading: Reading) -> None:
    """What was guessed and mended in reading; what needs a look stands open."""
    findings = reading.findings
    if not findings:
        return
    warnings = [f for f in findings if f.severity is Severity.WARNING]
    for finding in warnings[:5]:
        st.warning(plain(finding.message), icon=_MARKS[finding.severity])
    mended = sum(f.severity is Severity.REPAIRED for f in findings)
    label = f"How the file was read: {count(len(findings), 'finding')}" + (f", {mended} mended" if mended else "")
    with st.expander(label, key="findings"):
        st.markdown("\n".join(_finding(f) for f in findings[:100]))
        if len(findings) > 100:
            st.caption(f"The first 100 of {len(findings):,}.")


def _finding(finding: Finding) -> str:
    where = f" (line {finding.row:,})" if finding.row is not None else ""
    return f"- {_MARKS[finding.severity]} {plain(finding.message)}{where}"


def profiles(profile: TableProfile, schema: Schema) -> None:
    """A small chart of each column, a page of them at a time."""
    pages = -(-len(profile.columns) // CARDS)
    page = st.pagination(pages, key="profile-page") if pages > 1 else 1
    with st.grid("auto", min_column_width=230):
        for column in profile.columns[(page - 1) * CARDS : page * CARDS]:
            _profile(column, schema)


def _profile(column: ColumnProfile, schema: Schema) -> None:
    from engine import charts

    with st.container(border=True, height="stretch", gap="xsmall"):
        reason = schema[column.name].reason
        st.markdown(
            f"**{plain(column.name)}** :gray-badge[{column.kind}]",
            help=f"{plain(reason[:1].upper() + reason[1:])}." if reason else None,
        )
        st.caption(_spread(column))
        if column.histogram is not None or column.top:
            chart = charts.profile_chart(column, dark=widgets.dark())
            st.altair_chart(chart, theme=None, alt=f"Distribution of {column.name}")


def _spread(column: ColumnProfile) -> str:
    """Distinct values, range and missing cells, in a few words."""
    words = [count(column.distinct, "value")]
    if column.minimum is not None and column.kind.numeric:
        words.append(f"{plain(str(column.minimum))} to {plain(str(column.maximum))}")
    if column.missing:
        words.append(f"{share(column.missing / column.rows)} missing")
    return ", ".join(words)
