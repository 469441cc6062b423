"""What can be taken away from a run. Files are made when they are asked for, not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from engine.table.write import FORMATS, to_bytes
from pages.ui import cached, certified, formulas, repeating, saving
from pages.ui.certified import TABLES
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.results import StoredResult


def draw(table: Dataset, run_id: str, result: StoredResult) -> None:
    """The table as CSV; all other files, folded away; its certificate; what repeats the run, and what keeps it."""
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center", key="downloads"):
        tables(f"{table.stem}-synthetic", lambda key: _table(run_id, key), more=lambda: _more(table, run_id, result))
        certified.draw(f"{table.stem}-synthetic", result.synthetic.size, certified.of_run(run_id))
        repeating.draw(table, run_id, result)
        saving.draw(table, run_id, result)
    formulas.draw(run_id, result.synthetic, cached.jobs().schema(run_id).selected)


def _more(table: Dataset, run_id: str, result: StoredResult) -> None:
    """The report and the model."""
    if result.evaluation is not None:
        st.download_button(
            "Report",
            data=_report(table.title, run_id),
            file_name=f"{table.stem}-report.html",
            mime="text/html",
            on_click="ignore",
            icon=":material/lab_profile:",
            key="download-report",
            help="All figures as one page that needs nothing else.",
            width="stretch",
        )
    st.download_button(
        "Model",
        data=result.model.read_bytes,
        file_name=f"{table.stem}-model.zip",
        mime="application/zip",
        on_click="ignore",
        icon=":material/deployed_code:",
        key="download-model",
        help="The trained model, for more rows from the command line. What it keeps is in the guide.",
        width="stretch",
    )


def tables(
    stem: str,
    make: Callable[[str], Callable[[], bytes]],
    prefix: str = "download",
    more: Callable[[], None] | None = None,
) -> None:
    """The table as CSV, and a list of all other formats.

    stem: of the file's name; make: of a format's key, what makes the file; more: draws what else is in the list.
    """
    _table_button(TABLES[0], stem, make, prefix)
    with st.popover("More files", key=f"{prefix}-more"):
        for key in TABLES[1:]:
            _table_button(key, stem, make, prefix)
        if more is not None:
            more()


def _table_button(key: str, stem: str, make: Callable[[str], Callable[[], bytes]], prefix: str) -> None:
    form = FORMATS[key]
    first = key == TABLES[0]
    st.download_button(
        f"Download {form.label}" if first else form.label,
        data=make(key),
        file_name=f"{stem}{form.suffix}",
        mime=form.mime,
        on_click="ignore",
        type="primary" if first else "secondary",
        icon=":material/download:" if first else ":material/table:",
        key=f"{prefix}-{key}",
        width="content" if first else "stretch",
    )


def _table(run_id: str, key: str) -> Callable[[], bytes]:
    chosen = formulas.choice()

    def make() -> bytes:
        schema = cached.jobs().schema(run_id).selected
        return to_bytes(cached.result(run_id).synthetic, schema, key, chosen)

    return make


def _report(title: str, run_id: str) -> Callable[[], bytes]:
    def make() -> bytes:
        from engine.evaluation import report
        from engine.evaluation.distributions import compare_table

        result = cached.result(run_id)
        assert result.evaluation is not None  # else there is no button
        schema = cached.jobs().schema(run_id).selected
        drawn = compare_table(cached.real(run_id), result.synthetic, schema).values()
        return report.html(result.evaluation, facts={**result.figures, "table": title}, comparisons=drawn).encode()

    return make
