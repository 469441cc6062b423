"""All about one column in a dialog: its chart, its kind with the reason, and everything that can be chosen for it.

Each choice is kept at once, as everywhere on the page; what cannot be is told, and stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.errors import NotApplicable, TwinError
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, closeup, methods, portrayed, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import plain

COLUMN = "detail-column"
_PROBLEM = "detail-problem"
_KINDS = [str(kind) for kind in Kind]
_TEXTS = {"own": "From the column's own words", "faker": "Made-up sentences"}
_MARKS = "A stands for a capital letter, a for a small one, 9 for a digit, * for any of them; all else stays."


def show(table: Dataset, name: str | None = None) -> None:
    """Open the dialog, at a column. The page is drawn anew when it is closed."""
    if name is not None:
        state.put(COLUMN, name)

    _dialog(table)


@st.dialog("One column", width="medium", on_dismiss="rerun")
def _dialog(table: Dataset) -> None:
    body(table)


def body(table: Dataset) -> None:
    """What the dialog holds."""
    schema = cached.chosen_schema(table)
    names = list(schema.names)
    name = str(st.selectbox("Column", names, key=state.seed_within(COLUMN, names)))
    column = schema[name]
    with st.grid(2, min_column_width=220):
        _choice(table, column, "Kind", "kind", _KINDS, str(column.kind), _to_kind)
        _choice(table, column, "Method", "method", list(methods.offered(column.kind)), methods.of(column), _to_method)
    st.caption(plain(f"{_reason(column)}{methods.MEANINGS[methods.of(column)]}"))
    if not column.selected:
        st.info("This column is left out of the twin.", icon=":material/visibility_off:")
    if problem := state.take(_PROBLEM):
        widgets.error_box(problem)
    _specific(table, schema, column)


def _reason(column: Column) -> str:
    reason = column.reason
    return f"{reason[:1].upper()}{reason[1:].rstrip('.')}. " if reason else ""


def _specific(table: Dataset, schema: Schema, column: Column) -> None:
    """The chart, and what goes with the kind."""
    try:
        if column.kind is Kind.CONSTANT:
            _constant(table, column)
        elif column.kind is Kind.PERSONAL:
            _personal(table, column)
        elif column.kind is Kind.IDENTIFIER:
            _identifier(table, column)
        elif column.kind is Kind.TEXT:
            _text(table, column)
        else:
            _learned(table, schema, column)
    except TwinError as error:
        widgets.error_box(error)


# Changing


def _key(what: str, column: Column) -> str:
    return f"detail-{what}-{column.name}"


def _choice(
    table: Dataset,
    column: Column,
    label: str,
    what: str,
    options: list[Any],
    current: Any,
    change: Callable[[Dataset, Column, Any], Column],
    **how: Any,
) -> None:
    """One of several, as the schema has it; a new one is kept at once."""
    key = _key(what, column)
    state.put(key, current)
    st.selectbox(label, options, key=key, on_change=_keep, args=(table, column.name, key, change), **how)


@widgets.later
def _keep(table: Dataset, name: str, key: str, change: Callable[[Dataset, Column, Any], Column]) -> None:
    """Change the column by what a widget now holds; runs before the dialog is drawn again."""
    schema = cached.chosen_schema(table)
    try:
        changed = change(table, schema[name], state.value(key))
        cached.cells(table, changed)
    except TwinError as error:
        state.put(_PROBLEM, str(error))
        return
    table.save_schema(replace(schema, columns=tuple(changed if c.name == name else c for c in schema)))
    state.renew_editor()


def _to_kind(table: Dataset, column: Column, kind: str) -> Column:
    return methods.recast(table, column, Kind(kind))


def _to_method(table: Dataset, column: Column, wanted: str) -> Column:
    return methods.changed(table, column, wanted)


def _by_you(column: Column, **changes: Any) -> Column:
    return replace(column, chosen=True, confidence=1.0, reason="chosen by you", **changes)


# Learned columns


def _learned(table: Dataset, schema: Schema, column: Column) -> None:
    if column.method == methods.MARGINALS and column.kind.numeric:
        found = closeup.fits(table, column)
        options = portrayed.distributions(found, column.distribution)
        _choice(
            table,
            column,
            "Distribution",
            "distribution",
            list(options),
            column.distribution,
            lambda _, before, wanted: replace(before, distribution=wanted),
            format_func=options.__getitem__,
        )
    try:
        portrayed.chart(table, column)
    except NotApplicable as error:
        st.caption(f"No chart: {plain(str(error))}.")
    if column.kind in (Kind.INTEGER, Kind.DECIMAL):
        portrayed.in_time(table, schema, column)
    if column.method == methods.PATTERN:
        _take_along(table, schema, column)


def _take_along(table: Dataset, schema: Schema, column: Column) -> None:
    """Columns in time follow a date only where it is one of them."""
    dates = [c for c in schema.selected if c.kind is Kind.DATETIME]
    if column.kind is Kind.DATETIME or any(c.method == methods.PATTERN for c in dates):
        return
    if not dates:
        st.info("The table has no date: rows are taken in their order.", icon=":material/schedule:")
        return
    date = dates[0].name
    st.info(
        f"Without a date beside it, rows are taken in their order. Take {plain(date)} along, so that both move "
        "together.",
        icon=":material/schedule:",
    )
    st.button(f"Take {plain(date)} along", key="take-along", on_click=_take, args=(table, date))


@widgets.later
def _take(table: Dataset, name: str) -> None:
    schema = cached.chosen_schema(table)
    columns = tuple(replace(c, method=methods.PATTERN) if c.name == name else c for c in schema)
    table.save_schema(replace(schema, columns=columns))
    state.renew_editor()


# Columns that are made anew


def made_up(column: Column) -> str:
    """What is made up for a personal column, in a few words."""
    what = closeup.providers().get(column.provider or "name", str(column.provider))
    how = ", each real value its own" if column.pseudonym else ""
    return f"{what}, {column.locale or 'en_US'}{how}"


def _personal(table: Dataset, column: Column) -> None:
    providers = closeup.providers()
    provider, locale = column.provider or "name", column.locale or "en_US"
    with st.grid(2, min_column_width=220):
        _choice(
            table,
            column,
            "What is made up",
            "provider",
            list(dict.fromkeys([*providers, provider])),
            provider,
            lambda _, before, wanted: _by_you(before, provider=wanted),
            format_func=lambda key: providers.get(key, key),
        )
        _choice(
            table,
            column,
            "Language and country",
            "locale",
            list(dict.fromkeys([*closeup.locales(), locale])),
            locale,
            lambda _, before, wanted: _by_you(before, locale=wanted),
        )
    key = _key("pseudonym", column)
    state.put(key, column.pseudonym)
    st.toggle(
        "Same person, same pseudonym",
        key=key,
        on_change=_keep,
        args=(table, column.name, key, lambda _, before, wanted: replace(before, pseudonym=bool(wanted))),
        help="Each real value gets one made-up value that stands for it wherever it appears, so that rows of the same "
        "person stay together. Without it, every row is somebody new.",
    )
    _made(table, column)


def _identifier(table: Dataset, column: Column) -> None:
    found = cached.schema(table)[column.name].pattern or ""
    key = _key("pattern", column)
    state.put(key, column.pattern or "")
    st.text_input(
        "Pattern",
        key=key,
        placeholder=found or "as the real keys",
        on_change=_keep,
        args=(table, column.name, key, _to_pattern),
        help=f"{_MARKS} Empty: in the form of the real keys.",
    )
    _made(table, column)


def _to_pattern(table: Dataset, column: Column, pattern: str) -> Column:
    if pattern.strip():
        return _by_you(column, pattern=pattern.strip())
    found = cached.schema(table)[column.name]
    return found if found.kind is column.kind else replace(column, pattern=None)


def _text(table: Dataset, column: Column) -> None:
    key = _key("text", column)
    state.put(key, column.text)
    st.radio(
        "Where new texts come from",
        list(_TEXTS),
        key=key,
        format_func=_TEXTS.__getitem__,
        captions=[
            "Words that several of the texts share, in an order that they make likely; never a whole real sentence.",
            "Sentences without any of the column's words, about as long.",
        ],
        on_change=_keep,
        args=(table, column.name, key, lambda _, before, wanted: replace(before, text=wanted)),
    )
    _made(table, column)


def _constant(table: Dataset, column: Column) -> None:
    key = _key("value", column)
    state.put(key, column.value or "")
    st.text_input(
        "Value",
        key=key,
        on_change=_keep,
        args=(table, column.name, key, lambda of, before, wanted: closeup.fixed(of, before, wanted)),
        help="Stands in every row of the twin, whatever the real table holds.",
    )


def _made(table: Dataset, column: Column) -> None:
    """Values as the twin will have them."""
    with st.spinner("Making examples …"):
        found = closeup.examples(table, column)
    if found:  # as code: Markdown would make links of addresses
        shown = (" ".join(value.replace("`", "'").split()) for value in found)
        st.caption(f"In the twin, for example: {', '.join(f'`{value}`' for value in shown)}")
