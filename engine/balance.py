"""Rebalancing a target: how many rows each value of one column gets, such as half of each class.

A balance is plain data; it knows how to read itself from text and how many rows that makes. Grammar (as `--balance`
takes it): `col=equal` for equal shares of all values, `col=data` for exactly the shares of the real rows, or
`col=a:70,b:30` for shares of one's own in per cent, which add up to 100. Values that are not listed get no row; an
empty one (`col=:10,a:90`) stands for missing. Quotes are those of `engine.conditions`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from engine import conditions
from engine.conditions import Condition
from engine.errors import ConditionError, SettingsError
from engine.seeds import stream
from engine.table.schema import Column, Kind, Schema

if TYPE_CHECKING:
    from engine.constraints.making import Ruled
    from engine.generators.base import Generator
    from engine.parts import Parts
    from engine.progress import CancelToken, Listener, Progress

MAX_CLASSES = 50  # different values of a column that is rebalanced
KINDS = (Kind.CATEGORICAL, Kind.BOOLEAN, Kind.INTEGER, Kind.DECIMAL)
_ROUNDING = 0.005  # each share may be rounded to a hundredth of a per cent

Rule = Literal["equal", "data"]


@dataclass(frozen=True, slots=True)
class Balance:
    """Shares of the values of one column: by a rule that still needs the values, or as written.

    shares: pairs of a value (canonical; None: missing) and its per cent; empty while there is a `rule`.
    """

    column: str
    rule: Rule | None = None
    shares: tuple[tuple[Any, float], ...] = ()

    def settled(self, cells: pd.Series, column: Column) -> Balance:
        """With the shares that the rule gives on these parsed cells: every value, in order, gaps left out for `equal`.

        Raises ConditionError for a column of many values, and for a value that no cell has.
        """
        known = cells.dropna()
        if self.rule is not None or column.kind.numeric:
            _check_few(self.column, int(known.nunique()))
        if self.rule is None:
            self._check_seen(cells, column)
            return self
        counts = known.value_counts().sort_index()
        found: list[tuple[Any, float]] = [(_plain(value), float(rows)) for value, rows in counts.items()]
        if self.rule == "equal":
            return equal(self.column, [value for value, _ in found])
        gaps = int(cells.isna().sum())
        found += [(None, float(gaps))] if gaps else []
        return Balance(self.column, shares=tuple((value, 100 * rows / len(cells)) for value, rows in found))

    def rows(self, n: int) -> tuple[tuple[Any, int], ...]:
        """How many of `n` rows each value gets: the nearest whole numbers that add up to `n`."""
        counts = apportion(n, [share for _, share in self.shares])
        return tuple((value, count) for (value, _), count in zip(self.shares, counts, strict=True))

    def _check_seen(self, cells: pd.Series, column: Column) -> None:
        for value, share in self.shares:
            if share > 0 and not Condition(self.column, values=(value,)).holds(cells).any():
                raise ConditionError(
                    f"Column “{self.column}” cannot be balanced: no row to learn from has {_shown(value, column)}.",
                    column=self.column,
                )


def equal(column: str, values: Sequence[Any]) -> Balance:
    """The same share for each of these values."""
    _check_few(column, len(values))
    return Balance(column, shares=tuple((value, 100 / len(values)) for value in values))


def _check_few(column: str, values: int) -> None:
    if values > MAX_CLASSES:
        raise ConditionError(
            f"Column “{column}” has {values:,} different values; only one of at most {MAX_CLASSES} can be balanced.",
            column=column,
        )
    if not values:
        raise ConditionError(f"Column “{column}” holds no value, so there is nothing to balance.", column=column)


def _shown(value: Any, column: Column) -> str:
    return "a gap there" if value is None else f"“{conditions.spelled(value, column)}” there"


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def apportion(n: int, shares: Sequence[float]) -> tuple[int, ...]:
    """`n` divided as the shares say, by largest remainders; of equal remainders the earlier one goes first."""
    total = sum(shares)
    quotas = [round(n * share / total, 9) for share in shares]
    counts = [int(quota) for quota in quotas]
    order = sorted(range(len(counts)), key=lambda i: (counts[i] - quotas[i], i))
    for i in order[: n - sum(counts)]:
        counts[i] += 1
    return tuple(counts)


# Text


def parse_balance(text: str, schema: Schema) -> Balance:
    """Read a balance. Raises ConditionError or SettingsError that say which part cannot be understood."""
    try:
        name, operator, rest = conditions.split(text, schema)
    except ConditionError as error:
        if error.column is not None:
            raise
        raise ConditionError(f"“{text}” is no balance. Write it like income=equal or sex=Female:50,Male:50.") from None
    if operator != "=":
        raise ConditionError(f"“{text}”: a balance is written with =, like {name}=equal.", column=name)
    column = _fit(schema[name])
    if rest == "equal":
        return Balance(name, "equal")
    if rest == "data":
        return Balance(name, "data")
    shares = tuple(_share(part, column, text) for part in conditions.divided(rest, ","))
    _check(shares, column)
    return Balance(name, shares=shares)


def _fit(column: Column) -> Column:
    """The column, if its kind can be balanced."""
    if not column.selected:
        raise ConditionError(f"Column “{column.name}” is not among the selected ones.", column=column.name)
    if column.kind not in KINDS:
        raise ConditionError(
            f"Column “{column.name}” is {column.kind} and cannot be balanced; only categories, truth values and "
            "numbers of few different values can.",
            column=column.name,
        )
    return column


def _share(part: str, column: Column, text: str) -> tuple[Any, float]:
    """`value:per cent`. The last colon outside quotes divides."""
    value, colon, percent = part.rpartition(":")
    try:
        share = float(percent.strip().removesuffix("%"))
    except ValueError:
        share = float("nan")
    if not colon or not 0 <= share <= 100:
        raise SettingsError(
            f"“{text}”: “{part.strip()}” is no share. Write each as value:per cent, such as Female:50; "
            'a value with a comma or colon goes in double quotes, such as "a, b":50.',
            column=column.name,
        )
    return conditions.read_value(value, column), share


def _check(shares: Sequence[tuple[Any, float]], column: Column) -> None:
    values = [value for value, _ in shares]
    for value in values:
        if values.count(value) > 1:
            shown = "missing cells" if value is None else f"“{conditions.spelled(value, column)}”"
            raise SettingsError(f"Column “{column.name}”: the share of {shown} is given twice.", column=column.name)
    total = sum(share for _, share in shares)
    if abs(total - 100) > _ROUNDING * len(shares) + 1e-9:
        raise SettingsError(
            f"The shares of column “{column.name}” add up to {total:g}%, not to 100%; a value that is not listed "
            f"gets no row.{_advice(shares, column)}",
            column=column.name,
        )


def _advice(shares: Sequence[tuple[Any, float]], column: Column) -> str:
    if not any(share for _, share in shares):
        return ""
    return f" Scaled, they are {write_shares(scaled(shares), column)}."


def scaled(shares: Sequence[tuple[Any, float]]) -> tuple[tuple[Any, float], ...]:
    """The same shares, adding up to 100 in hundredths."""
    hundredths = apportion(10_000, [share for _, share in shares])
    return tuple((value, part / 100) for (value, _), part in zip(shares, hundredths, strict=True))


def write_shares(shares: Sequence[tuple[Any, float]], column: Column) -> str:
    """The shares as `parse_balance` reads them."""
    return ",".join(f"{conditions.write_value(value, column)}:{share:.10g}" for value, share in shares)


def write_balance(balance: Balance, schema: Schema) -> str:
    """The balance as text that `parse_balance` reads back as the same."""
    column = schema[balance.column]
    return f"{conditions.write_name(column.name)}={balance.rule or write_shares(balance.shares, column)}"


def read_balance(balance: Balance | str | None, schema: Schema, given: Sequence[Condition] = ()) -> Balance | None:
    """A balance from any of the accepted forms, checked against the schema and the other conditions."""
    if not balance:
        return None
    found = parse_balance(balance, schema) if isinstance(balance, str) else balance
    _fit(schema[found.column])
    if any(condition.column == found.column for condition in given):
        raise ConditionError(
            f"Column “{found.column}” is both given and balanced; choose one of the two.", column=found.column
        )
    return found


# Rows


def sample_balanced(
    generator: Generator | Parts | Ruled,
    n: int,
    balance: Balance,
    *,
    seed: int,
    given: Sequence[Condition] = (),
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
) -> pd.DataFrame:
    """Exactly `n` parsed rows in random order, with exactly `balance.rows(n)` of each value.

    Every value is sampled by itself, under the other conditions of `given`. Raises ConditionError, naming the value,
    when the method cannot make such rows, and MethodError when it cannot take given values at all.
    """
    started, done = time.monotonic(), 0
    parts = []
    for value, rows in balance.rows(n):
        if not rows:
            continue
        wanted = (*given, Condition(balance.column, values=(value,)))
        purpose = int(stream(seed, "balance", balance.column, repr(value)).integers(2**63))
        listener = None if progress is None else _Part(progress, done, rows, n, started)
        parts.append(generator.sample(rows, seed=purpose, given=wanted, progress=listener, cancel=cancel))
        done += rows
    if not parts:
        return generator.sample(0, seed=seed, given=given, progress=progress, cancel=cancel)
    order = stream(seed, "balance", "order").permutation(n)
    return pd.concat(parts, ignore_index=True).iloc[order].reset_index(drop=True)


@dataclass(frozen=True, slots=True)
class _Part:
    """Tells the progress of one value's rows as a part of all rows."""

    outer: Listener
    done: int
    rows: int
    total: int
    started: float

    def __call__(self, event: Progress) -> None:
        step = self.done + round(self.rows * event.share)
        seconds = time.monotonic() - self.started
        left = seconds / step * (self.total - step) if step else None
        self.outer(replace(event, step=step, total=self.total, seconds=seconds, seconds_left=left))
