"""`python -m tests.demands.many_levels METHOD ...`: each method learns a column of 50,000 labels and one of 5,000.

The process may take `MOST` bytes; a table of ones and zeros, a column for each label, would take 26 GB. Prints, for
each method, the bytes estimated beforehand, those taken at the peak, and the rows made.
"""

from __future__ import annotations

import re
import resource
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from engine import estimates, facts
from engine.protection import KEEP, Protection
from engine.run import RunRequest, execute
from engine.table.schema import Column, Kind, NumberFormat, Schema
from tests.contracts.trainings import CHEAP

MOST = 3_000_000_000  # with what is only reserved
ROWS, CODES, SHOPS = 60_000, 50_000, 5_000
SCHEMA = Schema(
    (
        Column("code", Kind.CATEGORICAL),
        Column("shop", Kind.CATEGORICAL),
        Column("x", Kind.DECIMAL, number=NumberFormat(2)),
    )
)


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    code = np.r_[np.arange(CODES), rng.integers(0, CODES, ROWS - CODES)]
    shop = rng.integers(0, SHOPS, ROWS)
    frame = {"code": [f"c{i:05d}" for i in code], "shop": [f"s{i:04d}" for i in shop], "x": rng.normal(size=ROWS)}
    return SCHEMA.parse(pd.DataFrame(frame).round(2))


def peak() -> int:
    """Bytes that this process held at most since `forget`."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return 1024 * int(found.group(1))


def forget() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def main(methods: list[str]) -> None:
    real = table()
    work = facts.look(real, SCHEMA).work
    resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))
    for method in methods:
        request = RunRequest(
            method,
            CHEAP.get(method, {}),
            rows=500,
            figures=method == "marginals",  # measuring takes as much with all of them
            fallback=False,
            protection=Protection(KEEP),
        )
        told = estimates.of_run(request, method, work)
        assert told is not None
        forget()
        made = execute(request, real, SCHEMA).synthetic
        print(method, told.memory, peak(), len(made), made["code"].nunique(), made["code"].isin(real["code"]).all())


if __name__ == "__main__":
    main(sys.argv[1:])
