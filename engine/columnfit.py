"""One real column before training: its shape, and how well each family of distributions fits it.

What is told of families is what the method "marginals" does with the column (see `engine.generators.marginals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.numeric import NumericCodec
from engine.codecs.table import make_codec
from engine.errors import NotApplicable
from engine.evaluation.distributions import ColumnComparison, compare_column
from engine.generators.marginals import EMPIRICAL, FAMILY_KEYS, no_family, summarised, without_spikes
from engine.table.schema import Column, Kind

if TYPE_CHECKING:
    from engine.statistics.fitting import Fitted

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FamilyFit:
    """One family fitted to a column without its spikes.

    distance: Kolmogorov-Smirnov, 0 to 1, lower is better; limit: up to which it is good enough; expected: (bins,) share
    of the rows in each bin of the column's histogram, spikes and missing cells counted in.
    """

    key: str
    label: str
    parameters: Mapping[str, float]
    distance: float
    limit: float
    expected: tuple[float, ...]

    @property
    def good(self) -> bool:
        return self.distance <= self.limit


@dataclass(frozen=True, slots=True)
class ColumnFits:
    """All families that can hold a column's values, the best by Akaike's criterion first.

    chosen: what is drawn from where the person chooses nothing: a family's key, or "empirical" for the observed
    distribution; reason: why, as half a sentence; spikes: how many values are kept apart, since many rows share them.
    """

    families: tuple[FamilyFit, ...]
    chosen: str
    reason: str
    spikes: int = 0

    def of(self, key: str) -> FamilyFit | None:
        """The fit of a family, None where it cannot hold the values."""
        return next((fit for fit in self.families if fit.key == key), None)


def shape(values: pd.Series, column: Column) -> ColumnComparison:
    """A parsed column as charts draw it, beside itself. Raises NotApplicable where nothing of it can be drawn.

    Columns that are made anew are drawn by their most frequent values.
    """
    drawn = column if column.kind.numeric or column.kind is Kind.BOOLEAN else Column(column.name, Kind.CATEGORICAL)
    return compare_column(values, values, drawn)


def fits(values: pd.Series, column: Column) -> ColumnFits:
    """How well each family fits a parsed column of numbers or dates. Raises NotApplicable for other columns."""
    if not column.kind.numeric:
        raise NotApplicable("only numbers and dates have a distribution to choose", column=column.name)
    codec = make_codec(column).fit(values)
    assert isinstance(codec, NumericCodec)
    codes = codec.encode(values)
    known = codes[~np.isnan(codes)]
    if why := no_family(codec, known, forced=True) if len(known) else "it is empty":
        return ColumnFits((), EMPIRICAL, why)
    ranked, spikes, masses = _ranked(codec, known)
    if not ranked:
        return ColumnFits((), EMPIRICAL, "no family can hold its values")
    bins = _Bins.of(codec, values, column)
    found = tuple(_told(fit, limit, bins.expected(fit, spikes, masses)) for fit, limit in ranked)
    chosen, reason = _choice(codec, known, found[0])
    return ColumnFits(found, chosen, reason, len(spikes))


def _choice(codec: NumericCodec, known: Floats, best: FamilyFit) -> tuple[str, str]:
    """What the method takes by itself."""
    if why := no_family(codec, known):
        return EMPIRICAL, why
    measured = f"distance {best.distance:.3f}, limit {best.limit:.3f}"
    if best.good:
        return best.key, f"{best.label} fits well ({measured})"
    return EMPIRICAL, f"no family fits well enough; the best is {best.label} ({measured})"


def _ranked(codec: NumericCodec, known: Floats) -> tuple[list[tuple[Fitted, float]], Floats, Floats]:
    """Families with their distances and limits, the best first; spikes and their shares of the known rows."""
    from engine.statistics import fitting

    spikes, masses, rest = without_spikes(known)
    distinct, counts = np.unique(rest, return_counts=True)
    ranked = fitting.best_family(rest, summarised(codec, rest), keys=FAMILY_KEYS)
    return (
        [
            (
                replace(fit, distance=fitting.distance_from(fit, distinct, counts)),
                fitting.limit(len(rest), parameters=len(fit.family.parameters)),
            )
            for fit in ranked
        ],
        spikes,
        masses,
    )


def _told(fit: Fitted, limit: float, expected: Floats) -> FamilyFit:
    parameters = dict(zip(fit.family.parameters, fit.parameters.tolist(), strict=True))
    shares = tuple(expected.tolist())
    return FamilyFit(fit.family.key, fit.family.label, parameters, fit.distance, limit, shares)


@dataclass(frozen=True)
class _Bins:
    """The histogram's bins in codes.

    below: (edges,) the greatest code below each edge; atoms: codes that the histogram leaves out; known: share of the
    rows that have a value.
    """

    below: Floats
    atoms: Floats
    known: float
    open_low: bool
    open_high: bool

    @classmethod
    def of(cls, codec: NumericCodec, values: pd.Series, column: Column) -> _Bins:
        drawn = shape(values, column)
        zone = values.dtype.tz if isinstance(values.dtype, pd.DatetimeTZDtype) else None
        below = np.array([_below(codec, edge, zone) for edge in drawn.edges])
        atoms = np.array([codec.place(atom)[0] for atom in drawn.atoms])
        return cls(below, atoms, float(values.notna().mean()), drawn.open_low, drawn.open_high)

    def expected(self, fit: Fitted, spikes: Floats, masses: Floats) -> Floats:
        """(bins,) share of all rows that a family with its spikes puts into each bin."""
        rest = 1.0 - float(masses.sum())

        def up_to(codes: Floats) -> Floats:
            spiked = [float(masses[spikes <= code].sum()) for code in codes.tolist()]
            return np.asarray(rest * fit.cdf(codes) + np.array(spiked))

        ends = up_to(self.below)
        ends[0] = 0.0 if self.open_low else ends[0]
        ends[-1] = 1.0 if self.open_high else ends[-1]
        shares = np.diff(ends)
        points = (
            up_to(self.atoms) - up_to(self.atoms - fit.sample.step) if fit.sample.step else self._of(spikes, masses)
        )
        for atom, point in zip(self.atoms.tolist(), points.tolist(), strict=True):
            place = int(np.searchsorted(self.below, atom)) - 1
            if 0 <= place < len(shares):
                shares[place] -= point
        return np.maximum(shares, 0.0) * self.known

    def _of(self, spikes: Floats, masses: Floats) -> Floats:
        """(atoms,) share of the known rows that have each atom, where single values have no other."""
        return np.array([float(masses[spikes == atom].sum()) for atom in self.atoms.tolist()])


def _below(codec: NumericCodec, edge: float, zone: Any) -> float:
    """The greatest code of a value below an edge of the histogram."""
    value: Any = edge
    if codec.column.kind is Kind.DATETIME:
        value = pd.Timestamp(int(edge), unit="us")
        value = value if zone is None else value.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
    code, exact = codec.place(value)
    return code - codec.step if exact else code
