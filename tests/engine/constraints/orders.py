"""A made-up table of orders with a rule of every kind, and some rows that break them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.table.schema import Column, Constraint, DateFormat, Kind, NumberFormat, Schema

MONEY = NumberFormat(2, fixed=True)
CITIES = {"Springfield": ("IL", "MO"), "Chicago": ("IL",), "Columbia": ("MO", "SC"), "Reno": ("NV",), "Sparks": ("NV",)}
GRADES = ("low", "medium", "high", "top")

COLUMNS = (
    Column("key", Kind.IDENTIFIER, pattern="A999999"),
    Column("start", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D")),
    Column("end", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D")),
    Column("net", Kind.DECIMAL, number=MONEY),
    Column("tax", Kind.DECIMAL, number=MONEY),
    Column("gross", Kind.DECIMAL, number=MONEY),
    Column("city", Kind.CATEGORICAL),
    Column("state", Kind.CATEGORICAL),
    Column("grade", Kind.CATEGORICAL),
    Column("level", Kind.INTEGER, number=NumberFormat()),
    Column("visit", Kind.INTEGER, number=NumberFormat()),
    Column("score", Kind.DECIMAL, number=NumberFormat(1)),
    Column("rank", Kind.INTEGER, number=NumberFormat()),
    Column("code", Kind.CATEGORICAL),
    Column("age", Kind.INTEGER, number=NumberFormat()),
    Column("income", Kind.INTEGER, number=NumberFormat()),
)
RULES = (
    Constraint("range", ("age",), {"low": 0, "high": 99}),
    Constraint("order", ("start", "end")),
    Constraint("sum", ("net", "tax", "gross")),
    Constraint("unique", ("rank",)),
    Constraint("combinations", ("city", "state")),
    Constraint("one_to_one", ("grade", "level")),
    Constraint("null_together", ("visit", "score")),
    Constraint("pattern", ("code",), {"regex": "[A-Z]{2}-[0-9]{2}"}),
    Constraint("expression", ("age", "income"), {"text": "if age < 18 then income = 0"}),
)
SCHEMA = Schema(COLUMNS, "orders", RULES)


def orders(rows: int, seed: int = 0) -> pd.DataFrame:
    """A parsed table that keeps all rules."""
    rng = np.random.default_rng(seed)
    start = np.datetime64("2022-01-01") + rng.integers(0, 700, rows).astype("m8[D]")
    net = np.round(rng.gamma(2.0, 40.0, rows), 2)
    tax = np.round(net * rng.choice([0.05, 0.19], rows), 2)
    city = rng.choice(list(CITIES), rows, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    state = [rng.choice(CITIES[name]) for name in city]
    level = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    gap = rng.random(rows) < 0.3
    age = rng.integers(3, 90, rows)
    income = np.where(age < 18, 0, np.round(rng.lognormal(10, 0.5, rows), -2)).astype(int)
    codes = [f"{a}{b}-{n}" for a in "AB" for b in "XY" for n in (10, 20, 35)]
    frame = pd.DataFrame(
        {
            "key": [f"K{n:06d}" for n in rng.permutation(rows)],
            "start": start,
            "end": start + rng.geometric(0.1, rows).astype("m8[D]") - np.timedelta64(1, "D"),
            "net": net,
            "tax": tax,
            "gross": np.round(net + tax, 2),
            "city": city,
            "state": state,
            "grade": np.array(GRADES)[level],
            "level": level + 1,
            "visit": pd.array(np.where(gap, None, rng.integers(1, 9, rows)), dtype="Int64"),
            "score": np.where(gap, np.nan, np.round(rng.normal(5, 1, rows), 1)),
            "rank": rng.permutation(rows * 20)[:rows] + 1,
            "code": rng.choice(codes, rows),
            "age": age,
            "income": income,
        }
    )
    return SCHEMA.parse(frame)


def broken(table: pd.DataFrame) -> pd.DataFrame:
    """A copy in which rows 0 to 8 each break one rule, in the order of `RULES`."""
    bad = table.copy()
    bad.loc[0, "age"] = -1
    bad.loc[1, ["start", "end"]] = [pd.Timestamp("2023-05-02"), pd.Timestamp("2023-05-01")]
    bad.loc[2, "gross"] = 9_999.0
    bad.loc[3, "rank"] = bad.loc[0, "rank"]
    bad.loc[4, ["city", "state"]] = ["Reno", "SC"]
    bad.loc[5, ["grade", "level"]] = ["low", 4]
    bad.loc[6, ["visit", "score"]] = [pd.NA, 5.0]
    bad.loc[7, "code"] = "a-1"
    bad.loc[8, ["age", "income"]] = [10, 500]
    return bad
