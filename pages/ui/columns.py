"""The table of columns on the configure page: which to keep, and what each is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import TwinError
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, details, methods, personal, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import plain

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.profile import ColumnProfile, TableProfile

KEEP, NAME, LOOK, KIND, METHOD, SHAPE = "keep", "name", "look", "kind", "method", "shape"
MISSING, DISTINCT, WHY = "missing", "distinct", "why"
ALL_SHOWN = 16  # columns up to which the table shows them all without scrolling
NAMED = 12  # columns that a sentence lists
_KINDS = [str(kind) for kind in Kind]
_LOOKED = "columns-look"  # the click on a row's button


@dataclass(frozen=True, slots=True)
class Edited:
    """The schema with the person's changes, and what is wrong with it."""

    schema: Schema
    problems: tuple[str, ...] = ()


def draw(table: Dataset) -> Edited:
    """The editor; every change is checked against the values at once."""
    key = f"columns-{state.editor_round()}"
    base: Schema = state.opened_with(key, cached.chosen_schema(table))
    frame = st.data_editor(
        _frame(base, cached.profile(table, base)),
        key=key,
        hide_index=True,
        disabled=[NAME, LOOK, SHAPE, MISSING, DISTINCT, WHY],
        column_config=_config(),
        height="content" if len(base) <= ALL_SHOWN else 560,
        alt="The columns of the table: whether to keep each, its kind, and how it is made",
    )
    edited = _apply(table, replace(base, constraints=cached.chosen_schema(table).constraints), frame)
    if not edited.problems and any(a.kind is not b.kind for a, b in zip(edited.schema, base, strict=True)):
        # Another kind has another reason, shape and method: the table of columns shows them as soon as they are known.
        table.save_schema(edited.schema)
        state.renew_editor()
        st.rerun()
    for problem in edited.problems:
        widgets.error_box(problem)
    _tools(table, edited.schema)
    if clicked := state.value(_LOOKED):
        details.show(table, base.names[clicked["row"]])
    return edited


def _frame(schema: Schema, profile: TableProfile) -> pd.DataFrame:
    import pandas as pd

    found = {column.name: column for column in profile.columns}
    return pd.DataFrame(
        {
            KEEP: [column.selected for column in schema],
            NAME: list(schema.names),
            LOOK: [":material/bar_chart:"] * len(schema),
            KIND: [str(column.kind) for column in schema],
            METHOD: [methods.of(column) for column in schema],
            SHAPE: [_shape(found.get(column.name)) for column in schema],
            MISSING: [_missing(found.get(column.name)) for column in schema],
            DISTINCT: [found[column.name].distinct if column.name in found else None for column in schema],
            WHY: [column.reason for column in schema],
        }
    )


def _shape(column: ColumnProfile | None) -> list[int]:
    """Rows per bin or per frequent value, for a small chart in the cell."""
    if column is None:
        return []
    if column.histogram is not None:
        return [int(rows) for rows in column.histogram[1]]
    return [int(rows) for _, rows in column.top[:12]]


def _missing(column: ColumnProfile | None) -> float | None:
    return None if column is None or not column.rows else 100 * column.missing / column.rows


def _config() -> dict[str, Any]:
    config = st.column_config
    return {
        KEEP: config.CheckboxColumn("Keep", help="Only these columns are in the twin.", width=76, pinned=True),
        NAME: config.TextColumn("Column", width=140, pinned=True),
        LOOK: config.ButtonColumn(
            "Details", width=64, type="tertiary", key=_LOOKED, help="Its chart, and all that can be chosen for it."
        ),
        KIND: config.SelectboxColumn(
            "Kind", options=_KINDS, required=True, width=105, help="Decides how a column is learned. Click to correct."
        ),
        METHOD: config.SelectboxColumn(
            "Method",
            options=list(methods.ALL),
            required=True,
            width=155,
            help="Learned together with the others, or on its own. Click to change; details below.",
        ),
        SHAPE: config.BarChartColumn("Values", width=100, y_min=0, help="How often each value or range of values is."),
        MISSING: config.NumberColumn("Missing", format="%.1f%%", width=80),
        DISTINCT: config.NumberColumn("Distinct", format="localized", width=80),
        WHY: config.TextColumn("Why this kind", width="large"),
    }


def _apply(table: Dataset, base: Schema, frame: pd.DataFrame) -> Edited:
    """The base with what the editor now says. A change that does not fit the values is left out, and told."""
    columns: list[Column] = []
    problems: list[str] = []
    for column, keep, kind, method in zip(base, frame[KEEP], frame[KIND], frame[METHOD], strict=True):
        try:
            columns.append(_changed(table, column, bool(keep), Kind(kind), str(method)))
        except TwinError as error:
            columns.append(column)
            problems.append(str(error))
    schema = replace(base, columns=tuple(columns))
    if not len(schema.selected):
        problems.append("Keep at least one column.")
    return Edited(schema, tuple(problems))


def _changed(table: Dataset, column: Column, keep: bool, kind: Kind, method: str) -> Column:
    """Another kind brings its own method along, unless one was chosen with it."""
    found = methods.recast(table, column, kind)
    if method != methods.of(column):
        found = methods.changed(table, found, method)
    return replace(found, selected=keep)


def _tools(table: Dataset, schema: Schema) -> None:
    """Changes of all columns at once, and what is made anew."""
    with st.container(horizontal=True, gap="small"):
        for label, key, columns in (
            ("Keep all", "keep-all", schema.names),
            ("Keep none", "keep-none", ()),
        ):
            st.button(label, key=key, type="tertiary", on_click=_keep, args=(table, schema, columns))
        st.button(
            "Kinds as found",
            key="kinds-found",
            type="tertiary",
            on_click=_keep_found,
            args=(table,),
            help="Takes back every change of kinds and methods.",
        )
        if st.button("Details of a column", key="details", type="tertiary", icon=":material/bar_chart:"):
            details.show(table)
    personal.draw(table, schema, lambda name: details.show(table, name))
    anew = [plain(c.name) for c in schema.selected if not c.kind.modelled and c.kind is not Kind.PERSONAL]
    if anew:
        more = f" and {len(anew) - NAMED:,} more" if len(anew) > NAMED else ""
        st.caption(f"Made anew in the form of the real ones: {', '.join(anew[:NAMED])}{more}.")


@widgets.later
def _keep(table: Dataset, schema: Schema, names: tuple[str, ...]) -> None:
    table.save_schema(replace(schema, columns=tuple(replace(c, selected=c.name in names) for c in schema)))
    state.renew_editor()


@widgets.later
def _keep_found(table: Dataset) -> None:
    found, saved = cached.schema(table), cached.chosen_schema(table)
    table.save_schema(replace(found, constraints=saved.constraints))
    state.renew_editor()
