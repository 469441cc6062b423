"""The one object people use: a schema, generators for the learned columns, and fakers for the others.

twin = Synthesizer(schema, method="forest").fit(frame, seed=0)
table = twin.sample(1_000, given=["income=>50K"])
twin.save("twin.zip"); Synthesizer.load("twin.zip").sample(10)
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine import advice, constraints, fallback, files, loading, models, parts
from engine.advice import Advice
from engine.balance import Balance, equal, read_balance, sample_balanced
from engine.conditions import Condition, Given, read_given
from engine.constraints.making import Books, Ruled, renewed
from engine.constraints.plan import Plan
from engine.errors import ConditionError, DataError, MethodError, NotFittedError, SchemaError, WriteError
from engine.generators import bundle, registry
from engine.generators.base import Capability, Generator
from engine.parts import Parts
from engine.progress import Budget, CancelToken, Listener
from engine.protection import POOL, Protection
from engine.reports import FitReport
from engine.seeds import stream
from engine.settings import from_mapping
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    from engine.fakers import Fakers

AUTO = "auto"

P = ParamSpec("P")
T = TypeVar("T")


def _holding(method: Callable[Concatenate[Synthesizer, P], T]) -> Callable[Concatenate[Synthesizer, P], T]:
    """A method that may meet the unsound content of a model that was loaded: that is told, and no bug of ours."""

    @wraps(method)
    def told(self: Synthesizer, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if not self._loaded:
            return method(self, *args, **kwargs)
        with bundle.using():
            return method(self, *args, **kwargs)

    return told


class Synthesizer:
    """Learns a table and makes new rows of it.

    schema: kinds and formats of the columns; inferred from the table in `fit` when None.
    method: key of a registered generator, or "auto" (see `engine.advice`), for the columns that are learned together.
    settings: of that method, by name; SettingsError when one is unknown or out of bounds.
    protection: what becomes of categories that few rows share; by default they are replaced before anything is learned.
    """

    def __init__(
        self,
        schema: Schema | None = None,
        method: str = AUTO,
        settings: Mapping[str, Any] | None = None,
        protection: Protection | None = None,
    ) -> None:
        check_method(method, settings)
        self.protection = protection or Protection()
        self._asked_schema = schema
        self.method = method
        self.settings: dict[str, Any] = dict(settings or {})
        self._schema: Schema | None = None
        self._report: FitReport | None = None
        self._parts: Parts | None = None
        self._fakers: Fakers | None = None
        self._plan: Plan | None = None
        self._books: Books | None = None
        self._loaded = False

    # Facts

    @property
    def schema(self) -> Schema:
        """The schema given or inferred. Raises NotFittedError while there is none."""
        schema = self._schema or self._asked_schema
        if schema is None:
            raise NotFittedError("The columns are not known yet; train first.")
        return schema

    @property
    def report(self) -> FitReport:
        """What happened in the training."""
        if self._report is None:
            raise NotFittedError("The model has not been trained yet.")
        return self._report

    @property
    def made(self) -> Books | None:
        """What it took to make the last rows keep the rules; None where there are no rules or no rows yet."""
        return self._books

    def can(self, capability: Capability) -> bool:
        """Whether all trained methods are able to do it; without a column to learn, nothing is."""
        generators = self._parts.generators if self._parts else ()
        return bool(generators) and all(capability in g.info.capabilities for g in generators)

    @_holding
    def passport(self) -> dict[str, list[Any]]:
        """Every real value that the saved model holds, by column: the methods', the constants of the schema, what rules
        know, such as which values were seen together, and words of free text."""
        fakers = self._fitted()
        held: dict[str, list[Any]] = {c.name: [] for c in self.schema.selected}
        for column in self.schema.selected:
            if column.kind is Kind.CONSTANT and column.value is not None:
                held[column.name].append(column.value)
        made = {c.name for c in self.schema if c.pseudonym}  # their categories are no real values
        for name, values in self._values().items():
            if name in made:
                continue
            held[name] = list(dict.fromkeys([*held[name], *values]))
        return {**held, **fakers.passport()}

    def _values(self) -> dict[str, list[Any]]:
        """Values that methods and rules hold, by column; made ones of pseudonyms among them."""
        learned = self._parts.passport() if self._parts else {}
        return learned if self._plan is None else self._plan.passport(learned)

    def going_on(self) -> frozenset[str]:
        """Columns whose made values may lie beyond the real range: time that goes on."""
        self._fitted()
        return self._parts.going_on() if self._parts else frozenset()

    # Training

    def fit(
        self,
        frame: pd.DataFrame,
        *,
        seed: int = 0,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
        budget: Budget | float | None = None,
        attempts: fallback.Attempts | None = None,
        advised: Advice | None = None,
    ) -> Self:
        """Train on a table in any form (raw, parsed, restored). Same table, choices and seed give the same model.

        budget: seconds for the training; the method finishes with what it has by then. attempts: what earlier trainings
        tried in vain, and whether another method may take over (it may by default). advised: what “auto” takes; by
        default what suits the rows given here.
        Raises SchemaError or DataError when table and schema do not fit, FitError when every method failed, Cancelled.
        """
        started = time.monotonic()
        schema = self._asked_schema or _inferred(frame)
        table = schema.selected.parse(frame)
        if not len(table):
            raise DataError("The table has no rows to learn from.")
        if not len(table.columns):
            raise SchemaError("Choose at least one column.")
        parts.check(schema)
        table, schema = _pseudonymised(table, schema, seed)
        budget = budget if isinstance(budget, Budget) else Budget(budget)
        treated = constraints.treat(table, schema.selected, seed)
        table, protected = self.protection.applied(treated.table, schema.selected, seed)
        table = constraints.after(treated.table, table, schema.selected, pooled=self.protection.how == POOL)
        plan = Plan.of(table, schema.selected)
        how: dict[str, Any] = {"seed": seed, "progress": progress, "cancel": cancel, "budget": budget}
        fakers = _fakers(schema).fit(table)  # first, for it is quick to say what cannot be made up
        learned, report = self._train(plan.reduced(table), plan.reduced_schema, advised, attempts=attempts, **how)
        self._schema, self._parts, self._fakers, self._plan, self._books = schema, learned, fakers, plan, None
        self._report = replace(
            report,
            rows=len(table),
            seed=seed,
            seconds=time.monotonic() - started,
            protection=protected.to_json(),
            rules=tuple(t.to_json() for t in treated.treatments),
            notes=(*report.notes, *protected.notes(), *treated.told(), *plan.told(), *constraints.left_out(schema)),
        )
        return self

    def _train(
        self, table: pd.DataFrame, schema: Schema, advised: Advice | None, **how: Any
    ) -> tuple[Parts | None, FitReport]:
        if not len(schema.modelled):
            note = "No column needs learning; all are made anew in the form of the real ones."
            return None, FitReport(self.method, None, notes=(note,))
        report = FitReport(self.method, None, columns=len(schema.modelled))

        def together(own: pd.DataFrame, joint: Schema) -> Generator:
            nonlocal report
            chosen, why = self._choose(table, schema, advised)
            generator, failed = fallback.fit(chosen, self.settings, own, joint, **how)
            report = replace(
                report,
                used=generator.info.key,
                fallbacks=failed,
                settings=generator.settings.to_json(),
                notes=tuple(generator.notes),
                chosen_because=why,
            )
            return generator

        simple = {name: how[name] for name in ("seed", "cancel", "budget")}
        learned = parts.fit(table[list(schema.modelled.names)], schema, together, **simple)
        return learned, replace(report, own=learned.methods(), notes=(*report.notes, *parts.notes(learned)))

    def _choose(self, table: pd.DataFrame, schema: Schema, advised: Advice | None) -> tuple[str, str]:
        """The method to try first, and for "auto" the reason."""
        if self.method != AUTO:
            return self.method, ""
        advised = advice.choose(table, schema) if advised is None else advised
        check_method(advised.method, self.settings)
        return advised.method, advised.reason

    def chosen_by(self, asked: str, because: str, note: str) -> Self:
        """Put down that something else chose the method (a race), why, and a sentence on it."""
        report = self.report
        self._report = replace(report, asked=asked, chosen_because=because, notes=(note, *report.notes))
        return self

    # Use

    def sample(
        self,
        n: int,
        *,
        seed: int | None = None,
        given: Given | None = None,
        balance: Balance | str | None = None,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """Exactly `n` new rows with the selected columns in the schema's order and the source's dtypes.

        seed: None takes the training's seed, so two calls give the same rows; vary it to get others.
        given: what must hold in every row; ConditionError when it cannot be understood or fulfilled.
        balance: how many rows each value of one column gets (see `engine.balance`), on top of `given`.
        """
        table = self.sample_parsed(n, seed=seed, given=given, balance=balance, progress=progress, cancel=cancel)
        return self.schema.selected.restore(table)

    @_holding
    def sample_parsed(
        self,
        n: int,
        *,
        seed: int | None = None,
        given: Given | None = None,
        balance: Balance | str | None = None,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """As `sample`, as a parsed table."""
        fakers, rules = self._fitted(), self._rules()
        if n < 0:
            raise DataError(f"The number of rows must be 0 or more, not {n}.")
        seed = self.report.seed if seed is None else seed
        wanted = read_given(given, self.schema)
        shares = self.settled(balance, wanted)
        how: Any = {"seed": seed, "given": wanted, "progress": progress, "cancel": cancel}
        made = []
        modelled: pd.DataFrame | None = None
        self._books = None if rules.empty else Books()
        if self._parts is not None:
            ruled = Ruled(self._parts, rules)
            modelled = ruled.sample(n, **how) if shares is None else sample_balanced(ruled, n, shares, **how)
            self._books = None if rules.empty else ruled.books
            made.append(modelled)
        if _made_anew(self.schema):
            made.append(fakers.make(n, seed, modelled))
        table = (pd.concat(made, axis=1) if len(made) > 1 else made[0])[list(self.schema.selected.names)]
        if self._books is None:
            return table
        learned = list(self.schema.modelled.names)
        table, books = renewed(rules, table, lambda rows, own: fakers.make(len(rows), own, rows[learned]), seed)
        self._books.add(books)
        return table

    @_holding
    def settled(self, balance: Balance | str | None, given: Sequence[Condition] = ()) -> Balance | None:
        """A balance with its shares written out, as `sample` will make it.

        The model knows the values of categories, and so what equal shares of them are. Raises ConditionError or
        SettingsError for shares that only the real table could tell.
        """
        found = read_balance(balance, self.schema, given)
        if found is None or found.rule is None:
            return found
        column = self.schema[found.column]
        if found.rule == "equal" and column.kind in (Kind.CATEGORICAL, Kind.BOOLEAN):
            return equal(column.name, sorted(self._known_values(column.name)))
        raise ConditionError(
            f"The model alone does not know the real shares and numbers of column “{column.name}”; "
            f"write the shares out, such as {column.name}=a:70,b:30.",
            column=column.name,
        )

    def _known_values(self, column: str) -> list[Any]:
        self._learned("values to balance")
        return self._values()[column]

    @_holding
    def impute(
        self,
        frame: pd.DataFrame,
        seed: int | None = None,
        *,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """The table, restored, with the missing cells of the modelled columns filled in; all other cells as they were.

        Columns that are not modelled (identifiers, personal, text, unselected ones) stay untouched. What is filled in
        need not keep the rules beside cells that were there.
        Raises MethodError when the trained method has no likelihoods to fill in from.
        """
        learned = self._learned("missing cells to fill in")
        schema = self.schema
        table = schema.parse(frame)
        seed = self.report.seed if seed is None else seed
        rules = self._rules()
        reduced = rules.reduced(table[list(schema.modelled.names)])
        filled = learned.impute(reduced, seed=seed, progress=progress, cancel=cancel)
        filled = rules.expand(filled, stream(seed, "rules", "impute"))
        for name in schema.modelled.names:
            table[name] = _fill(table[name], filled[name])
        return schema.restore(table)

    @_holding
    def score(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """(rows,) natural log of each row's likelihood, on the modelled columns; higher is more plausible.

        Raises MethodError when the trained method has no likelihoods.
        """
        learned = self._learned("rows to score")
        return learned.log_likelihood(self._rules().reduced(self.schema.modelled.parse(frame)))

    # Keeping

    def save(self, path: str | Path) -> None:
        """Write the model as one zip (see `engine.models`), whole or not at all. Never pickle. Raises WriteError."""
        fakers = self._fitted()
        content = {"schema": self.schema.to_json(), "report": self.report.to_json()}
        rules = self._rules()
        if not rules.empty:
            content["rules"] = rules.state()
        try:
            with tempfile.TemporaryDirectory(prefix="tabular-twin-") as name, files.replacing(Path(path)) as target:
                joint, own = (None, ()) if self._parts is None else self._parts.save(Path(name))
                models.write(target, content, fakers.state(), joint, own)
        except OSError as error:
            raise WriteError(f"“{path}” cannot be written: {error.strerror or error}.") from error

    @classmethod
    def load(cls, source: str | Path | bytes) -> Synthesizer:
        """Read a model that `save` wrote, from a path or from the zip's bytes.

        Raises ModelError when it is damaged, alien or of a later version, MissingPackageError when its method needs a
        package that is not installed.
        """
        found = loading.load(source)
        twin = cls(found.schema)
        twin.method, twin.settings = found.report.asked, dict(found.report.settings)
        twin._schema, twin._report, twin._parts = found.schema, found.report, found.parts
        twin._fakers, twin._plan = found.fakers, found.rules
        twin._loaded = True
        return twin

    def _fitted(self) -> Fakers:
        if self._fakers is None:
            raise NotFittedError("The model has not been trained yet.")
        return self._fakers

    def _rules(self) -> Plan:
        self._fitted()
        return self._plan or Plan(self.schema.selected)

    def _learned(self, purpose: str) -> Parts:
        self._fitted()
        if self._parts is None:
            raise MethodError(f"No column of this table is learned, so there are no {purpose}.")
        return self._parts


def check_method(method: str, settings: Mapping[str, Any] | None = None) -> None:
    """Raises MethodError for an unknown method, SettingsError for settings that are not its own.

    A method whose package is missing passes: training falls back, and says so.
    """
    if method == AUTO:
        return
    if method not in registry.GENERATORS:
        raise MethodError(f"There is no method “{method}”. Methods: {', '.join([AUTO, *registry.GENERATORS])}.")
    from_mapping(registry.GENERATORS[method].info.settings, settings)


def _made_anew(schema: Schema) -> tuple[str, ...]:
    """The selected columns that fakers make."""
    return tuple(c.name for c in schema if c.selected and not c.kind.modelled)


def _inferred(frame: pd.DataFrame) -> Schema:
    from engine.table.infer import infer_schema

    return infer_schema(frame)


def _pseudonymised(table: pd.DataFrame, schema: Schema, seed: int) -> tuple[pd.DataFrame, Schema]:
    if not any(c.pseudonym for c in schema):
        return table, schema
    from engine.fakers.pseudonyms import pseudonymised

    return pseudonymised(table, schema, seed)


def _fakers(schema: Schema) -> Fakers:
    # Faker is slow to import, and a page that only shows a report has no need of it.
    from engine.fakers import Fakers

    return Fakers(schema.selected)


def _fill(cells: pd.Series, filled: pd.Series) -> pd.Series:
    """Missing cells from `filled`, the others as they were, whatever rounding the method's codec does."""
    return cells.where(cells.notna(), filled.set_axis(cells.index))
