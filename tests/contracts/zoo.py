"""Awkward tables, each with its schema written out, that every generator must take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema


@dataclass(frozen=True)
class Animal:
    """One table of the zoo, parsed."""

    name: str
    table: pd.DataFrame
    schema: Schema


def integer(name: str) -> Column:
    return Column(name, Kind.INTEGER, number=NumberFormat())


def decimal(name: str, decimals: int) -> Column:
    return Column(name, Kind.DECIMAL, number=NumberFormat(decimals))


def category(name: str) -> Column:
    return Column(name, Kind.CATEGORICAL)


def boolean(name: str) -> Column:
    return Column(name, Kind.BOOLEAN, labels=("no", "yes"))


def date(name: str, resolution: str = "D", timezone: str | None = None) -> Column:
    return Column(name, Kind.DATETIME, date=DateFormat("%Y-%m-%d", resolution, timezone))


def constant(name: str, value: str | None) -> Column:
    return Column(name, Kind.CONSTANT, value=value)


def dates(days: np.ndarray, unit: str = "D") -> pd.Series:
    return pd.Series(days.astype(np.int64).astype(f"M8[{unit}]").astype("M8[us]"))


def _animal(name: str, *columns: tuple[Column, object]) -> Animal:
    from engine.table.schema import CANONICAL_DTYPES

    table = pd.DataFrame(
        {
            column.name: values
            if isinstance(values, pd.Series)
            else pd.Series(values, dtype=CANONICAL_DTYPES[column.kind])
            for column, values in columns
        }
    )
    return Animal(name, table, Schema(tuple(column for column, _ in columns), name))


def _gappy(values: pd.Series, missing: np.ndarray) -> pd.Series:
    return values.mask(pd.Series(missing))


def mixed(rows: int = 400) -> Animal:
    """Every kind; income rises with age, the city depends on it; three columns have gaps, two of them the same."""
    rng = np.random.default_rng(1)
    age = rng.integers(18, 80, rows)
    income = np.round(age * 30 + rng.normal(0, 200, rows), 2)
    city = np.where(age > 50, "Zürich", rng.choice(["Genève", "Bern"], rows))
    seen = dates(18_000 + age * 10 + rng.integers(0, 100, rows))
    gap, other = rng.random(rows) < 0.2, rng.random(rows) < 0.1
    return _animal(
        "mixed",
        (integer("age"), age),
        (decimal("income", 2), _gappy(pd.Series(income), gap)),
        (category("city"), pd.Series(city, dtype="str")),
        (boolean("active"), _gappy(pd.Series(age > 40, dtype="boolean"), other)),
        (date("seen"), _gappy(seen, gap)),
        (constant("country", "CH"), ["CH"] * rows),
    )


def _independent() -> Animal:
    rng = np.random.default_rng(2)
    rows = 1500
    return _animal(
        "independent",
        (decimal("x", 3), np.round(rng.normal(10, 2, rows), 3)),
        (decimal("y", 3), np.round(rng.exponential(5, rows), 3)),
        (category("k"), rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])),
        (integer("count"), rng.poisson(3, rows)),
    )


def _two_rows() -> Animal:
    return _animal(
        "two rows",
        (integer("n"), [3, 7]),
        (decimal("d", 1), [0.5, None]),
        (category("c"), ["a", "b"]),
        (date("t"), dates(np.array([0, 10]))),
    )


def _one_column() -> Animal:
    return _animal("one column", (integer("only"), np.arange(60) % 7))


def _empty_columns() -> Animal:
    rows = 30
    return _animal(
        "empty columns",
        (integer("i"), [None] * rows),
        (decimal("d", 2), [None] * rows),
        (category("c"), [None] * rows),
        (boolean("b"), [None] * rows),
        (date("t"), pd.Series([pd.NaT] * rows, dtype="datetime64[us]")),
        (constant("k", None), [None] * rows),
        (integer("known"), np.arange(rows) % 5),
    )


def _constants() -> Animal:
    rows = 25
    return _animal(
        "constants",
        (integer("i"), [42] * rows),
        (decimal("d", 1), [1.5] * rows),
        (category("c"), ["same"] * rows),
        (boolean("b"), [True] * rows),
        (date("t"), dates(np.full(rows, 100))),
        (constant("k", "k"), ["k"] * rows),
    )


def _sizes() -> Animal:
    rng = np.random.default_rng(3)
    rows = 80
    return _animal(
        "huge and tiny",
        (decimal("huge", 17), rng.normal(0, 1e300, rows)),
        (decimal("tiny", 17), rng.exponential(1e-300, rows)),
        (decimal("wide", 17), np.exp(rng.normal(0, 40, rows))),
        (integer("long"), 2**60 + rng.integers(0, 10**6, rows)),
        (integer("widest"), rng.integers(-(2**62), 2**62, rows)),
        (decimal("negative", 0), -rng.integers(1, 1000, rows).astype(float)),
    )


def _many_levels() -> Animal:
    rng = np.random.default_rng(4)
    rows = 600
    number = rng.integers(0, 250, rows)
    return _animal(
        "many levels",
        (category("shop"), pd.Series([f"shop {i:03d}" for i in number], dtype="str")),
        (decimal("turnover", 1), np.round(number * 2 + rng.normal(0, 20, rows), 1)),
        (category("size"), np.where(number > 120, "large", "small")),
        (category("rare"), np.where(np.arange(rows) == 5, "once", "often")),
    )


def _zones() -> Animal:
    rng = np.random.default_rng(5)
    rows = 120
    day = dates(19_000 + rng.integers(0, 400, rows)).dt.tz_localize("Europe/Berlin")
    second = (
        dates(1_700_000_000 + rng.integers(0, 10**7, rows), "s").dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata")
    )
    return _animal(
        "time zones",
        (date("day", "D", "Europe/Berlin"), day),
        (date("second", "s", "Asia/Kolkata"), _gappy(second, rng.random(rows) < 0.3)),
        (date("month", "M"), dates(rng.integers(0, 600, rows), "M")),
        (date("year", "Y"), dates(rng.integers(-20, 50, rows), "Y")),
        (date("microsecond", "us"), dates(rng.integers(0, 10**15, rows), "us")),
    )


def _names() -> Animal:
    rng = np.random.default_rng(6)
    rows = 50
    return _animal(
        "names",
        (integer("Größe (m²)"), rng.integers(0, 9, rows)),
        (category("🦊"), rng.choice(["<b>bold</b>", "a|b", "", "日本", "x" * 300, "_RARE_", "_MISSING_"], rows)),
        (decimal("a=b..c", 1), np.round(rng.random(rows), 1)),
        (boolean(" "), rng.choice([True, False], rows)),
    )


def _gaps() -> Animal:
    """Gaps that hang together: c only where a; b exactly where a; d on its own."""
    rng = np.random.default_rng(7)
    rows = 800
    a = rng.random(rows) < 0.3
    c = a & (rng.random(rows) < 0.5)
    return _animal(
        "gaps",
        (decimal("a", 2), _gappy(pd.Series(np.round(rng.normal(0, 1, rows), 2)), a)),
        (category("b"), _gappy(pd.Series(rng.choice(["u", "v"], rows), dtype="str"), a)),
        (integer("c"), _gappy(pd.Series(rng.integers(0, 100, rows), dtype="Int64"), c)),
        (boolean("d"), _gappy(pd.Series(rng.random(rows) < 0.7, dtype="boolean"), rng.random(rows) < 0.05)),
    )


def _skewed() -> Animal:
    """Nine in ten amounts are zero; a discount copies one of four values; times pile up at full hours."""
    rng = np.random.default_rng(8)
    rows = 700
    amount = np.where(rng.random(rows) < 0.9, 0, np.round(rng.lognormal(8, 1, rows), 2))
    return _animal(
        "skewed",
        (decimal("amount", 2), amount),
        (decimal("discount", 2), rng.choice([0.0, 0.05, 0.1, 0.25], rows)),
        (date("time", "m"), dates(28_000_000 + 60 * rng.integers(0, 500, rows) + 7 * (rng.random(rows) < 0.2), "m")),
    )


BUILDERS: tuple[Callable[[], Animal], ...] = (
    mixed, _independent, _two_rows, _one_column, _empty_columns, _constants, _sizes, _many_levels, _zones, _names,
    _gaps, _skewed,
)  # fmt: skip
ZOO: dict[str, Animal] = {animal.name: animal for animal in (build() for build in BUILDERS)}
