"""`audit`: attack a synthetic table with the records of a pool, of which a coin made one half training rows.

distances -> scores -> figures, intervals, one p-value -> the same with planted copies -> verdict
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from engine.errors import SettingsError
from engine.evaluation.base import FloatArray
from engine.evaluation.columns import comparable, left_out
from engine.privacy import resampling
from engine.privacy.comparison import Hits, compare
from engine.privacy.epsilon import audited
from engine.privacy.near import Dropped
from engine.privacy.nearest import Check, no_check
from engine.privacy.planted import SelfTest
from engine.privacy.questions import Questions
from engine.privacy.result import Attack, Audit, Figure
from engine.privacy.scores import ATTACKS, Trial
from engine.privacy.seen import Seen
from engine.privacy.split import AuditSplit
from engine.privacy.verdict import Evidence, Strongest, judge
from engine.progress import CancelToken, Listener, Reporter
from engine.seeds import stream
from engine.table.schema import Schema

CHANCE = {"auc": 0.5, "tpr": 0.01, "advantage": 0.0}


def audit(
    table: pd.DataFrame,
    runs: Sequence[tuple[AuditSplit, pd.DataFrame]],
    schema: Schema,
    *,
    seed: int = 0,
    questions: Questions | None = None,
    dropped: Dropped | None = None,
    notes: Sequence[str] = (),
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
) -> Audit:
    """Attack one synthetic table, or one of each of several splits.

    table: the whole real table, in any form; runs: of each split, the synthetic table made by a model that saw its
    `train` rows and no others. Several splits must have pools without a common row (see `AuditSplit.of`, turn).
    dropped: what was taken out of the synthetic table before. Every synthetic row is compared with; none is sampled.

    Raises SettingsError (questions, no run), SchemaError and DataError (a table does not fit the schema), Cancelled.
    """
    asked, schema = questions or Questions(), schema.selected
    asked.check(schema)
    if not runs:
        raise SettingsError("There is no synthetic table to attack.")
    reason = _why_not(runs, schema)
    if reason:
        rows, skipped = _rows(runs, None), left_out(schema)
        return Audit(rows, None, notes=tuple(notes), seed=seed, not_applicable=reason, skipped=skipped)
    reporter = Reporter("attack", len(runs) + 3, progress, cancel)
    check: Check = no_check if cancel is None else cancel.check
    real = schema.parse(table)
    notes = tuple(dict.fromkeys([*notes, *(split.note for split, _ in runs if split.note)]))
    seen = []
    for number, (split, synthetic) in enumerate(runs):
        made = schema.parse(synthetic)
        seen.append(Seen.of(real, split, made, schema, asked, seed, number, check))
        reporter.step(message="The synthetic table is searched for the records.")
    return _Audited(seen, asked, seed, reporter, check).result(runs, schema, dropped, notes)


def _why_not(runs: Sequence[tuple[AuditSplit, pd.DataFrame]], schema: Schema) -> str:
    if not comparable(schema):
        return "no column is learned, so there is nothing to attack"
    for split, synthetic in runs:
        if not split.possible:
            return split.reason
        if not len(synthetic):
            return "the synthetic table has no rows"
        if not len(split.controls) or not len(split.reference):
            return "there are no real rows beside the training rows"
    return ""


def _rows(runs: Sequence[tuple[AuditSplit, pd.DataFrame]], trial: Trial | None) -> dict[str, int]:
    sides = ("train", "members", "controls", "reference")
    found = {side: sum(len(getattr(split, side)) for split, _ in runs) for side in sides}
    found["synthetic"] = sum(len(synthetic) for _, synthetic in runs)
    if trial is not None:
        found["units"] = int(trial.unit.max()) + 1
        found["unusual"] = int(trial.tenth.sum())
    return found


class _Audited:
    """The figures of all splits together."""

    def __init__(self, seen: Sequence[Seen], asked: Questions, seed: int, reporter: Reporter, check: Check) -> None:
        self._seen, self._asked, self._seed = seen, asked, seed
        self._reporter, self._check = reporter, check
        self._trial = self._joined([part.scores for part in seen])
        self._draws = (asked.resamples, asked.shuffles)

    def _joined(self, scores: Sequence[Mapping[str, FloatArray]]) -> Trial:
        """One trial of all splits; their scores are made comparable by ranks, which know nothing of the coins."""
        seen = self._seen
        if len(seen) > 1:
            scores = [{key: _ranked(values) for key, values in part.items()} for part in scores]
        # A row has the same unit in every split, and other coins: in another split it is another unit.
        units = [np.unique(part.unit, return_inverse=True)[1] for part in seen]
        starts = np.cumsum([0, *(int(unit.max()) + 1 for unit in units)])
        return Trial.of(
            {key: np.concatenate([part[key] for part in scores]) for key in scores[0]},
            np.concatenate([part.member for part in seen]),
            np.concatenate([unit + start for unit, start in zip(units, starts, strict=False)]),
            np.concatenate([part.tenth for part in seen]),
            np.repeat(np.arange(len(seen)), [len(part.member) for part in seen]),
        )

    def _stream(self, *purpose: str | int) -> np.random.Generator:
        return stream(self._seed, "audit", *purpose)

    def result(
        self,
        runs: Sequence[tuple[AuditSplit, pd.DataFrame]],
        schema: Schema,
        dropped: Dropped | None,
        notes: tuple[str, ...],
    ) -> Audit:
        trial, check = self._trial, self._check
        attacks = self._attacks()
        p = resampling.p_value(trial, self._stream("shuffles"), self._draws[1], check)
        self._reporter.step(message="The attacks are measured.")
        comparisons = []
        for parts in zip(*(part.hits for part in self._seen), strict=True):
            hits = Hits.joined(parts)
            comparisons.append(compare(hits, trial, self._stream(hits.key, *hits.columns), self._draws, check))
        self._reporter.step(message="Members are compared with controls.")
        tests = tuple(self._tested(at) for at in range(len(self._asked.shares)))
        self._reporter.step(message="The meter is tested with planted copies.")
        found = Audit(
            _rows(runs, trial),
            None,
            attacks,
            p,
            audited(trial, self._stream("epsilon")),
            tuple(comparisons),
            self._seen[0].sharing,
            tests,
            dropped,
            {key: float(np.mean([part.likeness[key] for part in self._seen])) for key in self._seen[0].likeness},
            notes,
            self._seed,
            self._draws,
            len(runs),
            skipped=left_out(schema),
        )
        return replace(found, verdict=judge(_evidence(found)))

    def _attacks(self) -> tuple[Attack, ...]:
        """All figures with their intervals."""
        trial = self._trial
        everyone = self._figures(trial, "everyone")
        tenth = self._figures(trial.unusual(), "tenth") if trial.has_tenth else {key: {} for key in ATTACKS}
        return tuple(Attack(key, label, everyone[key], tenth[key]) for key, label in ATTACKS.items())

    def _figures(self, trial: Trial, name: str) -> dict[str, dict[str, Figure]]:
        values = resampling.plain(trial, self._stream("halves", name))
        samples = resampling.bootstrapped(
            trial,
            self._stream("bootstrap", name),
            self._stream("halves", name),
            self._draws[0],
            self._check,
        )
        return {
            key: {
                f: Figure(own[f], resampling.interval(samples[key][f]), CHANCE[f]) for f in own if np.isfinite(own[f])
            }
            for key, own in values.items()
        }

    def _tested(self, at: int) -> SelfTest:
        """What the attacks find with a share of copies."""
        trial = self._joined([part.planted[at][2] for part in self._seen])
        p = resampling.p_value(trial, self._stream("shuffles", at), self._draws[1], self._check)
        everyone = resampling.plain(trial, self._stream("halves", "everyone"))
        tenth = None
        if trial.has_tenth:
            own = resampling.plain(trial.unusual(), self._stream("halves", "tenth"))
            tenth = max(found["tpr"] for found in own.values())
        auc, tpr = (max(found[name] for found in everyone.values()) for name in ("auc", "tpr"))
        share = float(np.mean([part.planted[at][0] for part in self._seen]))
        return SelfTest(share, sum(part.planted[at][1] for part in self._seen), p, auc, tpr, tenth)


def _ranked(values: FloatArray) -> FloatArray:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values) / len(values))


def _evidence(found: Audit) -> Evidence:
    strongest: dict[str, dict[str, Strongest]] = {"tpr": {}, "auc": {}}
    for figure, among in strongest.items():
        for side in ("everyone", "tenth"):
            best = found.strongest(figure, side)
            if best is not None:
                among[side] = Strongest(best[0].label, best[1].value, best[1].interval)
    return Evidence(
        p=1.0 if found.p is None else found.p,
        tpr=strongest["tpr"],
        auc=strongest["auc"],
        comparisons=found.comparisons,
        self_test=found.self_test,
        reference=found.rows["reference"],
        attacks=len(found.attacks),
    )
