"""Missing cells of both tables: how many of each column, which are missing together, and how that hangs together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import NotApplicable
from engine.evaluation import correlation
from engine.evaluation.associations import AssociationComparison, AssociationMatrix
from engine.evaluation.base import FloatArray
from engine.evaluation.missing import patterns
from engine.table.schema import Schema

COLUMNS = 16  # columns whose patterns are told apart, those with most gaps
PATTERNS = 15  # listed, the most frequent; the rest is one


@dataclass(frozen=True, slots=True, eq=False)
class MissingComparison:
    """names: (k,) columns in which either table lacks a value; rates: (2, k) missing shares, real and synthetic.

    The patterns are over the columns `among`: holes (p, columns) says which are missing in each; shares: (2, p) of the
    rows; rest: (2,) shares of rows with patterns that are not listed, of which there are `others`. together: the
    correlations between missing and not, of those columns (phi coefficients); None where there is one only.
    """

    names: tuple[str, ...]
    rates: FloatArray
    among: tuple[str, ...]
    holes: NDArray[np.bool_]
    shares: FloatArray
    rest: FloatArray
    others: int
    together: AssociationComparison | None


def compare_missing(real: pd.DataFrame, synthetic: pd.DataFrame, schema: Schema) -> MissingComparison:
    """The missing cells of parsed tables. Raises NotApplicable where no value is missing in either."""
    selected = [c.name for c in schema if c.selected]
    masks = [table[selected].isna().to_numpy() for table in (real, synthetic)]
    rates = np.stack([mask.mean(axis=0) for mask in masks])  # (2, columns)
    gappy = np.flatnonzero((rates > 0).any(axis=0))
    if not len(gappy):
        raise NotApplicable("no value is missing in either table")
    most = np.sort(gappy[np.argsort(-rates[:, gappy].max(axis=0), kind="stable")[:COLUMNS]])
    among = tuple(selected[place] for place in most)
    some = [mask[:, most] for mask in masks]
    holes, shares, rest, others = _patterns(some)
    together = _together(some, among) if len(among) > 1 else None
    names = tuple(selected[place] for place in gappy)
    return MissingComparison(names, rates[:, gappy], among, holes, shares, rest, others, together)


def _patterns(masks: list[NDArray[np.bool_]]) -> tuple[NDArray[np.bool_], FloatArray, FloatArray, int]:
    """The most frequent patterns, by their larger share in either table, the one without gaps first."""
    found, k = patterns(*masks)
    shares = np.stack([np.bincount(side, minlength=k) / len(side) for side in found])  # (2, patterns)
    rows = np.empty(k, dtype=np.intp)  # for each pattern a row that shows it
    rows[np.concatenate(found)] = np.arange(sum(map(len, masks)))
    holes = np.concatenate(masks)[rows]
    order = np.lexsort((np.arange(k), -shares.max(axis=0), holes.any(axis=1)))[:PATTERNS]
    shown = shares[:, order]
    return holes[order], shown, 1.0 - shown.sum(axis=1), k - len(order)


def _together(masks: list[NDArray[np.bool_]], names: tuple[str, ...]) -> AssociationComparison:
    real, synthetic = (_phi(mask, names) for mask in masks)
    return AssociationComparison(real, synthetic)


def _phi(mask: NDArray[np.bool_], names: tuple[str, ...]) -> AssociationMatrix:
    values = correlation.pearson([correlation.scaled(column.astype(np.float64)) for column in mask.T])
    np.fill_diagonal(values, 1.0)
    return AssociationMatrix(names, (True,) * len(names), values)
