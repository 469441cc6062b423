"""The privacy meter is tested before anything is measured with it: tables whose risk is known are handed to it.

    python benchmarks/acceptance.py DATA [--seeds 5] [--fresh 50] [--json FIGURES.json]

DATA needs at least 15,000 rows. Of each seed 5,000 rows are trained on (2,500 members among them), 2,500 are controls
and 2,500 the reference; the synthetic table is made of 5,000 further real rows, changed as each case says. Prints a
Markdown table; exit status 1 when a case is not as it must be. Takes some minutes of one core.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import itertools

import numpy as np
import pandas as pd

from engine.evaluation.columns import comparable, numbers
from engine.privacy import Audit, AuditSplit, Questions, audit
from engine.privacy.encoding import encode
from engine.privacy.nearest import nearest
from engine.table.schema import Kind, Schema

PLAIN = Questions(shares=(), resamples=100)  # intervals are not shown


@dataclass(frozen=True)
class Experiment:
    """A real table with its split, and fresh real rows that an honest synthetic table is made of."""

    table: pd.DataFrame
    split: AuditSplit
    fresh: pd.DataFrame
    schema: Schema
    seed: int

    @classmethod
    def of(cls, rows: pd.DataFrame, schema: Schema, size: int, seed: int) -> Experiment:
        """From parsed rows: `size` are trained on, half of them members; of controls and reference as many as members.

        Needs three times `size` rows.
        """
        rng = np.random.default_rng([seed, 1])
        rows = rows.iloc[rng.permutation(len(rows))[: 3 * size]].reset_index(drop=True)
        coins = rng.permutation(size) < size // 2  # exactly half, so that figures are comparable between seeds
        members, controls = np.flatnonzero(coins), np.flatnonzero(~coins)
        others = np.arange(size, 2 * size)
        trained, reference = others[: size // 2], others[size // 2 :]
        train = np.sort(np.concatenate([members, trained]))
        split = AuditSplit(train, members, controls, reference, np.arange(2 * size))
        return cls(rows.iloc[: 2 * size], split, rows.iloc[2 * size :].reset_index(drop=True), schema, seed)

    @property
    def trained(self) -> pd.DataFrame:
        return self.table.iloc[self.split.train]

    def audited(self, synthetic: pd.DataFrame, questions: Questions = PLAIN) -> Audit:
        return audit(self.table, [(self.split, synthetic)], self.schema, seed=self.seed, questions=questions)

    def mixed(self, copies: pd.DataFrame) -> pd.DataFrame:
        """The fresh rows, as many of them replaced by `copies`."""
        size = len(self.split.train)
        return pd.concat([copies, self.fresh.iloc[len(copies) : size]], ignore_index=True)

    def drawn(self, share: float) -> pd.DataFrame:
        """A random share of the training rows; of members exactly as many in a hundred as of the others."""
        rng = np.random.default_rng([self.seed, 2])
        members = np.isin(self.split.train, self.split.members)
        sides = [self.split.train[side] for side in (members, ~members)]
        chosen = [rng.permutation(side)[: round(share * len(side))] for side in sides]
        return self.table.iloc[np.concatenate(chosen)]

    def copied(self, share: float) -> pd.DataFrame:
        return self.mixed(self.drawn(share))

    def noised(self, share: float, noise: float, flips: float = 0.0) -> pd.DataFrame:
        """As `copied`, with normal noise on every number, in standard deviations, and labels drawn anew at random."""
        return self.mixed(noisy(self.drawn(share), self.fresh, self.schema, noise, flips, self.seed))

    def unusual_copied(self, share: float) -> pd.DataFrame:
        """The share of training rows copied that lies farthest from the reference."""
        sides = {"synthetic": self.fresh, "reference": self.table.iloc[self.split.reference], "train": self.trained}
        encoded = encode(sides, self.schema)
        away = nearest(encoded["train"], encoded["reference"], 5).mean(axis=1)
        return self.mixed(self.trained.iloc[np.argsort(-away)[: round(share * len(away))]])

    def scrambled(self) -> pd.DataFrame:
        """Every training row, each value of a column replaced by another one of it, one to one."""
        rng = np.random.default_rng([self.seed, 4])
        out = self.trained.copy()
        for column in comparable(self.schema):
            known = self.trained[column.name].dropna().unique()
            replaced = dict(zip(known, known[rng.permutation(len(known))], strict=True))
            values = self.trained[column.name]
            out[column.name] = values.map(replaced).astype(values.dtype)
        return out.reset_index(drop=True)


def noisy(
    rows: pd.DataFrame, others: pd.DataFrame, schema: Schema, noise: float, flips: float, seed: int
) -> pd.DataFrame:
    """Rows with noise, numbers kept within their column's range; labels are drawn from `others`."""
    rng = np.random.default_rng([seed, 3])
    out = rows.copy()
    for column in comparable(schema):
        own = rows[column.name]
        if column.kind in (Kind.INTEGER, Kind.DECIMAL):
            values = numbers(own)
            moved = values + rng.normal(0, noise * np.nanstd(values), len(values))
            moved = np.clip(moved, np.nanmin(values), np.nanmax(values))
            moved = np.round(moved) if column.kind is Kind.INTEGER else moved
            out[column.name] = pd.Series(moved, index=own.index).astype(own.dtype)
        elif flips:
            drawn = others[column.name].iloc[rng.integers(len(others), size=len(own))].to_numpy()
            out[column.name] = own.where(rng.random(len(own)) >= flips, pd.Series(drawn, own.index, dtype=own.dtype))
    return out


@dataclass(frozen=True)
class Seen:
    """What an audit says in the figures that the table is about: the best of the nearest-row attacks."""

    p: float
    auc: float
    tpr: float
    tenth_auc: float
    tenth_tpr: float

    @classmethod
    def of(cls, found: Audit) -> Seen:
        near = [attack for attack in found.attacks if attack.key in ("nearest", "calibrated")]
        everyone = [max(a.everyone[name].value for a in near) for name in ("auc", "tpr")]
        tenth = [max(a.tenth[name].value if a.tenth else np.nan for a in near) for name in ("auc", "tpr")]
        return cls(float(found.p or 0.0), *everyone, *tenth)

    @classmethod
    def mean(cls, found: Sequence[Seen]) -> Seen:
        """The means; of the p-values the largest."""
        rows = np.array([[s.p, s.auc, s.tpr, s.tenth_auc, s.tenth_tpr] for s in found])
        return replace(cls(*rows.mean(axis=0)), p=float(rows[:, 0].max()))


@dataclass(frozen=True)
class Case:
    """A kind of table, and what the meter must say of it, as words and as a check on the mean of all seeds."""

    name: str
    make: Callable[[Experiment], pd.DataFrame]
    must: str
    holds: Callable[[Seen], bool]


CASES = (
    Case("2% of the rows copied", lambda e: e.copied(0.02), "p < .05", lambda s: s.p < 0.05),
    Case(
        "5% of the rows copied",
        lambda e: e.copied(0.05),
        "TPR >= .045, p < .01",
        lambda s: s.tpr >= 0.045 and s.p < 0.01,
    ),
    Case(
        "10% of the rows copied",
        lambda e: e.copied(0.1),
        "TPR >= .09, AUC >= .53",
        lambda s: s.tpr >= 0.09 and s.auc >= 0.53,
    ),
    Case(
        "50% of the rows copied",
        lambda e: e.copied(0.5),
        "TPR >= .45, AUC >= .72",
        lambda s: s.tpr >= 0.45 and s.auc >= 0.72,
    ),
    Case("10% copied with noise of .05 sd", lambda e: e.noised(0.1, 0.05), "TPR >= .045", lambda s: s.tpr >= 0.045),
    Case("10% copied with noise of .1 sd", lambda e: e.noised(0.1, 0.1), "TPR >= .02", lambda s: s.tpr >= 0.02),
    Case(
        "every row with noise of .3 sd and 10% of labels drawn anew",
        lambda e: e.noised(1.0, 0.3, 0.1),
        "AUC >= .62, TPR >= .07",
        lambda s: s.auc >= 0.62 and s.tpr >= 0.07,
    ),
    Case(
        "only the 2% most unusual rows copied",
        lambda e: e.unusual_copied(0.02),
        "tenth: AUC >= .58, TPR >= .12",
        lambda s: s.tenth_auc >= 0.58 and s.tenth_tpr >= 0.12,
    ),
    Case("every row scrambled one to one", lambda e: e.scrambled(), "missed", lambda s: s.tpr < 0.03),
)
LADDER = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)  # shares of copies, over which the recognised share must rise

NOISE = (0.0, 0.05, 0.1)  # in standard deviations, over which it must fall


def main() -> int:
    from engine.table.infer import infer_schema
    from engine.table.read import read_table

    arguments = parsed_arguments()
    raw = read_table(arguments.data).frame
    schema = infer_schema(raw).selected
    rows = schema.parse(raw)
    if len(rows) < 3 * arguments.size:
        raise SystemExit(f"At least {3 * arguments.size:,} rows are needed, not {len(rows):,}.")
    started = time.process_time()
    experiments = [Experiment.of(rows, schema, arguments.size, seed) for seed in range(arguments.seeds)]
    lines = [case_line(case, experiments) for case in CASES]
    lines.append(ladder_line(experiments))
    lines.append(noise_line(experiments))
    lines.append(fresh_line(rows, schema, arguments))
    print("| case | worst p | AUC | TPR at 1% | tenth: AUC | tenth: TPR | must | |\n|---|---|---|---|---|---|---|---|")
    for line in lines:
        print(f"| {' | '.join(line['cells'])} | {line['must']} | {'yes' if line['holds'] else 'NO'} |")
    print(f"\n{time.process_time() - started:.0f} CPU seconds")
    if arguments.json:
        arguments.json.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    return int(not all(line["holds"] for line in lines))


def parsed_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--size", type=int, default=5_000, help="rows that are trained on")
    parser.add_argument("--seeds", type=int, default=5, help="of each case with a known risk")
    parser.add_argument("--fresh", type=int, default=50, help="seeds of the case without risk")
    parser.add_argument("--json", type=Path, help="where the figures go")
    return parser.parse_args()


def cells(name: str, seen: Seen) -> list[str]:
    figures = [seen.auc, seen.tpr, seen.tenth_auc, seen.tenth_tpr]
    return [name, f"{seen.p:.4f}", *(f"{value:.3f}" for value in figures)]


def case_line(case: Case, experiments: Sequence[Experiment]) -> dict[str, Any]:
    seen = Seen.mean([Seen.of(e.audited(case.make(e))) for e in experiments])
    return {"cells": cells(case.name, seen), "must": case.must, "holds": bool(case.holds(seen))}


def ladder_line(experiments: Sequence[Experiment]) -> dict[str, Any]:
    means = [Seen.mean([Seen.of(e.audited(e.copied(p))) for e in experiments]).tpr for p in LADDER]
    off = max(abs(tpr - share - 0.01) for tpr, share in zip(means, LADDER, strict=True))
    holds = off <= 0.03 and all(a < b for a, b in itertools.pairwise(means))
    name = f"{', '.join(f'{share:g}' for share in LADDER)} copied"
    row = [name, "", "", ", ".join(f"{tpr:.3f}" for tpr in means), "", ""]
    return {"cells": row, "must": "TPR strictly rising, within .03 of share + .01", "holds": bool(holds)}


def noise_line(experiments: Sequence[Experiment]) -> dict[str, Any]:
    means = [Seen.mean([Seen.of(e.audited(e.noised(0.1, n))) for e in experiments]).tpr for n in NOISE]
    holds = all(a > b for a, b in itertools.pairwise(means))
    name = f"10% copied with noise of {', '.join(f'{n:g}' for n in NOISE)} sd"
    row = [name, "", "", ", ".join(f"{tpr:.3f}" for tpr in means), "", ""]
    return {"cells": row, "must": "TPR falling", "holds": bool(holds)}


def fresh_line(rows: pd.DataFrame, schema: Schema, arguments: argparse.Namespace) -> dict[str, Any]:
    experiments = (Experiment.of(rows, schema, arguments.size, 1_000 + seed) for seed in range(arguments.fresh))
    found = [Seen.of(e.audited(e.copied(0.0))) for e in experiments]
    alarms, mean = sum(s.p < 0.05 for s in found), Seen.mean(found)
    allowed = round(0.14 * arguments.fresh)
    holds = alarms <= allowed and abs(mean.auc - 0.5) <= 0.03
    row = cells(f"fresh real rows, {arguments.fresh} seeds: {alarms} with p < .05", mean)
    return {"cells": row, "must": f"at most {allowed} with p < .05; AUC within .03 of .5", "holds": bool(holds)}


if __name__ == "__main__":
    sys.exit(main())
