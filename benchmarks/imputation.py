"""Imputation beside means and modes, and scikit-learn's IterativeImputer, on sample tables with cells removed.

    python benchmarks/imputation.py [--tables census,airbnb] [--rows 10000] [--share 0.2]
        [--methods cascade,forest] [--draws 5]

A share of the cells of categories and numbers is removed at random. *shape* and *trend* compare the filled table with
the whole one, on all cells; *error* looks at removed cells only: absolute error in standard deviations, averaged over
the number columns, and the share of wrong categories, averaged over the category columns. A draw from the right
distribution has a larger error than its mean or mode, whatever draws it; *of draws* therefore sums several fillings up
by their mean and mode, which is what a point estimate is to be compared with.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import pandas as pd

import engine
from engine import samples
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.trends import PairTrends
from engine.table.read import read_table
from engine.table.schema import Kind, Schema

NUMBERS = (Kind.INTEGER, Kind.DECIMAL)


def damaged(table: pd.DataFrame, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table with cells removed, and which were (only cells that had a value)."""
    rng = np.random.default_rng(0)
    gone = pd.DataFrame(rng.random(table.shape) < share, index=table.index, columns=table.columns) & table.notna()
    return table.mask(gone), gone


def plain(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Means and modes."""
    out = table.copy()
    for column in schema:
        own = table[column.name]
        whole = column.kind is Kind.INTEGER
        fill = own.mode().iloc[0] if column.kind not in NUMBERS else round(own.mean()) if whole else own.mean()
        out[column.name] = own.fillna(fill)
    return out


def iterative(table: pd.DataFrame, schema: Schema, posterior: bool) -> pd.DataFrame:
    """scikit-learn's, on numbers and codes of categories, rounded to the nearest code or integer."""
    from sklearn.experimental import enable_iterative_imputer  # noqa: F401
    from sklearn.impute import IterativeImputer

    coded, labels = {}, {}
    for column in schema:
        own = table[column.name]
        if column.kind in NUMBERS:
            coded[column.name] = own.astype("float64")
        else:
            codes, labels[column.name] = pd.factorize(own, sort=True)
            coded[column.name] = pd.Series(codes, index=own.index).astype("float64").mask(codes < 0)
    frame = pd.DataFrame(coded)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells that ten rounds were not enough
        imputer = IterativeImputer(
            sample_posterior=posterior, random_state=0, min_value=frame.min(), max_value=frame.max()
        )
        made = pd.DataFrame(imputer.fit_transform(frame), columns=frame.columns, index=frame.index)
    out = {}
    for column in schema:
        own = made[column.name]
        if column.name in labels:
            own = pd.Series(labels[column.name].take(own.round().astype(int).to_numpy()), index=own.index)
        elif column.kind is Kind.INTEGER:
            own = own.round()
        out[column.name] = own.astype(table[column.name].dtype)
    return pd.DataFrame(out)


def summed(draws: list[pd.DataFrame], schema: Schema) -> pd.DataFrame:
    """Means of numbers and modes of categories over several fillings."""
    out = draws[0].copy()
    for column in schema:
        own = pd.concat([draw[column.name].reset_index(drop=True) for draw in draws], axis=1)
        if column.kind in NUMBERS:
            mean = own.astype("float64").mean(axis=1)
            mean = mean.round() if column.kind is Kind.INTEGER else mean
            out[column.name] = mean.astype(out[column.name].dtype).to_numpy()
        else:
            out[column.name] = own.mode(axis=1)[0].to_numpy()
    return out


def errors(filled: pd.DataFrame, whole: pd.DataFrame, gone: pd.DataFrame, schema: Schema) -> tuple[float, float]:
    """Of numbers in standard deviations, and of categories as the share of wrong ones."""
    numbers, categories = [], []
    for column in schema:
        rows = gone[column.name]
        made, real = filled.loc[rows, column.name], whole.loc[rows, column.name]
        if column.kind in NUMBERS:
            spread = float(whole[column.name].astype("float64").std())
            numbers.append(float((made.astype("float64") - real.astype("float64")).abs().mean()) / spread)
        else:
            categories.append(float((made.astype("str") != real.astype("str")).mean()))
    return float(np.mean(numbers)), float(np.mean(categories))


def line(name: str, filled: pd.DataFrame, whole: pd.DataFrame, gone: pd.DataFrame, schema: Schema, took: float) -> str:
    rng = np.random.default_rng(0)
    shape, trend = (float(m.compute(whole, filled, schema, rng).value) for m in (ColumnShapes(), PairTrends()))
    number, category = errors(filled, whole, gone, schema)
    return f"| {name} | {shape:.3f} | {trend:.3f} | {number:.3f} | {category:.3f} | {took:.0f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", default="census,airbnb")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--share", type=float, default=0.2)
    parser.add_argument("--methods", default="cascade,forest")
    parser.add_argument("--draws", type=int, default=5)
    args = parser.parse_args()
    for key in args.tables.split(","):
        frame = read_table(samples.get(key).path).frame.sample(frac=1, random_state=2).head(args.rows)
        frame = frame.reset_index(drop=True)
        whole_schema = engine.infer_schema(frame)
        kept = [c.name for c in whole_schema if c.kind in (*NUMBERS, Kind.CATEGORICAL, Kind.BOOLEAN)]
        schema = Schema(tuple(column for column in whole_schema if column.name in kept))
        written, whole = frame[kept], schema.parse(frame[kept])
        broken, gone = damaged(whole, args.share)
        text = written.mask(gone)
        print(f"\n{key}, {len(whole):,} x {len(kept)}, {int(gone.to_numpy().sum()):,} cells removed\n")
        print(
            "| filled by | shape | trend | error of numbers | wrong categories | seconds |\n|---|---|---|---|---|---|"
        )
        print(line("means and modes", plain(broken, schema), whole, gone, schema, 0.0), flush=True)
        for posterior in (False, True):
            started = time.monotonic()
            filled = iterative(broken, schema, posterior)
            name = "IterativeImputer" + (", draws" if posterior else "")
            print(line(name, filled, whole, gone, schema, time.monotonic() - started), flush=True)
        for method in args.methods.split(","):
            started = time.monotonic()
            model = engine.Synthesizer(schema, method).fit(text, seed=0)
            draws = [schema.parse(model.impute(text, seed=0))]
            took = time.monotonic() - started
            print(line(method, draws[0], whole, gone, schema, took), flush=True)
            draws += [schema.parse(model.impute(text, seed=seed)) for seed in range(1, args.draws)]
            name = f"{method}, of {args.draws} draws"
            print(line(name, summed(draws, schema), whole, gone, schema, time.monotonic() - started), flush=True)


if __name__ == "__main__":
    main()
