"""Small tables for tests of the machinery, with their schema written out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from engine.table.schema import Column, DateFormat, Kind, NumberFormat, Schema

CLUB = Schema(
    (
        Column("member", Kind.IDENTIFIER, pattern="AA-9999"),
        Column("age", Kind.INTEGER, number=NumberFormat()),
        Column("fee", Kind.DECIMAL, number=NumberFormat(2, fixed=True)),
        Column("city", Kind.CATEGORICAL),
        Column("active", Kind.BOOLEAN, labels=("no", "yes")),
        Column("joined", Kind.DATETIME, date=DateFormat("%d.%m.%Y", "D")),
        Column("e-mail", Kind.PERSONAL, provider="email", locale="en_US"),
        Column("country", Kind.CONSTANT, value="NL"),
    ),
    "club",
)


def club(rows: int = 200, seed: int = 0) -> pd.DataFrame:
    """A raw table, every cell a string, with missing cells in three columns. Fees rise with age."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, rows)
    frame = pd.DataFrame(
        {
            "member": [f"AB-{i:04d}" for i in range(rows)],
            "age": age.astype(str),
            "fee": [f"{a / 4 + e:.2f}" for a, e in zip(age, rng.normal(20, 2, rows), strict=True)],
            "city": rng.choice(["Amsterdam", "Utrecht", "Delft"], rows, p=[0.5, 0.3, 0.2]),
            "active": rng.choice(["no", "yes"], rows),
            "joined": [
                f"{d:%d.%m.%Y}" for d in pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, rows), "D")
            ],
            "e-mail": [f"person{i}@club.example" for i in range(rows)],
            "country": "NL",
        },
        dtype="str",
    )
    for name in ("age", "city", "joined"):
        frame.loc[rng.random(rows) < 0.1, name] = None
    return frame
