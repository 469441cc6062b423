"""What a described column stands for: defaults, checks, and what is taken over from a table that was read."""

from __future__ import annotations

from dataclasses import replace
from typing import NoReturn

from engine.errors import SchemaError
from engine.table.schema import Column, DateFormat, Description, Kind, NumberFormat, Schema

SEQUENCE = "sequence"  # beside the families: start at `low`, a step as the one parameter
LABELS = ("A", "B", "C")
PATTERN = "99999999"
DECIMALS = 2
_TRUTH = ("false", "true")
_DEFAULTS = {
    Kind.INTEGER: ("0", "100"),
    Kind.DECIMAL: ("0", "100"),
    Kind.DATETIME: ("2020-01-01", "2024-12-31"),
    Kind.TEXT: ("20", "120"),
}
_CHOOSING = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME, Kind.CATEGORICAL)  # kinds that may be one of several labels
_SPREAD = (Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME)  # kinds with a distribution
_BOUNDED = (*_SPREAD, Kind.TEXT)


def complete(schema: Schema) -> Schema:
    """The schema with everything written out that its kinds alone leave open, such as formats and default bounds.

    Raises SchemaError, with the column, for a description that does not hold together (see `check`).
    """
    made = replace(schema, columns=tuple(_complete(column) for column in schema))
    check(made)
    return made


def _complete(column: Column) -> Column:
    told = _as_told(column)
    kind = column.kind
    bare = not (told.distribution or told.parameters or told.low or told.high or told.labels)
    if kind in _DEFAULTS and (bare or (kind is Kind.TEXT and not (told.low or told.high))):
        told = replace(told, low=_DEFAULTS[kind][0], high=_DEFAULTS[kind][1])
    changes: dict[str, object] = {"description": told}
    if kind is Kind.CATEGORICAL and not told.labels:
        told = replace(told, labels=column.levels or LABELS)
        changes["description"] = told
    if kind is Kind.INTEGER and column.number is None:
        changes["number"] = NumberFormat()
    if kind is Kind.DECIMAL and column.number is None:
        changes["number"] = NumberFormat(DECIMALS)
    if kind is Kind.DATETIME and column.date is None:
        changes["date"] = DateFormat()
    if kind is Kind.BOOLEAN and column.labels is None:
        changes["labels"] = (told.labels[0], told.labels[1]) if len(told.labels) == 2 else _TRUTH
    if kind is Kind.IDENTIFIER and column.pattern is None and told.distribution != SEQUENCE:
        changes["pattern"] = PATTERN
    if kind is Kind.CONSTANT and column.value is None and told.labels:
        changes["value"] = told.labels[0]
    return replace(column, **changes)  # type: ignore[arg-type]


def _as_told(column: Column) -> Description:
    """The description with text and numbers where these belong: a JSON file may say "low": 0."""
    told = column.description or Description()
    low, high = (None if bound is None else str(bound) for bound in (told.low, told.high))
    try:
        parameters, weights = (tuple(float(v) for v in part) for part in (told.parameters, told.weights))
        missing = float(told.missing)
    except (TypeError, ValueError):
        refuse(column, "parameters, weights and the missing share must be numbers")
    labels = tuple(str(label) for label in told.labels)
    return replace(told, low=low, high=high, parameters=parameters, weights=weights, missing=missing, labels=labels)


def start(schema: Schema) -> Schema:
    """Kinds and formats of a table that was read, to describe it further. No value of the table goes over.

    Kept: names and order of the columns, kinds, number and date formats, the words of truth values, providers, locales,
    patterns of keys, the word for missing cells, which columns are selected. Left: labels, the values of constants,
    rules (their bounds are real values), and every choice of how a column is learned.
    """
    columns = tuple(
        Column(
            c.name,
            c.kind,
            selected=c.selected,
            number=c.number,
            date=c.date,
            labels=c.labels,
            provider=c.provider,
            locale=c.locale,
            pattern=c.pattern,
            missing_tokens=c.missing_tokens[:1],
        )
        for c in schema
    )
    return Schema(columns, schema.name)


def check(schema: Schema, rows: int | None = None) -> None:
    """Raises SchemaError with the first column whose description cannot be fulfilled, in `rows` rows if given."""
    from engine.described import kinds

    if not len(schema.selected):
        raise SchemaError("Describe at least one column.")
    for column in schema.selected:
        _check(column)
        kinds.check(column, rows)


def _check(column: Column) -> None:
    """What can be said of a description without reading its values."""
    told = column.description or Description()
    kind = column.kind
    if not column.name.strip():
        raise SchemaError("A column needs a name.")
    if not 0 <= told.missing <= 1:
        refuse(column, f"the missing share must lie between 0 and 1, not {told.missing:g}")
    if told.distribution and kind not in _SPREAD and not (kind is Kind.IDENTIFIER and told.distribution == SEQUENCE):
        refuse(column, f"a column of kind {kind} has no distribution “{told.distribution}”")
    if told.parameters and not told.distribution:
        refuse(column, "parameters need a distribution")
    if told.labels and kind not in (*_CHOOSING, Kind.BOOLEAN, Kind.CONSTANT):
        refuse(column, f"a column of kind {kind} is not one of several labels")
    if told.labels and told.distribution:
        refuse(column, "give either labels or a distribution, not both")
    if (told.low or told.high) and kind not in _BOUNDED and told.distribution != SEQUENCE:
        refuse(column, f"a column of kind {kind} has no bounds")
    if told.labels and (told.low or told.high):
        refuse(column, "give either labels or bounds, not both")
    if len(set(told.labels)) < len(told.labels):
        refuse(column, "a label is named twice")
    _check_weights(column, told)


def _check_weights(column: Column, told: Description) -> None:
    many = 2 if column.kind is Kind.BOOLEAN else len(told.labels)
    if column.kind is Kind.BOOLEAN and told.labels and len(told.labels) != 2:
        refuse(column, "a truth value has two labels, for false and for true")
    if not told.weights:
        return
    if len(told.weights) != many:
        refuse(column, f"{len(told.weights)} weights do not fit {many} labels")
    if min(told.weights) < 0 or not 0 < sum(told.weights) < float("inf"):
        refuse(column, "weights must be 0 or more, and one of them more than 0")


def refuse(column: Column, why: str) -> NoReturn:
    """Raises SchemaError that names the column."""
    raise SchemaError(f"Column “{column.name}”: {why}.", column=column.name)
