"""The certificate of a download: what was checked on its very bytes, ticked column by column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JobError
from engine.protection import POOL
from engine.table.write import FORMATS, to_bytes
from pages.ui import cached, formulas, widgets
from pages.ui.words import count, plain, size

if TYPE_CHECKING:
    import pandas as pd

    from engine.certificate import Certificate, Expected
    from engine.table.schema import Schema

TABLES = ("csv", "xlsx", "parquet", "json")  # formats that are offered, the first one first
LARGE = 300_000  # cells of a table from which the check is worth a word on how long it takes


def draw(stem: str, cells: int, check: Callable[[str], Certificate], prefix: str = "") -> None:
    """A small window with a choice of format; nothing is checked before it is asked for.

    stem: of the file's name; cells: of the table; check: of a format's key, the certificate; prefix: of all keys here.
    """
    with st.popover("Certificate", icon=":material/verified:", key=f"{prefix}certificate"):
        st.markdown("Checked on the very bytes: each column’s type, format, keys, range and rules.")
        key = str(
            st.segmented_control(
                "Format",
                TABLES,
                default=TABLES[0],
                format_func=lambda k: FORMATS[k].label,
                key=f"{prefix}certificate-format",
                required=True,
            )
        )
        if st.button("Check the file", key=f"{prefix}certify", type="primary"):
            with st.spinner("Writing the file, and reading it again …"), widgets.told():
                _show(check(key), stem, key)
        elif cells > LARGE:
            st.caption("Takes some seconds for a table of this size.")


def of_run(run_id: str) -> Callable[[str], Certificate]:
    """Of a run's download, by format."""
    return lambda key: cached.certificate(run_id, key, formulas.choice())


def kept(identity: str, table: pd.DataFrame, schema: Schema, run: str) -> Callable[[str], Certificate]:
    """Of a table of the library, by format. run: that it came from, with the real table if that is still here."""
    return lambda key: cached.kept_certificate(identity, key, formulas.choice(), table, schema, run)


def check_kept(table: pd.DataFrame, schema: Schema, key: str, chosen: str, run: str) -> Certificate:
    """As `check`, for a table that outlives its run."""
    from engine.certificate import Expected, certify

    try:
        expected = replace(_expected(run, chosen), rows=len(table))
    except JobError:
        expected = Expected(schema.selected, None, len(table), formulas=chosen)
    return certify(to_bytes(table, schema.selected, key, chosen), key, expected)


def check(run_id: str, key: str, chosen: str) -> Certificate:
    """Made of the bytes that the download gives, against the real rows of the run."""
    from engine.certificate import certify

    expected = _expected(run_id, chosen)
    return certify(to_bytes(cached.result(run_id).synthetic, expected.schema, key, chosen), key, expected)


def _expected(run_id: str, chosen: str) -> Expected:
    """What the files of a run should be like. Raises JobError where its real table is not here."""
    from engine.certificate import Expected

    now, result = cached.jobs().status(run_id), cached.result(run_id)
    if not now.trains:
        raise JobError("This run made rows from a kept model; the table that was learned is not in it.")
    protection = now.request.protection
    return Expected(
        cached.jobs().schema(run_id).selected,
        cached.real(run_id),
        len(result.synthetic),
        frozenset(result.figures.get("going_on", ())),
        protection.label if protection.how == POOL else None,
        chosen,
    )


def _show(found: Certificate, stem: str, key: str) -> None:
    import json

    checks = len(found.table) + sum(len(own) for own in found.columns.values())
    told = f"{count(found.rows, 'row')}, {size(found.size)}."
    if found.failed:
        st.warning(f"{len(found.failed)} of {count(checks, 'check')} failed: {told}", icon=":material/rule:")
    else:
        st.success(f"All {count(checks, 'check')} passed: {told}", icon=":material/verified:")
    if not found.compared:
        st.caption("The real table is not on this server any more: what needs it, such as ranges, was not checked.")
    st.dataframe(_rows(found), hide_index=True, key="certificate-checks", alt="Every check of the certificate")
    st.caption(f"SHA-256 {plain(found.sha256)}")
    st.download_button(
        "Certificate as JSON",
        data=json.dumps(found.to_json(), ensure_ascii=False, indent=1).encode(),
        file_name=f"{stem}{FORMATS[key].suffix}.certificate.json",
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
