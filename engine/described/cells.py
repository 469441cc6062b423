"""A description as a row of text cells, for an editor of columns, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.described.describing import PATTERN, SEQUENCE, refuse
from engine.errors import SchemaError
from engine.fakers.pools import OTHERS, PEOPLE
from engine.statistics.families import FAMILIES
from engine.table.schema import Column, DateFormat, Description, Kind, NumberFormat, Schema

NAME, KIND, CONTENT, PARAMETERS, LOW, HIGH = "name", "kind", "content", "parameters", "low", "high"
LABELS, MISSING, UNIQUE, FORM = "labels", "missing", "unique", "form"
CELLS = (NAME, KIND, CONTENT, PARAMETERS, LOW, HIGH, LABELS, MISSING, UNIQUE, FORM)
DISTRIBUTIONS = (*FAMILIES, SEQUENCE)
CONTENTS = (*DISTRIBUTIONS, *PEOPLE, *OTHERS)  # how values are spread, or what a personal column holds

_RESOLUTIONS = (("f", "us"), ("S", "s"), ("M", "m"), ("H", "h"), ("I", "h"), ("d", "D"), ("m", "M"), ("b", "M"))

EXAMPLE = Schema(
    (
        Column("customer", Kind.IDENTIFIER, pattern="AA-9999"),
        Column("name", Kind.PERSONAL, provider="name"),
        Column("email", Kind.PERSONAL, provider="email"),
        Column("city", Kind.PERSONAL, provider="city"),
        Column("age", Kind.INTEGER, description=Description("normal", (44, 15), low="18", high="95")),
        Column(
            "segment", Kind.CATEGORICAL, description=Description(labels=("basic", "plus", "pro"), weights=(6, 3, 1))
        ),
        Column("joined", Kind.DATETIME, description=Description(low="2020-01-01", high="2024-12-31")),
        Column("spent", Kind.DECIMAL, description=Description("lognormal", (4, 0.8), missing=0.05)),
        Column("active", Kind.BOOLEAN, labels=("no", "yes"), description=Description(weights=(1, 3))),
    ),
    "customers",
)


def cells_of(column: Column) -> dict[str, object]:
    """The row that stands for a column; text in all cells but missing (per cent) and unique (truth value)."""
    told = column.description or Description()
    content = str(column.provider or "name") if column.kind is Kind.PERSONAL else told.distribution
    labels = told.labels
    if column.kind is Kind.BOOLEAN:
        labels = column.labels or labels or (("false", "true") if told.weights else ())
    if column.kind is Kind.CONSTANT:
        labels = () if column.value is None else (column.value,)
    weights = told.weights or (None,) * len(labels)
    return {
        NAME: column.name,
        KIND: str(column.kind),
        CONTENT: content or None,
        PARAMETERS: ", ".join(f"{p:g}" for p in told.parameters),
        LOW: told.low or "",
        HIGH: told.high or "",
        LABELS: ", ".join(_label(label, weight) for label, weight in zip(labels, weights, strict=True)),
        MISSING: 100 * told.missing,
        UNIQUE: told.unique,
        FORM: _form(column),
    }


def _label(label: str, weight: float | None) -> str:
    quoted = '"' + label.replace('"', '""') + '"' if any(c in label for c in ',:"') else label
    return quoted if weight is None else f"{quoted}: {weight:g}"


def _form(column: Column) -> str:
    if column.kind is Kind.IDENTIFIER:
        return column.pattern or ""
    if column.kind is Kind.DATETIME:
        return column.date.pattern if column.date else ""
    if column.kind is Kind.DECIMAL:
        return str(column.number.decimals) if column.number else ""
    return column.locale or "" if column.kind in (Kind.PERSONAL, Kind.TEXT) else ""


def column_of(cells: Mapping[str, object], base: Column | None = None) -> Column:
    """The column that a row stands for. base: the column that the row was made from, whose formats go on.

    Raises SchemaError, with the column, for a cell that cannot be read.
    """
    name = _text(cells, NAME)
    if not name:
        raise SchemaError("A column needs a name.")
    kind = Kind(_text(cells, KIND) or Kind.TEXT)
    column = replace(base, name=name) if base is not None and base.kind is kind else Column(name, kind)
    content = _text(cells, CONTENT)
    labels, weights = _labels(_text(cells, LABELS), column)
    told = Description(
        distribution=content if kind is not Kind.PERSONAL else "",
        parameters=_numbers(_text(cells, PARAMETERS), column),
        low=_text(cells, LOW) or None,
        high=_text(cells, HIGH) or None,
        labels=labels,
        weights=weights,
        missing=_share(cells.get(MISSING), column),
        unique=cells.get(UNIQUE) is True or str(cells.get(UNIQUE)) == "True",
    )
    if kind is Kind.PERSONAL:
        column = replace(column, provider=content or "name")
    if kind is Kind.BOOLEAN and len(labels) == 2:
        column, told = replace(column, labels=(labels[0], labels[1])), replace(told, labels=())
    if kind is Kind.CONSTANT and len(labels) == 1:
        column, told = replace(column, value=labels[0]), replace(told, labels=(), weights=())
    return replace(_formed(column, _text(cells, FORM)), description=told)


def _formed(column: Column, form: str) -> Column:
    """The column with what the cell of its form says; empty: the default."""
    if form == _form(column):
        return column
    if column.kind is Kind.IDENTIFIER:
        return replace(column, pattern=form or PATTERN)
    if column.kind is Kind.DATETIME:
        return replace(column, date=DateFormat(form, resolution_of(form)) if form else None)
    if column.kind is Kind.DECIMAL:
        if form and not (form.isdecimal() and int(form) <= 12):
            refuse(column, f"the form of a decimal is its number of decimals, 0 to 12, not “{form}”")
        return replace(column, number=NumberFormat(int(form)) if form else None)
    if column.kind in (Kind.PERSONAL, Kind.TEXT):
        return replace(column, locale=form or None)
    refuse(column, f"a column of kind {column.kind} has no form; leave the cell empty")


def resolution_of(pattern: str) -> str:
    """The finest unit that a pattern of dates writes."""
    return next((unit for mark, unit in _RESOLUTIONS if f"%{mark}" in pattern.replace("%-", "%")), "Y")


def _text(cells: Mapping[str, object], key: str) -> str:
    """A cell without blanks around it; what an editor leaves empty may be None or not a number."""
    value = cells.get(key)
    return "" if value is None or value != value else str(value).strip()


def _share(value: object, column: Column) -> float:
    if value is None or value != value or value == "":
        return 0.0
    try:
        return float(str(value)) / 100
    except ValueError:
        refuse(column, f"“{value}” is no share of missing cells in per cent")


def _numbers(text: str, column: Column) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.replace(";", ",").split(",") if part.strip())
    except ValueError:
        refuse(column, f"“{text}” are no parameters; write numbers with commas between them, such as 50, 4.5")


def _labels(text: str, column: Column) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Labels with commas between them, all with a weight behind a colon or none; quoted where they hold such marks."""
    if not text:
        return (), ()
    parts = list(_parts(text))
    weights = [weight for _, weight in parts]
    labels = tuple(label for label, _ in parts)
    if all(weight is None for weight in weights):
        return labels, ()
    try:
        return labels, tuple(float(weight) for weight in weights if weight is not None or refuse(column, _UNEVEN))
    except ValueError:
        refuse(column, "a weight behind a colon must be a number, such as basic: 6")


_UNEVEN = "give all labels a weight behind a colon, or none"


def _parts(text: str) -> list[tuple[str, str | None]]:
    """(label, weight) of a list; marks inside double quotes belong to the label, "" is one quote."""
    found: list[tuple[str, str | None]] = []
    pieces = [""]
    quoted = False
    for char in [*text, ","]:
        if char == '"':
            pieces[-1] += char
            quoted = not quoted
        elif char == "," and not quoted:
            label = _bare(pieces[0])
            if label or len(pieces) > 1:
                found.append((label, pieces[1].strip() if len(pieces) > 1 else None))
            pieces = [""]
        elif char == ":" and not quoted and len(pieces) == 1:
            pieces.append("")
        else:
            pieces[-1] += char
    return found


def _bare(label: str) -> str:
    label = label.strip()
    if len(label) > 1 and label[0] == label[-1] == '"':
        return label[1:-1].replace('""', '"')
    return label
