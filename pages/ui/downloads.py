"""What can be taken away from a run. Files are made when they are asked for, not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from engine.table.write import FORMATS, to_bytes
from pages.ui import cached, certified, formulas, repeating
from pages.ui.certified import TABLES
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.results import StoredResult


def draw(table: Dataset, run_id: str, result: StoredResult) -> None:
    """The table in four formats, CSV first; the report; the model; what repeats the run."""
    with st.container(horizontal=True, gap="xsmall", key="downloads"):
        tables(f"{table.title}-synthetic", lambda key: _table(run_id, key))
        if result.evaluation is not None:
            st.download_button(
                "Report",
                data=_report(table.title, run_id),
                file_name=f"{table.title}-report.html",
                mime="text/html",
                on_click="ignore",
                icon=":material/lab_profile:",
                key="download-report",
                help="All figures as one page that needs nothing else.",
            )
        st.download_button(
            "Model",
            data=result.model.read_bytes,
            file_name=f"{table.title}-model.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/deployed_code:",
            key="download-model",
            help="The trained model, for more rows from the command line. What it keeps is in the guide.",
        )
        certified.draw(f"{table.title}-synthetic", result.synthetic.size, certified.of_run(run_id))
        repeating.draw(table, run_id, result)
    formulas.draw(run_id, result.synthetic, cached.jobs().schema(run_id).selected)


def tables(stem: str, make: Callable[[str], Callable[[], bytes]], prefix: str = "download") -> None:
    """A button for each format. stem: of the file's name; make: of a format's key, what makes the file."""
    for key in TABLES:
        form = FORMATS[key]
        first = key == TABLES[0]
        st.download_button(
            f"Download {form.label}" if first else form.label,
            data=make(key),
            file_name=f"{stem}{form.suffix}",
            mime=form.mime,
            on_click="ignore",
            type="primary" if first else "secondary",
            icon=":material/download:" if first else None,
            key=f"{prefix}-{key}",
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
