"""Rebalancing: one column, and how the rows are shared out among its values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine.balance import KINDS, MAX_CLASSES, apportion, scaled
from engine.table.schema import Kind, Schema
from pages.ui import cached, state
from pages.ui.choices import DATA, EQUAL, OWN
from pages.ui.given import gap_name
from pages.ui.sampled import Sampled, Source
from pages.ui.words import plain

FEW = 20  # different values up to which a column of numbers is offered
PRESETS = {EQUAL: "Equal shares", DATA: "As in the data", OWN: "Own shares"}


def draw(
    table: Source, schema: Schema, chosen: Mapping[str, Any], rows: int, distinct: Mapping[str, int]
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The balance as it stands on the page (empty: none), and the problems that were told.

    rows: to make; distinct: values of each column.
    """
    names = [c.name for c in schema.modelled if c.kind in KINDS and _few(c.kind, distinct.get(c.name, 0))]
    held = state.value(state.seed(f"{table.scope}balance-column", chosen.get("column")))
    name = st.selectbox(
        "Column to rebalance",
        [*names, *([held] if held is not None and held not in names else [])],
        index=None,
        key=f"{table.scope}balance-column",
        placeholder="None",
        width=420,
        help=f"Categories and truth values of up to {MAX_CLASSES} different values, numbers of up to {FEW}.",
    )
    if name is None:
        return {}, ()
    if name not in names:
        return {"column": name, "preset": EQUAL, "own": {}}, (_gone(schema, name),)
    before = chosen if chosen.get("column") == name else {}
    preset = st.segmented_control(
        "Shares",
        [EQUAL, OWN] if isinstance(table, Sampled) else list(PRESETS),
        format_func=PRESETS.__getitem__,
        default=before.get("preset", EQUAL),
        key=f"{table.scope}balance-preset",
        required=True,
        help="As in the data: exactly the real shares. Own shares: each in per cent of the rows.",
    )
    known = cached.values(table, schema[name])
    own = dict(before.get("own") or {})
    if preset == OWN:
        own = _own(table, name, known, own)
    problem = _sum(table, name, own) if preset == OWN else ""
    if not problem:
        _preview(table, known, _shares(known, str(preset), own), rows)
    return {"column": name, "preset": preset, "own": own}, (problem,) if problem else ()


def _few(kind: Kind, values: int) -> bool:
    return 1 < values <= (FEW if kind.numeric else MAX_CLASSES)


def _gone(schema: Schema, name: str) -> str:
    """Why a column that was chosen cannot be rebalanced any more."""
    if name not in schema:
        why = "The table has no such column any more."
    elif not schema[name].selected:
        why = "The column is left out of the twin."
    else:
        why = f"The column is {schema[name].kind} now, and not of a few values."
    st.warning(f"{why} Choose another one, or none.", icon=":material/warning:")
    return why


def _shares(known: Mapping[str, int], preset: str, own: Mapping[str, float]) -> dict[str, float]:
    """Per cent by value; gaps have no part in equal shares."""
    if preset == OWN:
        return dict(own)
    if preset == DATA:
        return {value: 100 * rows / sum(known.values()) for value, rows in known.items()}
    values = [value for value in known if value != ""]
    return {value: 100 / len(values) for value in values}


# Shares of one's own


def _own(table: Source, name: str, known: Mapping[str, int], before: Mapping[str, float]) -> dict[str, float]:
    """An input for each value, at first as in the data."""
    at_first = dict(scaled([(value, float(rows)) for value, rows in known.items()]))
    found: dict[str, float] = {}
    with st.grid("auto", min_column_width=150):
        for value in known:
            found[value] = st.number_input(
                plain(value) if value else gap_name(list(known)),
                min_value=0.0,
                max_value=100.0,
                step=1.0,
                format="%g",
                key=state.seed(
                    _key(table, name, value), float(before.get(value, at_first[value] if not before else 0.0))
                ),
            )
    return found


def _key(table: Source, name: str, value: str) -> str:
    return f"{table.scope}share-{name}-{value}"


def _sum(table: Source, name: str, own: Mapping[str, float]) -> str:
    """Tells what the shares add up to where it is not 100, and offers to mend it."""
    total = sum(own.values())
    if abs(total - 100) < 0.005 * len(own) + 1e-9:
        return ""
    problem = f"The shares add up to {total:g}%, not to 100%."
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.error(problem, icon=":material/error:")
        if total > 0:
            st.button("Scale to 100%", key=f"{table.scope}scale-shares", on_click=_scale, args=(table, name, own))
    return problem


def _scale(table: Source, name: str, own: Mapping[str, float]) -> None:
    for value, percent in scaled(tuple(own.items())):
        state.put(_key(table, name, value), percent)


def _preview(table: Source, known: Mapping[str, int], shares: Mapping[str, float], rows: int) -> None:
    """What becomes of it: each value's share of the real rows (or of the saved sample), and its rows in the twin."""
    import pandas as pd

    made = dict(zip(shares, apportion(rows, list(shares.values())), strict=True))
    total = sum(known.values())
    before = "Sample" if isinstance(table, Sampled) else "Real"
    frame = pd.DataFrame(
        {
            "Value": [value or gap_name(list(known)) for value in known],
            before: [100 * count / total for count in known.values()],
            "Twin": [100 * made.get(value, 0) / max(rows, 1) for value in known],
            "Rows": [made.get(value, 0) for value in known],
        }
    )
    percent = st.column_config.NumberColumn(format="%.1f%%")
    st.dataframe(
        frame,
        hide_index=True,
        key=f"{table.scope}balance-rows",
        width=420,
        column_config={before: percent, "Twin": percent, "Rows": st.column_config.NumberColumn(format="localized")},
        alt=f"Each value’s share of the {table.rows_are} and of the twin",
    )
