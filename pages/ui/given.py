"""Given values: which columns, and what each has to be in every row; of a table, or of rows from a saved model."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine import conditions
from engine.conditions import Condition
from engine.errors import TwinError
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, state, widgets
from pages.ui.sampled import Source
from pages.ui.words import plain, share

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

LISTED = 2_000  # values offered in a list; further ones are typed
ENDS = ("From", "To")
_BOUND = "This value still counts. Empty: no bound on this side."
_FIRST, _LAST = dt.datetime.min, dt.datetime.max.replace(microsecond=0)
_DECIMALS = 6  # up to which a number's input shows them all
_WITH_DAY = re.compile(r"%-?[dYyjG]|epoch")


def draw(table: Source, schema: Schema, chosen: Mapping[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """The conditions by column as they stand on the page ("" while incomplete), and the problems that were told."""
    names = [c.name for c in schema.modelled if c.kind is not Kind.CONSTANT]
    held = [*chosen, *(name for name in state.value(f"{table.scope}given-columns", ()) if name not in chosen)]
    picked = st.multiselect(
        "Columns with given values",
        [*names, *(name for name in held if name not in names)],
        default=list(chosen),
        key=f"{table.scope}given-columns",
        placeholder="Choose columns",
        select_all=False,
        help="Each gets values or a range that hold in every row, such as ages from 30 on.",
    )
    if not picked:
        return {}, ()
    found: dict[str, str] = {}
    problems: list[str] = []
    with st.grid("auto", min_column_width=260):
        for name in picked:
            with st.container(border=True, gap="small", height="stretch", key=f"{table.scope}given-of-{name}"):
                found[name], problem = _column(table, schema, name, chosen.get(name, ""), names)
            problems += [problem] if problem else []
    if not problems and sum(map(bool, found.values())) > 1:
        _together(table, schema, [text for text in found.values() if text])
    return found, tuple(problems)


def _column(table: Source, schema: Schema, name: str, text: str, names: list[str]) -> tuple[str, str]:
    """One column's inputs; its condition, and what is wrong with it."""
    if name not in names:
        return text or f"{conditions.write_name(name)}=", _gone(schema, name, text)
    column = schema[name]
    before, earlier = _condition(text, schema), text
    st.markdown(f"**{plain(name)}**")
    if column.kind.numeric:
        ask = _dates if column.kind is Kind.DATETIME else _numbers
        low, high = ask(table, column, before)
        text = conditions.write_range(name, low, high, schema) if low or high else ""
    else:
        text, problem = _labels(table, column, before)
        if problem:
            return text, problem
    if not text and earlier and before is None:
        problem = f"“{earlier}” does not fit the column any more; choose anew, or take the column off the list."
        widgets.error_box(problem)
        return earlier, problem
    if not text:
        st.caption("Nothing is given yet: " + ("set a bound." if column.kind.numeric else "choose values."))
        return "", ""
    try:
        _tell_rows(table, conditions.parse_condition(text, schema).holds(cached.cells(table, column)))
    except TwinError as error:
        widgets.error_box(error)
        return text, str(error)
    return text, ""


def _gone(schema: Schema, name: str, text: str) -> str:
    """Why a column that was chosen cannot be given any more."""
    if name not in schema:
        why = "The table has no such column any more."
    elif not schema[name].selected:
        why = "The column is left out of the twin."
    elif schema[name].kind is Kind.CONSTANT:
        why = "The column holds one value only."
    else:
        why = f"The column is made anew ({schema[name].kind}), not learned."
    st.markdown(f"**{plain(name)}**")
    st.warning(f"{why} Take it off the list above, or change the column.", icon=":material/warning:")
    st.caption(f"Was given: {plain(text)}" if text else "Nothing was given yet.")
    return why


def _condition(text: str, schema: Schema) -> Condition | None:
    """What was chosen earlier, in the form that the column's inputs have; None where it does not fit (any more)."""
    try:
        found = conditions.parse_condition(text, schema) if text else None
    except TwinError:
        return None
    if found is None or found.values is None or not schema[found.column].kind.numeric:
        return found
    value = found.values[0] if len(found.values) == 1 else None
    return None if value is None else Condition(found.column, low=value, high=value)


# Inputs by kind


def _labels(table: Source, column: Column, before: Condition | None) -> tuple[str, str]:
    """Several of the column's values; gaps are one of them."""
    known = list(cached.values(table, column))
    held = [] if before is None else [conditions.spelled(value, column) for value in before.values or ()]
    key = f"{table.scope}given-{column.kind}-{column.name}"
    listed = [*known[:LISTED], *([""] if "" in known[LISTED:] else [])]
    picked = st.multiselect(
        f"Values of {plain(column.name)}",
        [*listed, *dict.fromkeys(v for v in (*held, *state.value(key, ())) if v not in listed)],
        default=held,
        key=key,
        format_func=lambda value: gap_name(known) if value == "" else str(value),
        placeholder="Choose values",
        select_all=False,
        label_visibility="collapsed",
        accept_new_options=len(known) > LISTED,
    )
    if len(known) > LISTED:
        st.caption(f"The {LISTED:,} most frequent values are listed; type any other.")
    if not picked:
        return "", ""
    text = f"{conditions.write_name(column.name)}={'|'.join(conditions.quoted(v) if v else '' for v in picked)}"
    strangers = [value for value in picked if value not in known]
    if not strangers:
        return text, ""
    problem = f"Column “{column.name}” has no value “{strangers[0]}” among the {table.rows_are}; take it off the list."
    widgets.error_box(problem)
    return text, problem


def gap_name(values: list[str]) -> str:
    """How a missing cell is called among these values."""
    return "(missing)" if "(missing)" not in values else "(no value)"


def _numbers(table: Source, column: Column, before: Condition | None) -> list[str]:
    """From and to, both optional, both included, as text."""
    ends = _ends(cached.cells(table, column))
    whole = column.kind is Kind.INTEGER
    convert = int if whole else float
    step, form = (1, "%d") if whole else _steps(column, ends)
    found: list[str] = []
    for place, label, bound, end in zip(st.columns(2, gap="small"), ENDS, _bounds(before), ends, strict=True):
        value = place.number_input(
            label,
            value=None,  # an input that begins with a value could not be emptied
            step=step,
            format=form,
            key=state.seed(_key(table, column, label), None if bound is None else convert(bound)),
            placeholder=None if end is None else conditions.spelled(convert(end), column),
            help=_BOUND,
        )
        found.append("" if value is None else conditions.spelled(convert(value), column))
    return found


def _steps(column: Column, ends: tuple[Any, Any]) -> tuple[float | None, str]:
    """Step and format of a decimal input: as many decimals as the column has, steps that suit its range."""
    if column.number is None or column.decimals > _DECIMALS:
        return None, "%g"
    wide = ends[0] is not None and ends[1] - ends[0] > 10
    return 1.0 if wide else 10.0**-column.decimals, f"%.{column.decimals}f"


def _dates(table: Source, column: Column, before: Condition | None) -> list[str]:
    """From and to, both optional, both included, as ISO text: days, moments, or times of day."""
    first, last = (_moment(end) for end in _ends(cached.cells(table, column)))
    held = [_moment(bound) for bound in _bounds(before)]
    known = [moment for moment in (first, last, *held) if moment is not None]
    limits = (min(known), max(known)) if known else (_FIRST, _LAST)
    return [_date(table, label, column, bound, limits) for label, bound in zip(ENDS, held, strict=True)]


def _date(
    table: Source, label: str, column: Column, held: dt.datetime | None, limits: tuple[dt.datetime, dt.datetime]
) -> str:
    """One bound as ISO text, or nothing."""
    key = _key(table, column, label)
    pattern, resolution = (column.date.pattern, column.date.resolution) if column.date else ("%Y", "s")
    if resolution in ("Y", "M", "D"):
        first, last = (limit.date() for limit in limits)
        state.seed(key, held and held.date())
        day = st.date_input(label, None, first, last, key=key, format="YYYY-MM-DD", help=_BOUND)
        return "" if day is None else str(day.isoformat())
    if not _WITH_DAY.search(pattern):
        state.seed(key, held and held.time())
        time = st.time_input(label, None, step=60, key=key, help=_BOUND)
        return "" if time is None else dt.datetime.combine(limits[0].date(), time).isoformat()
    state.seed(key, held)
    moment = st.datetime_input(label, None, *limits, step=60, key=key, format="YYYY-MM-DD", help=_BOUND)
    return "" if moment is None else str(moment.isoformat())


def _key(table: Source, column: Column, label: str) -> str:
    return f"{table.scope}given-{label.lower()}-{column.kind}-{column.name}"


def _bounds(condition: Condition | None) -> tuple[Any, Any]:
    return (None, None) if condition is None else (condition.low, condition.high)


def _ends(cells: pd.Series) -> tuple[Any, Any]:
    """The smallest and the largest value, both None where there is none."""
    known = cells.dropna()
    return (known.min(), known.max()) if len(known) else (None, None)


def _moment(value: Any) -> dt.datetime | None:
    """A date as the clock there shows it; the nearest one that an input can hold."""
    if value is None:
        return None
    here = value.tz_localize(None)
    if here.year < 1 or here.year > 9999:
        return _FIRST if here.year < 1 else _LAST
    moment: dt.datetime = here.to_pydatetime(warn=False)
    return moment


# How many real rows there are of it


def _tell_rows(table: Source, holds: NDArray[np.bool_], of: str = "") -> None:
    rows = int(holds.sum())
    if rows:
        st.caption(f"{of}{rows:,} of {len(holds):,} {table.rows_are} ({share(rows / len(holds))}).")
    else:
        st.warning(f"{of}No {table.row_is} has this, and a method may refuse to make any.", icon=":material/warning:")


def _together(table: Source, schema: Schema, texts: list[str]) -> None:
    """Rows that fulfil all conditions."""
    wanted = conditions.parse_conditions(texts, schema)
    holds = wanted[0].holds(cached.cells(table, schema[wanted[0].column]))
    for condition in wanted[1:]:
        holds = holds & condition.holds(cached.cells(table, schema[condition.column]))
    _tell_rows(table, holds, "All of it together: ")
