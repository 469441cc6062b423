"""The table that was chosen: its size, what the reader found, its rows, and a profile of each column."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.table.findings import Finding, Severity
from pages.ui import cached, preview, profiled, rereading, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain

OPEN = 5  # warnings that stand open
LISTED = 100
_MARKS = {
    Severity.INFO: ":material/info:",
    Severity.REPAIRED: ":material/build:",
    Severity.WARNING: ":material/warning:",
}


def draw(table: Dataset) -> None:
    """Raises TwinError when the table cannot be read (any more)."""
    from engine.table import infinite

    with st.spinner("Reading the table …"):
        reading = cached.reading(table)
    rows, columns = reading.frame.shape
    lead = f"{count(rows, 'row')}, {count(columns, 'column')}, read from {plain(table.name)}."
    widgets.heading("Upload", plain(table.title), lead)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Configure the twin", type="primary", key="next", icon=":material/arrow_forward:"):
            st.switch_page(state.CONFIGURE_PAGE)
        if st.button("Use another table", key="another"):
            state.forget()
            st.rerun()
    _findings(infinite.beside(reading.findings, cached.infinite(table)))
    view = st.segmented_control(
        "What to see",
        ["Rows", "Columns"],
        key=state.seed("portrait", "Rows"),
        required=True,
        label_visibility="collapsed",
    )
    if view == "Rows":
        preview.draw(table)
    else:
        profiled.draw(table)
    rereading.draw(table, reading)


def _findings(findings: Sequence[Finding]) -> None:
    """What was guessed and mended in reading; what needs a look stands open."""
    if not findings:
        return
    warnings = [f for f in findings if f.severity is Severity.WARNING]
    for finding in warnings[:OPEN]:
        st.warning(_told(finding), icon=_MARKS[finding.severity])
    mended = sum(f.severity is Severity.REPAIRED for f in findings)
    label = f"How the file was read: {count(len(findings), 'finding')}" + (f", {mended} mended" if mended else "")
    with st.expander(label, key="findings", icon=":material/fact_check:"):
        st.markdown("\n".join(f"- {_MARKS[f.severity]} {_told(f)}" for f in findings[:LISTED]))
        if len(findings) > LISTED:
            st.caption(f"The first {LISTED} of {len(findings):,}.")


def _told(finding: Finding) -> str:
    """With the line of the file that it is about."""
    return plain(finding.message) if finding.row is None else f"Line {finding.row:,}: {plain(finding.message)}"
