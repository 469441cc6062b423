"""People drawn from a known population: every call gives fresh ones, and hardly any two are equal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

SCHEMA = Schema(
    (
        Column("key", Kind.IDENTIFIER, pattern="99999"),
        Column("age", Kind.INTEGER, number=NumberFormat()),
        Column("income", Kind.DECIMAL, number=NumberFormat(2)),
        Column("debt", Kind.DECIMAL, number=NumberFormat(2)),
        Column("height", Kind.DECIMAL, number=NumberFormat(2)),
        Column("since", Kind.DATETIME, date=DateFormat("%Y-%m-%d", "D")),
        Column("town", Kind.CATEGORICAL),
        Column("job", Kind.CATEGORICAL),
        Column("member", Kind.BOOLEAN, labels=("no", "yes")),
    ),
    "people",
)


def people(rows: int, seed: int) -> pd.DataFrame:
    """Parsed; numbers with heavy tails that depend on each other and on the town, and gaps in two columns."""
    rng = np.random.default_rng([seed, 99])
    town = np.minimum(rng.geometric(0.25, rows), 12)
    age = rng.integers(18, 90, rows)
    income = rng.lognormal(9 + 0.05 * town, 0.6, rows)
    frame = pd.DataFrame(
        {
            "key": [f"{i:05d}" for i in range(rows)],
            "age": age,
            "income": income.round(2),
            "debt": (income * rng.exponential(0.5, rows)).round(2),
            "height": rng.normal(170, 10, rows).round(2),
            "since": pd.Timestamp("2000-01-01") + pd.to_timedelta(rng.integers(0, 9_000, rows), "D"),
            "town": [f"town {i}" for i in town],
            "job": [f"job {i}" for i in np.minimum(rng.geometric(0.2 + 0.002 * age), 15)],
            "member": rng.random(rows) < 0.3,
        }
    )
    frame.loc[rng.random(rows) < 0.1, "debt"] = np.nan
    frame.loc[rng.random(rows) < 0.05, "job"] = None
    return SCHEMA.parse(frame)
