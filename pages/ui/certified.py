"""The certificate of a download: what was checked on its very bytes, ticked column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.protection import POOL
from engine.table.write import FORMATS, to_bytes
from pages.ui import cached, formulas, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain, size

if TYPE_CHECKING:
    import pandas as pd

    from engine.certificate import Certificate
    from engine.results import StoredResult

LARGE = 300_000  # cells of a table from which the check is worth a word on how long it takes


def draw(table: Dataset, run_id: str, result: StoredResult, keys: tuple[str, ...]) -> None:
    """A small window with a choice of format; nothing is checked before it is asked for."""
    with st.popover("Certificate", icon=":material/verified:", key="certificate"):
        st.markdown("Checked on the very bytes: each column’s type, format, keys, range and rules.")
        key = str(
            st.segmented_control(
                "Format",
                keys,
                default=keys[0],
                format_func=lambda k: FORMATS[k].label,
                key="certificate-format",
                required=True,
            )
        )
        if st.button("Check the file", key="certify", type="primary"):
            with st.spinner("Writing the file, and reading it again …"), widgets.told():
                _show(cached.certificate(run_id, key, formulas.choice()), table, key)
        elif result.synthetic.size > LARGE:
            st.caption("Takes some seconds for a table of this size.")


def check(run_id: str, key: str, chosen: str) -> Certificate:
    """Made of the bytes that the download gives, against the real rows of the run."""
    from engine.certificate import Expected, certify

    result = cached.result(run_id)
    schema = cached.jobs().schema(run_id).selected
    protection = cached.jobs().status(run_id).request.protection
    expected = Expected(
        schema,
        cached.real(run_id),
        len(result.synthetic),
        frozenset(result.figures.get("going_on", ())),
        protection.label if protection.how == POOL else None,
        chosen,
    )
    return certify(to_bytes(result.synthetic, schema, key, chosen), key, expected)


def _show(found: Certificate, table: Dataset, key: str) -> None:
    import json

    checks = len(found.table) + sum(len(own) for own in found.columns.values())
    told = f"{count(found.rows, 'row')}, {size(found.size)}."
    if found.failed:
        st.warning(f"{len(found.failed)} of {count(checks, 'check')} failed: {told}", icon=":material/rule:")
    else:
        st.success(f"All {count(checks, 'check')} passed: {told}", icon=":material/verified:")
    st.dataframe(_rows(found), hide_index=True, key="certificate-checks", alt="Every check of the certificate")
    st.caption(f"SHA-256 {plain(found.sha256)}")
    st.download_button(
        "Certificate as JSON",
        data=json.dumps(found.to_json(), ensure_ascii=False, indent=1).encode(),
        file_name=f"{table.title}-synthetic{FORMATS[key].suffix}.certificate.json",
        mime="application/json",
        on_click="ignore",
        key="download-certificate",
    )


def _rows(found: Certificate) -> pd.DataFrame:
    """One line for each check, the failed ones first."""
    import pandas as pd

    every = [("(whole file)", check) for check in found.table]
    every += [(name, check) for name, own in found.columns.items() for check in own]
    every.sort(key=lambda pair: pair[1].passed)
    return pd.DataFrame(
        {
            "Column": [name for name, _ in every],
            "Check": [str(check.what) for _, check in every],
            "Passed": [check.passed for _, check in every],
            "In words": [check.sentence for _, check in every],
        }
    )
