"""One whole run, from a table to its synthetic twin and the figures: what the worker and the command line both do.

    hold some real rows out -> train on the rest -> sample -> measure against both -> train again on all rows -> sample

The figures need rows that the model has not seen; the table that is released may come from all of them. `RunRequest`
says which, and the figures say which model they are of.

With method "race" the methods are first raced on the rows that the run trains on (see `engine.race`); the winner then
goes this way.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import constraints, parts
from engine.balance import Balance, read_balance
from engine.errors import ConditionError, DataError, MethodError, SettingsError
from engine.fallback import Attempts
from engine.generators import registry
from engine.generators.base import Capability
from engine.limits import Limits
from engine.progress import Budget, CancelToken, Listener, Progress
from engine.protection import Protection
from engine.race import RACE, RaceResult
from engine.seeds import stream
from engine.synthesizer import AUTO, Synthesizer, check_method, choose, read_given
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.conditions import Condition
    from engine.evaluation import Evaluation
    from engine.reports import FitReport

HOLDOUT = 0.2  # share of the rows held out where the person did not say
HOLDOUT_ROWS = 100  # tables with fewer rows hold none out on their own account
MAX_HOLDOUT = 0.5
MAX_SEED = 2**63 - 1

Release = Literal["all", "audited"]


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What the person asked for; JSON.

    rows: synthetic rows, None for as many as the table has.
    holdout: share of real rows (0 to 0.5) that the measured model never sees; None takes 0.2 from 100 rows on.
    release: "all" trains again on all rows for the table that is released; "audited" releases the measured model's.
    given: conditions as text (see `engine.conditions`); balance: shares of one column's values as text, or nothing
    (see `engine.balance`). Both hold in the table that is released; what is measured is made without them.
    budget: seconds for one training; a run that holds rows out and releases "all" trains twice. Of a race: for all of
    it, before these trainings.
    charts: whether distribution charts are wanted beside the figures.
    figures: whether anything is measured at all; without, one training on all rows is enough for release "all".
    fallback: whether another method may take over where the chosen one fails (see `engine.fallback`).
    protection: what becomes of categories that few rows share, before anything is learned.
    """

    method: str = AUTO
    settings: Mapping[str, Any] = field(default_factory=dict)
    rows: int | None = None
    seed: int = 0
    holdout: float | None = None
    release: Release = "all"
    given: tuple[str, ...] = ()
    budget: float | None = None
    charts: bool = True
    figures: bool = True
    balance: str = ""
    fallback: bool = True
    protection: Protection = field(default_factory=Protection)

    def __post_init__(self) -> None:
        object.__setattr__(self, "given", tuple(self.given))
        object.__setattr__(self, "settings", dict(self.settings))

    def check(self, schema: Schema, limits: Limits | None = None) -> None:
        """Raises the error that the person has to mend: SettingsError, MethodError or ConditionError."""
        limits = limits or Limits.from_environment()
        if self.method != RACE:
            check_method(self.method, self.settings)
        elif self.settings:
            raise SettingsError("In a race every method has its default settings; choose a method to set them.")
        given = read_given(self.given, schema)
        balance = read_balance(self.balance, schema, given)
        parts.check(schema)
        constraints.check_all(schema.selected, given, self.rows)
        parts.check_given(schema, [c.column for c in given] + ([balance.column] if balance else []))
        self._check_able(schema, [c.column for c in given] + ([balance.column] if balance else []))
        if self.rows is not None and self.rows < 1:
            raise SettingsError(f"The number of rows must be at least 1, not {self.rows}.")
        if self.rows is not None and self.rows > limits.max_rows_to_make:
            raise SettingsError(
                f"{self.rows:,} rows are more than the {limits.max_rows_to_make:,} that may be made in one go "
                "(TABULAR_TWIN_MAX_ROWS_TO_MAKE)."
            )
        if not 0 <= self.seed <= MAX_SEED:
            raise SettingsError(f"The seed must be a whole number from 0 to {MAX_SEED}, not {self.seed}.")
        if self.holdout is not None and not 0 <= self.holdout <= MAX_HOLDOUT:
            raise SettingsError(f"The holdout must be a share from 0 to {MAX_HOLDOUT}, not {self.holdout}.")
        if self.release not in get_args(Release):
            raise SettingsError(f"Release must be one of {', '.join(get_args(Release))}, not {self.release!r}.")
        if self.budget is not None and not self.budget > 0:
            raise SettingsError(f"The budget must be more than 0 seconds, not {self.budget}.")

    def _check_able(self, schema: Schema, columns: Sequence[str]) -> None:
        """The chosen method has to be able to make what is asked for; “auto” and a race choose later."""
        info = registry.GENERATORS[self.method].info if self.method not in (AUTO, RACE) else None
        if info is None or Capability.GIVEN in info.capabilities or not any(c in schema.joint for c in columns):
            return
        if self.given:
            raise MethodError(f"{info.label} cannot take given values; choose a method that can.")
        if self.balance:
            raise MethodError(f"{info.label} cannot balance a column; choose a method that takes given values.")

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "given": list(self.given)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunRequest:
        fields = {f.name: data[f.name] for f in dataclasses.fields(cls) if f.name in data}
        if "protection" in fields:
            fields["protection"] = Protection.from_json(fields["protection"])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Split:
    """Row numbers of the training part and of the held out part, each rising; `reason` says why nothing is held out."""

    train: NDArray[np.intp]
    holdout: NDArray[np.intp]
    reason: str = ""

    @classmethod
    def of(cls, rows: int, share: float | None, seed: int) -> Split:
        """A random split of `rows` rows; the same seed gives the same one, whatever the method."""
        count = round(rows * (share if share is not None else HOLDOUT if rows >= HOLDOUT_ROWS else 0.0))
        if count == 0:
            return cls(np.arange(rows), np.arange(0), _why_none(rows, share))
        order = stream(seed, "holdout").permutation(rows)
        return cls(np.sort(order[count:]), np.sort(order[:count]))


def _why_none(rows: int, share: float | None) -> str:
    if share is None:
        return f"The table has fewer than {HOLDOUT_ROWS} rows, so all are trained on and none is held out."
    if share == 0:
        return "No rows were to be held out."
    return f"{share:g} of {rows} rows is less than one row, so none is held out."


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run made. `synthetic` is parsed; `evaluation` is None when no figures were asked for.

    report: of the model that made the table; figures: all of FIGURES.json; seconds: by stage; race: None where there
    was none.
    """

    synthetic: pd.DataFrame
    evaluation: Evaluation | None
    report: FitReport
    seconds: dict[str, float]
    figures: dict[str, Any]
    synthesizer: Synthesizer
    race: RaceResult | None = None


def stages(request: RunRequest, rows: int) -> tuple[str, ...]:
    """The stages that a run will go through, as its progress names them."""
    first = ("race",) if request.method == RACE else ()
    if not request.figures and request.release == "all":
        return (*first, "train", "sample")
    measured = (*first, "train", "sample", *(("evaluate",) if request.figures else ()))
    if request.release == "all" and len(Split.of(rows, request.holdout, request.seed).holdout):
        return (*measured, "train again", "sample again")
    return measured


def seconds_left(names: tuple[str, ...], history: Sequence[Progress]) -> float | None:
    """Of a whole run, from its stages and progress so far; None while the present stage cannot tell.

    A stage to come is taken to last as long as its like did ("train again" as "train"); those without a like, which
    are short, are left out.
    """
    now = history[-1] if history else None
    left = None if now is None else now.seconds_left
    if now is None or left is None:
        return None
    lasted = {event.stage: event.seconds for event in history}
    lasted[now.stage] = now.seconds + left
    to_come = names[names.index(now.stage) + 1 :] if now.stage in names else ()
    return left + sum(lasted.get(name.removesuffix(" again"), 0.0) for name in to_come)


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

    def result(self) -> RunResult:
        from engine import figures

        started = time.monotonic()
        blind = not self.request.figures and self.request.release == "all"
        split = Split.of(len(self.table), 0.0 if blind else self.request.holdout, self.request.seed)
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
            synthetic = self._sample(stage, released, self.rows, self.given, balance)
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
        )
        return RunResult(synthetic, evaluation, released.report, dict(self.seconds), facts, released, self.race)

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
        sample = self._sample("sample", model, len(train))
        with self._stage("evaluate") as listener:
            evaluation = evaluate(
                train,
                sample,
                self.schema.selected,
                holdout=holdout,
                seed=self.request.seed,
                progress=listener,
                cancel=self._cancel,
            )
        same = reusable and not self.given and self.balance is None and self.rows == len(train)
        return evaluation, sample if same else None

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
        request, race = self.request, self.race
        method, settings = (request.method, request.settings) if race is None else (race.winner, {})
        seconds = request.budget if race is None else race.seconds_for(len(rows))
        model = Synthesizer(self.schema, method, settings, self.request.protection)
        with self._stage(stage) as listener:
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
    ) -> pd.DataFrame:
        with self._stage(stage) as listener:
            return model.sample_parsed(
                rows, seed=self.request.seed, given=given, balance=balance, progress=listener, cancel=self._cancel
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
                outer(replace(event, stage=name, seconds=seconds, message=event.message or _SENTENCES[name]))

        listener(Progress(name))
        yield listener if outer is not None else None
        self.seconds[name] = self.seconds.get(name, 0.0) + time.monotonic() - started


_SENTENCES = {
    "race": "Racing the methods.",
    "train": "Learning the table.",
    "sample": "Making rows.",
    "evaluate": "Measuring the twin against the real table.",
    "train again": "Learning all rows, the held out ones too.",
    "sample again": "Making the rows to release.",
}
