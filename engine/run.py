"""One whole run, from a table to its synthetic twin and the figures: what the worker and the command line both do.

    hold some real rows out -> train on the rest -> sample -> measure against both -> train again on all rows -> sample

The figures need rows that the model has not seen; the table that is released may come from all of them. `RunRequest`
says which, and the figures say which model they are of.

With method "race" the methods are first raced on the rows that the run trains on (see `engine.race`); the winner then
goes this way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import constraints
from engine.advice import choose
from engine.balance import Balance, read_balance
from engine.conditions import read_given
from engine.errors import ConditionError, DataError, NotApplicable, SettingsError
from engine.fallback import Attempts
from engine.limits import Limits
from engine.progress import Budget, CancelToken, Listener, Progress
from engine.race import RACE, RaceResult
from engine.request import HOLDOUT, HOLDOUT_ROWS, MAX_HOLDOUT, MAX_SEED, Depth, Release, RunRequest
from engine.splitting import Split
from engine.stages import SENTENCES
from engine.synthesizer import AUTO, Synthesizer
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.conditions import Condition
    from engine.evaluation import Evaluation
    from engine.privacy import Audit, AuditSplit, Dropped
    from engine.reports import FitReport

__all__ = [
    "HOLDOUT",
    "HOLDOUT_ROWS",
    "MAX_HOLDOUT",
    "MAX_SEED",
    "Depth",
    "Release",
    "RunRequest",
    "RunResult",
    "Split",
    "execute",
    "with_pseudonyms",
]

_ROUNDS = 4  # times that more rows are made where too many were dropped


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run made. `synthetic` is parsed; `evaluation` is None when no figures were asked for.

    report: of the model that made the table; figures: all of FIGURES.json; seconds: by stage; race: None where there
    was none; audit: of privacy, None where no attacks were asked for.
    """

    synthetic: pd.DataFrame
    evaluation: Evaluation | None
    report: FitReport
    seconds: dict[str, float]
    figures: dict[str, Any]
    synthesizer: Synthesizer
    race: RaceResult | None = None
    audit: Audit | None = None


def execute(
    request: RunRequest,
    table: pd.DataFrame,
    schema: Schema,
    *,
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
    folder: Path | None = None,
    limits: Limits | None = None,
    attempts: Attempts | None = None,
    secret: bytes | None = None,
) -> RunResult:
    """Carry a request out on a table in any form. `folder`: where to store the result too (see `engine.results`).

    secret: of pseudonyms, so that they are the same in other runs (see `engine.fakers.pseudonyms`); stored nowhere.
    attempts: methods that failed in an earlier process of the same run, and are not tried again.

    Raises what `RunRequest.check`, training, sampling and measuring raise; Cancelled on request.
    """
    request.check(schema, limits)
    parsed = schema.selected.parse(table)
    if not len(parsed):
        raise DataError("The table has no rows to learn from.")
    parsed, schema = with_pseudonyms(parsed, schema, request.seed, secret)
    work = None if folder is None else folder.parent
    result = _Run(request, parsed, schema, progress, cancel, attempts, work).result()
    if folder is not None:
        from engine import results

        results.store(result, folder)
    return result


def with_pseudonyms(
    parsed: pd.DataFrame, schema: Schema, seed: int, secret: bytes | None = None
) -> tuple[pd.DataFrame, Schema]:
    """A parsed table and its schema with made values for real ones in the columns that ask for pseudonyms.

    On all rows and before anything else, so that neither model nor figures ever see the real values.
    Raises SettingsError for a secret without such a column.
    """
    if not any(c.pseudonym for c in schema.selected):
        if secret is not None:
            raise SettingsError("A secret is for pseudonyms, and no column asks for these.")
        return parsed, schema
    from engine.fakers.pseudonyms import pseudonymised

    return pseudonymised(parsed, schema, seed, secret)


class _Run:
    """The state of one run while it goes through its stages."""

    def __init__(
        self,
        request: RunRequest,
        table: pd.DataFrame,
        schema: Schema,
        progress: Listener | None,
        cancel: CancelToken | None,
        attempts: Attempts | None = None,
        work: Path | None = None,
    ) -> None:
        """work: a folder for what is needed on the way."""
        self.request, self.table, self.schema, self._work = request, table, schema, work
        self._attempts = attempts or Attempts(allowed=request.fallback)
        # Once for the whole table: the measured model and the one that makes the table are of the same method.
        automatic = request.method == AUTO and len(schema.joint) > 0
        self._advised = choose(table, schema) if automatic else None
        self._progress, self._cancel = progress, cancel
        self.rows = request.rows if request.rows is not None else len(table)
        self.seconds: dict[str, float] = {}
        self.given = read_given(request.given, schema)
        self.balance = read_balance(request.balance, schema, self.given)
        self.race: RaceResult | None = None
        self.audit: Audit | None = None
        self._dropped: Dropped | None = None  # of the latest sample

    def result(self) -> RunResult:
        from engine import figures

        started = time.monotonic()
        split = Split.asked(self.request, self.table, self.schema)
        refit = self.request.release == "all" and len(split.holdout) > 0
        balance = self._foresee(self.table if refit else self.table.iloc[split.train])
        if self.request.method == RACE:
            self.race = self._raced(split.train)
        audited = self._train("train", split.train)
        refit = refit and not self._finishing
        evaluation, synthetic = self._measure(audited, split, reusable=not refit)
        released = self._train_again() if refit else None
        if released is None:
            released = audited
            balance = self._foresee(self.table.iloc[split.train])
        if synthetic is None:
            stage = "sample again" if refit else "sample"
            synthetic = self._sample(stage, released, self.rows, self.given, balance, split=None if refit else split)
        self.seconds["total"] = time.monotonic() - started
        facts = figures.of_run(
            self.request,
            self.schema,
            split,
            measured=audited.report,
            released=released.report,
            evaluation=evaluation,
            synthetic_rows=len(synthetic),
            seconds=self.seconds,
            balance=balance,
            race=self.race,
            made=released.made,
            audit=self.audit,
            dropped=self._dropped,
        )
        facts["going_on"] = sorted(released.going_on())
        return RunResult(
            synthetic, evaluation, released.report, dict(self.seconds), facts, released, self.race, self.audit
        )

    @property
    def _finishing(self) -> bool:
        """Whether the person ended training early: what was kept is released, and no further training begins."""
        return self._cancel is not None and self._cancel.finishing

    def _train_again(self) -> Synthesizer | None:
        """The model of all rows; None where the person ended its training early, since the first one is complete."""
        model = self._train("train again", np.arange(len(self.table)))
        return None if self._finishing else model

    def _foresee(self, learned: pd.DataFrame) -> Balance | None:
        """The balance with its shares written out, by the rows that the released model learns.

        Before any training: raises ConditionError for a value that they do not have, here or among the given ones.
        """
        shown = self._without_rare(learned)
        for condition in self.given:
            kind = self.schema[condition.column].kind
            if kind.numeric or condition.holds(shown[condition.column]).any():
                continue
            rare = condition.holds(learned[condition.column]).any()
            why = f"fewer than {self.request.protection.threshold(len(learned))} rows have it, and it is protected"
            raise ConditionError(
                f"“{condition.describe()}” cannot be fulfilled: {why if rare else 'no row to learn from has it'}.",
                column=condition.column,
            )
        if self.balance is None:
            return None
        return self.balance.settled(shown[self.balance.column], self.schema[self.balance.column])

    def _without_rare(self, learned: pd.DataFrame) -> pd.DataFrame:
        """The rows as the model will see them, where it matters for what was asked."""
        if not self.given and self.balance is None:
            return learned
        learned = constraints.treat(learned, self.schema.selected, self.request.seed).table
        return self.request.protection.applied(learned, self.schema.selected, self.request.seed)[0]

    def _measure(
        self, model: Synthesizer, split: Split, *, reusable: bool
    ) -> tuple[Evaluation | None, pd.DataFrame | None]:
        """The figures of a model, on as many rows as it was trained on, without given values and without balance.

        Also the sample itself where it is just the one to release.
        """
        if not self.request.figures:
            return None, None
        from engine.evaluation import evaluate

        train = self.table.iloc[split.train].reset_index(drop=True)
        holdout = self.table.iloc[split.holdout].reset_index(drop=True) if len(split.holdout) else None
        sample = self._sample("sample", model, len(train), split=split)
        with self._stage("evaluate") as listener:
            evaluation = evaluate(
                train,
                sample,
                self.schema.selected,
                holdout=holdout,
                seed=self.request.seed,
                progress=listener,
                cancel=self._cancel,
                full=self.request.depth == "full",
                target=self.request.target,
            )
        if split.audit is not None:
            self.audit = self._attack(split, sample)
        same = reusable and not self.given and self.balance is None and self.rows == len(train)
        return evaluation, sample if same else None

    def _attack(self, split: Split, sample: pd.DataFrame) -> Audit:
        from engine.privacy import Questions, audit

        assert split.audit is not None
        request = self.request
        with self._stage("attack") as listener:
            dropped = self._dropped
            runs = [(split.audit, sample), *self._again(split, listener)]
            self._dropped = dropped  # of the table that is given out, not of the further ones
            return audit(
                self.table,
                runs,
                self.schema.selected,
                seed=request.seed,
                questions=Questions(request.guess, request.known),
                dropped=self._dropped,
                notes=[split.note] if split.note else [],
                progress=listener,
                cancel=self._cancel,
            )

    def _again(self, split: Split, listener: Listener | None) -> list[tuple[AuditSplit, pd.DataFrame]]:
        """Further splits, each with the twin of a model that did not see what it holds out.

        None once the person ended training early: a model that hardly learned would water the attacks down.
        """
        made: list[tuple[AuditSplit, pd.DataFrame]] = []
        for further in split.further(self.request, len(self.table)):
            if self._finishing:
                break
            model = self._fitted(further.train, listener)
            if not self._finishing:
                made.append((further, self._drawn(model, len(further.train), further, progress=listener)))
        return made

    def _raced(self, rows: NDArray[np.intp]) -> RaceResult:
        from engine.race import running

        with self._stage("race") as listener:
            return running.hold(
                constraints.treat(self.table.iloc[rows], self.schema.selected, self.request.seed).table,
                self.schema,
                seed=self.request.seed,
                seconds=self.request.budget,
                given=bool(self.given) or self.balance is not None,
                failed=self._attempts.failed,
                progress=listener,
                cancel=self._cancel,
                work=self._work,
            )

    def _train(self, stage: str, rows: NDArray[np.intp]) -> Synthesizer:
        with self._stage(stage) as listener:
            return self._fitted(rows, listener)

    def _fitted(self, rows: NDArray[np.intp], listener: Listener | None = None) -> Synthesizer:
        request, race = self.request, self.race
        method, settings = (request.method, request.settings) if race is None else (race.winner, {})
        seconds = request.budget if race is None else race.seconds_for(len(rows))
        model = Synthesizer(self.schema, method, settings, self.request.protection)
        model.fit(
            self.table.iloc[rows].reset_index(drop=True),
            seed=request.seed,
            progress=listener,
            cancel=self._cancel,
            budget=Budget(seconds),
            attempts=self._attempts,
            advised=self._advised,
        )
        return model if race is None else model.chosen_by(RACE, race.reason, race.note)

    def _sample(
        self,
        stage: str,
        model: Synthesizer,
        rows: int,
        given: Sequence[Condition] = (),
        balance: Balance | None = None,
        split: Split | None = None,
    ) -> pd.DataFrame:
        """split: where rows near to one training row are to be dropped, what tells them."""
        with self._stage(stage) as listener:
            how: Any = {"given": given, "balance": balance, "progress": listener}
            return self._drawn(model, rows, None if split is None else split.audit, **how)

    def _drawn(self, model: Synthesizer, rows: int, audit: AuditSplit | None, **how: Any) -> pd.DataFrame:
        def draw(count: int) -> pd.DataFrame:
            return model.sample_parsed(count, seed=self.request.seed, cancel=self._cancel, **how)

        return draw(rows) if audit is None or not self.request.drop_near else self._apart(draw, rows, audit)

    def _apart(self, draw: Callable[[int], pd.DataFrame], rows: int, split: AuditSplit) -> pd.DataFrame:
        """Exactly `rows` rows, none of which lies suspiciously near to one training row.

        All come from one draw, so that keys stay unique: where too few are left, more are drawn anew.
        """
        from engine.privacy import suspicious

        count = rows
        for _ in range(_ROUNDS):
            made = draw(count)
            try:
                near, self._dropped = suspicious(self.table, split, made, self.schema.selected)
            except NotApplicable as error:
                raise DataError(f"Rows near to real ones cannot be dropped, because {error}.") from None
            kept = made.drop(index=made.index[near]).reset_index(drop=True)
            if len(kept) >= rows:
                return kept.iloc[:rows]
            count = min(int(1.2 * rows * count / max(len(kept), 1)) + 10, 3 * count)
        raise DataError(
            f"Of {len(made):,} rows only {len(kept):,} are left when those near to one training row are dropped; "
            f"{rows:,} were asked for. Choose another method, or do not drop rows."
        )

    @contextmanager
    def _stage(self, name: str) -> Iterator[Listener | None]:
        """Times a stage, announces it, and names it in all progress from inside."""
        if self._cancel is not None:
            self._cancel.check()
        outer, started = self._progress, time.monotonic()

        def listener(event: Progress) -> None:
            if outer is not None:
                seconds = time.monotonic() - started
                outer(replace(event, stage=name, seconds=seconds, message=event.message or SENTENCES[name]))

        listener(Progress(name))
        yield listener if outer is not None else None
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started
