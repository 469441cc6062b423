"""What advice and estimates go by: plain facts of a table, computed from it in a moment.

The same table gives the same facts: where only a part of the rows is looked at, it is every so-manieth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from engine.generators.costs import Work
from engine.table.schema import Column, Kind, Schema

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FAR = 10.0  # an extreme value this many standard deviations from the mean speaks of a heavy tail
TIED = 0.4  # share of a column's entropy, told by one other column, from which the two hang closely together
_FEWEST, _ROWS = 50, 5_000  # rows by which pairs of columns are compared
_COLUMNS = 100  # columns among which close ties are sought: the first so many
_BINS, _TOP = 10, 12  # a number's ranges and a category's commonest values there


@dataclass(frozen=True, slots=True)
class Facts:
    """A table's columns that are learned together. `missing`, and all below, are None and empty where only the schema
    is known.

    missing: share of missing cells; heavy_tails, multimodal: numbers with values far out, with several clear peaks;
    sequential, cyclical: numbers that go on from one moment to the next, that come round, where a date gives each row
    its place in an even series; tied: columns that another one tells closely.
    """

    work: Work
    missing: float | None = None
    heavy_tails: tuple[str, ...] = ()
    multimodal: tuple[str, ...] = ()
    sequential: tuple[str, ...] = ()
    cyclical: tuple[str, ...] = ()
    tied: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return self.work.rows

    @property
    def columns(self) -> int:
        return self.work.columns

    @property
    def structured(self) -> bool:
        """Whether at least half of the columns are told closely by another one."""
        return self.columns >= 4 and 2 * len(self.tied) >= self.columns

    def to_json(self) -> dict[str, Any]:
        facts = asdict(self)
        del facts["work"]
        return {"rows": self.rows, "columns": self.columns, "structured": self.structured, **facts}


def bare(schema: Schema, rows: int) -> Facts:
    """What a schema and a number of rows tell."""
    numbers = sum(c.kind.numeric for c in schema.joint)
    return Facts(Work.uncounted(rows, numbers, len(schema.joint) - numbers))


def look(table: pd.DataFrame, schema: Schema) -> Facts:
    """The facts of a parsed table, whole or only of the columns that are learned together."""
    columns = list(schema.joint)
    counted = [(c, int(table[c.name].nunique())) for c in columns]
    work = Work(
        len(table),
        tuple(count for c, count in counted if c.kind.numeric),
        tuple(count for c, count in counted if not c.kind.numeric),
        len(table),
    )
    if not columns or not len(table):
        return Facts(work)
    numbers = {c.name: _floats(table[c.name]) for c in columns if c.kind.numeric}
    measures = {c.name: numbers[c.name] for c in columns if c.kind in (Kind.INTEGER, Kind.DECIMAL)}
    sequential, cyclical = _series([numbers[c.name] for c in columns if c.kind is Kind.DATETIME], measures)
    return Facts(
        work,
        missing=float(sum(table[c.name].isna().sum() for c in columns) / (len(table) * len(columns))),
        heavy_tails=tuple(name for name, values in measures.items() if _heavy_tailed(values)),
        multimodal=_multimodal(measures),
        sequential=sequential,
        cyclical=cyclical,
        tied=_tied(table, columns, numbers),
    )


def _floats(values: pd.Series) -> Floats:
    """Numbers as they are, dates as seconds; NaN where missing or infinite."""
    import numpy as np

    if values.dtype.kind == "M":
        found = values.to_numpy(dtype="M8[us]").astype(np.int64) / 1e6
        return np.where(values.isna().to_numpy(), np.nan, found)
    found = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def _heavy_tailed(values: Floats) -> bool:
    """Whether the extreme values lie so far out that a bell shape would never make them."""
    import numpy as np

    known = values[~np.isnan(values)]
    if len(known) < 2:
        return False
    unit = float(np.abs(known).max()) or 1.0  # squares of huge numbers have no float
    known = known / unit
    spread = float(known.std(ddof=1))
    return spread > 0 and float(np.abs(known - known.mean()).max()) / spread > FAR


def _multimodal(measures: dict[str, Floats]) -> tuple[str, ...]:
    import numpy as np

    from engine.statistics.modes import peaks

    return tuple(name for name, values in measures.items() if peaks(values[~np.isnan(values)]) > 1)


def _series(dates: Sequence[Floats], measures: dict[str, Floats]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Numbers that go on, and that come round, in the order of the first date that gives the rows an even one."""
    from engine.statistics import series

    for moments in dates:
        order = series.even_order(moments)
        if order is not None:
            ordered = {name: values[order] for name, values in measures.items()}
            return (
                tuple(name for name, values in ordered.items() if series.goes_on(values)),
                tuple(name for name, values in ordered.items() if series.period(values) is not None),
            )
    return (), ()


def _tied(table: pd.DataFrame, columns: Sequence[Column], numbers: dict[str, Floats]) -> tuple[str, ...]:
    """Columns that one other tells closely, by `_ROWS` of the rows."""
    from engine.statistics.dependence import told_by_another

    if len(table) < _FEWEST:
        return ()
    columns = columns[:_COLUMNS]
    step = -(-len(table) // _ROWS)
    codes = [
        _ranges(numbers[c.name][::step]) if c.kind.numeric else _commonest(table[c.name].iloc[::step]) for c in columns
    ]
    shares = told_by_another(codes, [int(own.max()) + 1 for own in codes])
    return tuple(c.name for c, share in zip(columns, shares.tolist(), strict=True) if share >= TIED)


def _ranges(values: Floats) -> Ints:
    """Each value's tenth of the known ones, gaps as a range of their own."""
    import numpy as np

    known = values[~np.isnan(values)]
    if not len(known):
        return np.zeros(len(values), np.int64)
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS))
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))


def _commonest(values: pd.Series) -> Ints:
    """The commonest values by number, all others together, gaps apart."""
    import numpy as np

    codes, distinct = values.factorize()
    counts = np.bincount(codes[codes >= 0], minlength=len(distinct))
    rank = np.empty(len(distinct) + 1, np.int64)
    rank[np.argsort(-counts, kind="stable")] = np.minimum(np.arange(len(distinct)), _TOP)
    rank[-1] = _TOP + 1  # code -1: missing
    return np.asarray(rank[codes])
