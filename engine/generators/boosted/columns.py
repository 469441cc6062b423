"""What is known of one column given the earlier ones: perhaps copies, else its own distribution over cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.generators.boosted.boosting import Boosted
from engine.generators.boosted.drawing import drawn, shared_out
from engine.generators.boosted.halves import Halves
from engine.generators.boosted.view import Features, Term, View
from engine.generators.cells import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

MOST_DECIMALS = 15  # with more, every float64 may occur


class Distribution(Protocol):
    """Chances of a column's cells given the earlier columns of a row."""

    def draw(self, view: View, rng: np.random.Generator) -> Ints: ...
    def draw_within(self, view: View, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]: ...
    def chance(self, view: View, cells: Ints) -> Floats: ...
    def state(self) -> dict[str, Any]: ...


class Steady:
    """The same chances in every row."""

    def __init__(self, share: Floats) -> None:
        self.share = share

    def draw(self, view: View, rng: np.random.Generator) -> Ints:
        return shared_out(self.share, len(view), rng)

    def draw_within(self, view: View, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        own = self.share * weight
        total = float(own.sum())
        return shared_out(own if total > 0 else self.share, len(view), rng), np.full(len(view), total)

    def chance(self, view: View, cells: Ints) -> Floats:
        return self.share[cells]

    def state(self) -> dict[str, Any]:
        return {"share": self.share}


class Choice:
    """Few cells: one boosted softmax. labels: the cells that training met."""

    def __init__(self, size: int, labels: Ints, sources: Ints, boosted: Boosted) -> None:
        self.size, self.labels, self.sources, self.boosted = size, labels, sources, boosted

    def chances(self, view: View) -> Floats:
        """(rows, labels)."""
        return softmax(self.boosted.raw(np.ascontiguousarray(view.features[:, self.sources])))

    def draw(self, view: View, rng: np.random.Generator) -> Ints:
        return self.labels[drawn(self.chances(view), rng)]

    def draw_within(self, view: View, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        chances = self.chances(view) * weight[self.labels]
        total = chances.sum(axis=1)
        return self.labels[drawn(chances + (total <= 0)[:, None], rng)], total

    def chance(self, view: View, cells: Ints) -> Floats:
        place = np.full(self.size, -1, dtype=np.int64)
        place[self.labels] = np.arange(len(self.labels))
        found = place[cells]
        return np.where(found < 0, 0.0, self.chances(view)[np.arange(len(view)), np.maximum(found, 0)])

    def state(self) -> dict[str, Any]:
        return {"size": self.size, "labels": self.labels, "sources": self.sources, "boosted": self.boosted.state()}


class Copying:
    """Whether a number equals an earlier one, or the sum or difference of two.

    Values in `heavy` are common anyway and no sign of copying. Decision 0 is "no copy".
    """

    def __init__(self, terms: list[Term], heavy: Floats, sources: Ints, boosted: Boosted) -> None:
        self.terms, self.heavy, self.sources, self.boosted = terms, heavy, sources, boosted

    def chances(self, view: View, values: Floats, low: float, high: float) -> Floats:
        """(rows, 1 + terms); a value that is common, missing or outside low..high is not copied."""
        chances = softmax(self.boosted.raw(copy_features(view, self.sources, values, self.heavy)))
        barred = np.isin(values, self.heavy) | ~((values >= low) & (values <= high))
        chances[:, 1:] *= ~barred
        chances /= np.maximum(chances.sum(axis=1, keepdims=True), 1e-300)
        return chances

    def state(self) -> dict[str, Any]:
        return {
            "terms": [term.state() for term in self.terms],
            "heavy": self.heavy,
            "sources": self.sources,
            "boosted": self.boosted.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Copying:
        terms = [Term.from_state(term) for term in state["terms"]]
        return cls(terms, state["heavy"], state["sources"], Boosted.from_state(state["boosted"]))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A demand on a column: weights (cells,) of its cells, and perhaps a condition on the values inside them."""

    weight: Floats
    condition: CodeCondition | None = None

    def holds(self, codes: Floats, cells: Cells) -> Mask:
        """(rows,) codes -> which fulfil the demand."""
        fits = self.weight[cells.cell(codes)] > 0
        condition = self.condition
        if condition is None:
            return fits
        if condition.values is not None:
            return fits & (np.isin(codes, condition.values) | (np.isnan(codes) & condition.missing))
        return fits & (codes >= condition.low) & (codes <= condition.high)


class ColumnModel:
    """low, high, decimals: of the column's codes, which copies must keep to. law: fixes the column in every row; a row
    in which it leads out of the observed range cannot be (mass 0)."""

    def __init__(
        self,
        inner: Distribution,
        copying: Copying | None,
        low: float,
        high: float,
        decimals: int,
        law: Term | None = None,
    ) -> None:
        self.inner, self.copying, self.law = inner, copying, law
        self.low, self.high, self.decimals = low, high, decimals

    def draw(self, view: View, cells: Cells, rng: np.random.Generator, wanted: Wanted | None = None) -> Drawn:
        """New codes and cells of the column, and the (rows,) chance that the demand is met."""
        rows = len(view)
        if self.law is not None:
            return self._lawful(view, cells, wanted)
        if self.copying is None:
            return self._plain(view, cells, rng, wanted)
        values = copied_values(self.copying.terms, view.codes, self.decimals)
        chances = self.copying.chances(view, values, self.low, self.high)
        mass = np.ones(rows)
        if wanted is not None:
            inner = self._plain(view, cells, rng, wanted)
            chances[:, 1:] *= np.column_stack([wanted.holds(own, cells) for own in values.T])
            chances[:, 0] *= inner.mass
            mass = chances.sum(axis=1)
        pick = drawn(chances + (chances.sum(axis=1) <= 0)[:, None] * np.eye(1, chances.shape[1]), rng)
        codes, found = np.empty(rows), np.empty(rows, dtype=np.int64)
        own = np.flatnonzero(pick == 0)
        if wanted is None:
            inner = self._plain(view.take(own), cells, rng, None)
            codes[own], found[own] = inner.codes, inner.cells
        else:
            codes[own], found[own] = inner.codes[own], inner.cells[own]
        copied = np.flatnonzero(pick > 0)
        codes[copied] = values[copied, pick[copied] - 1]
        found[copied] = cells.cell(codes[copied])
        return Drawn(codes, found, mass)

    def _lawful(self, view: View, cells: Cells, wanted: Wanted | None) -> Drawn:
        assert self.law is not None
        codes = copied_values([self.law], view.codes, self.decimals)[:, 0]
        fits = np.isnan(codes) | ((codes >= self.low) & (codes <= self.high))
        if wanted is not None:
            fits &= wanted.holds(codes, cells)
        codes = np.clip(codes, self.low, self.high)
        return Drawn(codes, cells.cell(codes), fits.astype(np.float64))

    def _plain(self, view: View, cells: Cells, rng: np.random.Generator, wanted: Wanted | None) -> Drawn:
        if wanted is None:
            found = self.inner.draw(view, rng)
            return Drawn(cells.value(found, rng), found, np.ones(len(view)))
        found, mass = self.inner.draw_within(view, wanted.weight, rng)
        return Drawn(cells.value(found, rng, wanted.condition), found, mass)

    def chance(self, view: View, codes: Floats, found: Ints) -> Floats:
        """(rows,) chance of the row's code, on the column's cells."""
        if self.law is not None:
            lawful = copied_values([self.law], view.codes, self.decimals)[:, 0]
            return np.asarray((lawful == codes) | (np.isnan(lawful) & np.isnan(codes)), dtype=np.float64)
        chance = self.inner.chance(view, found)
        if self.copying is None:
            return chance
        values = copied_values(self.copying.terms, view.codes, self.decimals)
        chances = self.copying.chances(view, values, self.low, self.high)
        return np.asarray(chances[:, 0] * chance + (chances[:, 1:] * (values == codes[:, None])).sum(axis=1))

    def state(self) -> dict[str, Any]:
        return {
            "kind": type(self.inner).__name__,
            "inner": self.inner.state(),
            "copying": None if self.copying is None else self.copying.state(),
            "low": self.low,
            "high": self.high,
            "decimals": self.decimals,
            "law": None if self.law is None else self.law.state(),
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> ColumnModel:
        copying, law = state["copying"], state["law"]
        return cls(
            _INNER[state["kind"]](state["inner"]),
            None if copying is None else Copying.from_state(copying),
            float(state["low"]),
            float(state["high"]),
            int(state["decimals"]),
            None if law is None else Term.from_state(law),
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """codes, cells: (rows,) of one column; mass: (rows,) chance that the demand was met, 1 without one."""

    codes: Floats
    cells: Ints
    mass: Floats


_INNER: dict[str, Callable[[Mapping[str, Any]], Distribution]] = {
    "Steady": lambda state: Steady(state["share"]),
    "Choice": lambda state: Choice(
        int(state["size"]), state["labels"], state["sources"], Boosted.from_state(state["boosted"])
    ),
    "Halves": Halves.from_state,
}


def copied_values(terms: list[Term], codes: Floats, decimals: int) -> Floats:
    """(rows, terms) what would be copied, at the column's decimals."""
    found = np.column_stack([term.value(codes) for term in terms])
    return np.asarray(np.round(found, decimals)) if decimals <= MOST_DECIMALS else found


def copy_features(view: View, sources: Ints, values: Floats, heavy: Floats) -> Features:
    """The earlier columns, and which of the (rows, terms) values are common anyway or missing."""
    common = np.isin(values, heavy) | np.isnan(values)
    return np.hstack([view.features[:, sources], common.astype(np.float32)])


def softmax(raw: Floats) -> Floats:
    """(rows,) log odds of the second class, or (rows, classes) -> (rows, classes) chances."""
    if raw.ndim == 1:
        raw = np.column_stack([np.zeros(len(raw)), raw])
    chances = np.exp(raw - raw.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))
