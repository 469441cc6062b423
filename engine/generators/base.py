"""The contract of every generator: two public verbs that keep the books, two hooks that hold the maths.

A new method is one file with one subclass, and one line in `registry.py`; the contract tests, the form on the page and
the command line follow by themselves. Keep the module's own imports light: the dashboard imports every generator for
its `info`. Heavy packages (scipy, scikit-learn, LightGBM, torch, TensorFlow) are imported inside `_fit` and `_sample`,
or live in a helper module that these import.
"""

from __future__ import annotations

import importlib.util
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.conditions import Condition
from engine.errors import ConditionError, DataError, MethodError, NotFittedError
from engine.generators import bundle
from engine.generators.costs import Cost, Work
from engine.progress import Budget, CancelToken, Listener
from engine.settings import Settings, from_mapping
from engine.table.schema import Schema


class Family(StrEnum):
    STATISTICAL = "statistical"
    DEEP = "deep"
    PRIVATE = "private"


class Capability(StrEnum):
    """What a method can do beyond fit and sample; contract tests follow the declaration."""

    GIVEN = "given"  # sample(given=...)
    LIKELIHOOD = "likelihood"  # log_likelihood(table)
    IMPUTE = "impute"  # impute(table)
    TRAIN_ON = "train on"  # train_on(table)


@dataclass(frozen=True, slots=True)
class GeneratorInfo:
    """Plain facts about a method, cheap to load."""

    key: str  # stable name: on the command line, in saved models
    label: str  # for people
    family: Family
    advanced: bool  # "standard" or "advanced" on the configure page
    summary: str  # one sentence: how it works
    when: str  # one sentence: which data it suits
    holds: str  # one sentence: which real values the saved model keeps
    source: str  # paper or library of the method
    settings: type[Settings]
    capabilities: frozenset[Capability] = frozenset()
    packages: tuple[str, ...] = ()  # import names that must be installed
    min_rows: int = 2
    lighter: tuple[str, ...] = ()  # numeric settings that need less memory when lowered, the least harmful first

    def missing_packages(self) -> tuple[str, ...]:
        return tuple(p for p in self.packages if importlib.util.find_spec(p) is None)

    def lacking(self) -> str:
        """What a method that cannot run here needs, for sentences: "torch, which is not installed"."""
        missing = self.missing_packages()
        return f"{' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed"


class Generator(ABC):
    """Learns the joint distribution of a parsed table's columns and makes new rows.

    Tables given to `fit` are parsed (`Schema.parse`) and hold exactly the schema's columns, all of modelled kinds;
    tables returned by `sample` are too.
    """

    info: ClassVar[GeneratorInfo]

    def __init__(self, settings: Settings | Mapping[str, Any] | None = None) -> None:
        kind = self.info.settings
        self.settings: Any = settings if isinstance(settings, kind) else from_mapping(kind, settings)  # type: ignore[arg-type]
        self.schema: Schema | None = None
        self.notes: list[str] = []  # plain sentences on what happened in training, for the report

    @classmethod
    def cost(cls, settings: Any, work: Work) -> Cost | None:
        """What `fit` and `sample` need, from a formula (see `engine.generators.costs`); None where nobody measured.

        settings: of the method's own kind.
        """
        return None

    def fit(
        self,
        table: pd.DataFrame,
        schema: Schema,
        *,
        seed: int,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
        budget: Budget | None = None,
    ) -> Self:
        """Train on (rows, columns). Same table, schema, settings and seed give the same model.

        Raises DataError for a table the method cannot take, FitError when training fails, Cancelled on request.
        """
        if list(table.columns) != list(schema.names):
            raise DataError("The table's columns are not those of the schema; parse it first.")
        for column in schema:
            if not column.kind.modelled:
                raise DataError(f"Column “{column.name}” is {column.kind}; it is made anew, not learned.")
        if not len(schema):
            raise DataError("There is no column to learn.")
        if len(table) < self.info.min_rows:
            raise DataError(f"{self.info.label} needs at least {self.info.min_rows} rows; the table has {len(table)}.")
        self.notes = []
        self.schema = schema
        try:
            self._fit(
                table.reset_index(drop=True),
                schema,
                seed=seed,
                progress=progress,
                cancel=cancel,
                budget=budget or Budget(),
            )
        except BaseException:
            self.schema = None  # a half-trained model is no model
            raise
        return self

    def sample(
        self,
        n: int,
        *,
        seed: int,
        given: Sequence[Condition] = (),
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """Exactly `n` new rows as a parsed table; every condition of `given` holds in every row.

        Raises ConditionError, naming the condition, when it cannot be fulfilled.
        """
        schema = self._fitted_schema()
        if n < 0:
            raise DataError(f"The number of rows must be 0 or more, not {n}.")
        if given and Capability.GIVEN not in self.info.capabilities:
            raise MethodError(f"{self.info.label} cannot take given values; choose a method that can.")
        names = [condition.column for condition in given]
        for name in names:
            if name not in schema:
                raise ConditionError(f"Column “{name}” is not part of the model.", column=name)
            if names.count(name) > 1:
                raise ConditionError(
                    f"Column “{name}” is given twice; use one condition, such as a range.", column=name
                )
        table = self._sample(n, seed=seed, given=tuple(given), progress=progress, cancel=cancel)
        if len(table) != n or list(table.columns) != list(schema.names):
            raise AssertionError(f"{self.info.key} made {table.shape}, asked were {n} rows of {schema.names}")
        return table.reset_index(drop=True)

    def log_likelihood(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """(rows,) natural log of each row's likelihood under the model, on the model's own cells; higher is likelier.

        Likelihoods of one model compare rows with each other, not models. Raises MethodError when the method has none.
        """
        self._able(Capability.LIKELIHOOD, "has no likelihoods")
        return self._log_likelihood(self._own(table))

    def impute(
        self,
        table: pd.DataFrame,
        *,
        seed: int,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """The parsed table with every missing cell drawn from its distribution given the row's other cells."""
        self._able(Capability.IMPUTE, "cannot fill in missing cells")
        return self._impute(self._own(table), seed=seed, progress=progress, cancel=cancel)

    def train_on(
        self,
        table: pd.DataFrame,
        *,
        seed: int,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
        budget: Budget | None = None,
    ) -> Self:
        """Learn from added rows as well, going on from the present state; the earlier rows are not needed again.

        table: parsed, with the model's columns. Settings, cells and labels stay those of the first training: raises
        DataError for labels that it did not see. When training fails or is cancelled, the model is as it was before.
        """
        self._able(Capability.TRAIN_ON, "cannot be trained on")
        own = self._own(table)
        if not len(own):
            raise DataError("There are no rows to train on with.")
        notes = list(self.notes)
        try:
            self._train_on(own, seed=seed, progress=progress, cancel=cancel, budget=budget or Budget())
        except BaseException:
            self.notes = notes
            raise
        return self

    def _able(self, capability: Capability, lack: str) -> None:
        self._fitted_schema()
        if capability not in self.info.capabilities:
            raise MethodError(f"{self.info.label} {lack}; choose a method that can.")

    def _own(self, table: pd.DataFrame) -> pd.DataFrame:
        """The model's columns of `table`, in its order."""
        names = list(self._fitted_schema().names)
        for name in names:
            if name not in table:
                raise DataError(f"The table has no column “{name}”, which the model knows.", column=name)
        return table[names].reset_index(drop=True)

    def save(self, folder: Path) -> None:
        """Write the model as JSON and arrays into an existing, empty folder. Never pickle."""
        schema = self._fitted_schema()
        bundle.write(
            folder,
            {
                "key": self.info.key,
                "settings": self.settings.to_json(),
                "schema": schema.to_json(),
                "notes": list(self.notes),
                "state": self._state(),
            },
        )

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a model that `save` wrote. Raises ModelError when it is damaged or of another method."""
        data = bundle.read(folder)
        with bundle.reading():
            if data["key"] != cls.info.key:
                raise MethodError(f"This model was made by “{data['key']}”, not by “{cls.info.key}”.")
            model = cls(data["settings"])
            model.schema = Schema.from_json(data["schema"])
            model.notes = list(data["notes"])
            model._set_state(data["state"])
        return model

    def going_on(self) -> frozenset[str]:
        """Columns whose made values may lie beyond the observed range: time that goes on. No others do."""
        self._fitted_schema()
        return frozenset()

    def passport(self) -> dict[str, list[Any]]:
        """Every real value that the saved model holds, per column, as text or numbers."""
        self._fitted_schema()
        return self._passport()

    def _fitted_schema(self) -> Schema:
        if self.schema is None:
            raise NotFittedError(f"{self.info.label} has not been trained yet.")
        return self.schema

    @abstractmethod
    def _fit(
        self,
        table: pd.DataFrame,
        schema: Schema,
        *,
        seed: int,
        progress: Listener | None,
        cancel: CancelToken | None,
        budget: Budget,
    ) -> None: ...

    @abstractmethod
    def _sample(
        self,
        n: int,
        *,
        seed: int,
        given: tuple[Condition, ...],
        progress: Listener | None,
        cancel: CancelToken | None,
    ) -> pd.DataFrame: ...

    def _log_likelihood(self, table: pd.DataFrame) -> NDArray[np.float64]:
        raise AssertionError(f"{self.info.key} declares likelihoods but has none")

    def _impute(
        self, table: pd.DataFrame, *, seed: int, progress: Listener | None, cancel: CancelToken | None
    ) -> pd.DataFrame:
        raise AssertionError(f"{self.info.key} declares imputation but has none")

    def _train_on(
        self,
        table: pd.DataFrame,
        *,
        seed: int,
        progress: Listener | None,
        cancel: CancelToken | None,
        budget: Budget,
    ) -> None:
        """Leaves the model as it was where it raises."""
        raise AssertionError(f"{self.info.key} declares training on but has none")

    @abstractmethod
    def _state(self) -> dict[str, Any]:
        """What `_set_state` needs: nested dicts and lists of JSON values and numpy arrays."""

    @abstractmethod
    def _set_state(self, state: dict[str, Any]) -> None: ...

    @abstractmethod
    def _passport(self) -> dict[str, list[Any]]: ...
