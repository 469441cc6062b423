"""Columns that are learned on their own, at the person's wish, beside those that are learned together.

Each such column has a generator of its own; those of the method "pattern" share one, since they move together in time.
What is learned apart is drawn independently of all else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import MethodError, ModelError, SchemaError
from engine.generators import registry
from engine.seeds import stream
from engine.table.schema import Column, Schema

if TYPE_CHECKING:
    from engine.conditions import Condition
    from engine.generators.base import Generator
    from engine.progress import Budget, CancelToken, Listener

PATTERN, MARGINALS = "pattern", "marginals"


@dataclass(frozen=True)
class Parts:
    """The generators of a table's learned columns: `joint` for those learned together, `own` for the others."""

    names: tuple[str, ...]  # all learned columns in the schema's order
    joint: Generator | None
    own: tuple[Generator, ...] = ()

    @property
    def generators(self) -> tuple[Generator, ...]:
        return self.own if self.joint is None else (self.joint, *self.own)

    def holder(self, column: str) -> Generator:
        """The generator that knows a column."""
        for generator in self.generators:
            if generator.schema is not None and column in generator.schema:
                return generator
        raise SchemaError(f"Column “{column}” is not learned.", column=column)

    def sample(
        self,
        n: int,
        *,
        seed: int,
        given: Sequence[Condition] = (),
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """Exactly `n` parsed rows of all learned columns; each condition goes to the generator of its column."""
        made = []
        for place, generator in enumerate(self.generators):
            asked = [c for c in given if self.holder(c.column) is generator]
            listener = progress if generator is self.joint or self.joint is None else None
            made.append(
                generator.sample(n, seed=self._seed(seed, place), given=asked, progress=listener, cancel=cancel)
            )
        return (pd.concat(made, axis=1) if len(made) > 1 else made[0])[list(self.names)]

    def going_on(self) -> frozenset[str]:
        """Columns whose values may lie beyond the observed range: time that goes on."""
        return frozenset().union(*[generator.going_on() for generator in self.generators])

    def passport(self) -> dict[str, list[Any]]:
        return {name: values for generator in self.generators for name, values in generator.passport().items()}

    def log_likelihood(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """(rows,) natural log of each row's likelihood, parts being independent. Raises MethodError if one has none."""
        return np.asarray(sum(generator.log_likelihood(table) for generator in self.generators))

    def impute(
        self,
        table: pd.DataFrame,
        *,
        seed: int,
        progress: Listener | None = None,
        cancel: CancelToken | None = None,
    ) -> pd.DataFrame:
        """The learned columns with missing cells filled in. Raises MethodError where a part has no likelihoods."""
        filled = [
            generator.impute(table, seed=self._seed(seed, place), progress=progress, cancel=cancel)
            for place, generator in enumerate(self.generators)
        ]
        return pd.concat(filled, axis=1)[list(self.names)]

    def _seed(self, seed: int, place: int) -> int:
        """One part's own seed: parts of the same method would else draw the same numbers."""
        generator = self.generators[place]
        return seed if generator is self.joint else int(stream(seed, "own", *_names(generator)).integers(2**63))

    def methods(self) -> dict[str, str]:
        """Columns learned on their own, each with its method's key."""
        return {name: generator.info.key for generator in self.own for name in _names(generator)}

    def save(self, folder: Path) -> tuple[Path | None, list[Path]]:
        """Write the generators into new folders of `folder`; gives that of `joint`, if there is one, and of `own`."""
        folders, joint = [], None
        if self.joint is not None:
            joint = folder / "joint"
            joint.mkdir()
            self.joint.save(joint)
        for place, generator in enumerate(self.own):
            (folder / f"own-{place}").mkdir()
            generator.save(folder / f"own-{place}")
            folders.append(folder / f"own-{place}")
        return joint, folders


def check(schema: Schema) -> None:
    """Raises SchemaError where a column's own method or distribution cannot be."""
    for column in schema.selected:
        if column.method and not column.modelled:
            raise SchemaError(
                f"Column “{column.name}” is {column.kind} and made anew, so it cannot have a method of its own.",
                column=column.name,
            )
        if column.distribution:
            _check_distribution(column)


def _check_distribution(column: Column) -> None:
    from engine.generators.marginals import BEST, EMPIRICAL, FAMILY_KEYS

    if column.method != MARGINALS:
        raise SchemaError(
            f"Column “{column.name}”: a distribution goes with the method {MARGINALS} only.", column=column.name
        )
    known = (BEST, EMPIRICAL, *FAMILY_KEYS)
    if column.distribution not in known:
        raise SchemaError(
            f"Column “{column.name}”: there is no distribution “{column.distribution}”. Possible: {', '.join(known)}.",
            column=column.name,
        )
    if not column.kind.numeric:
        raise SchemaError(
            f"Column “{column.name}” is {column.kind}; only numbers and dates can have a distribution chosen.",
            column=column.name,
        )


def check_given(schema: Schema, columns: Sequence[str]) -> None:
    """Raises MethodError for a given or balanced column whose own method cannot take given values."""
    from engine.generators.base import Capability

    for name in columns:
        method = schema[name].method
        if method and Capability.GIVEN not in registry.GENERATORS[method].info.capabilities:
            label = registry.GENERATORS[method].info.label
            raise MethodError(f"Column “{name}” is learned on its own by {label}, which cannot take given values.")


def fit(
    table: pd.DataFrame,
    schema: Schema,
    joint: Callable[[pd.DataFrame, Schema], Generator],
    *,
    seed: int,
    cancel: CancelToken | None,
    budget: Budget,
) -> Parts:
    """Train all parts on a parsed table: first the columns that stand alone, then by `joint` those learned together."""
    own = []
    for columns in groups(schema):
        names, settings = [c.name for c in columns], _settings(columns[0])
        generator = registry.get(columns[0].method)(settings)
        part = Schema(columns, schema.name)
        purpose = int(stream(seed, "own", *names).integers(2**63))
        own.append(generator.fit(table[names], part, seed=purpose, cancel=cancel, budget=budget))
    together = schema.joint
    learned = joint(table[list(together.names)], together) if len(together) else None
    return Parts(schema.modelled.names, learned, tuple(own))


def groups(schema: Schema) -> list[tuple[Column, ...]]:
    """The columns that are learned apart, each alone, but those of "pattern" together."""
    apart = [c for c in schema.modelled if c.method]
    moving = tuple(c for c in apart if c.method == PATTERN)
    return [*((c,) for c in apart if c.method != PATTERN), *((moving,) if moving else ())]


def _settings(column: Column) -> Mapping[str, Any]:
    return {"numbers": column.distribution} if column.method == MARGINALS and column.distribution else {}


def notes(parts: Parts) -> list[str]:
    """Plain sentences on what was learned apart."""
    told = []
    for generator in parts.own:
        named = " and ".join([", ".join(f"“{n}”" for n in _names(generator)[:-1]), f"“{_names(generator)[-1]}”"])
        many = len(_names(generator)) > 1
        told.append(
            f"{'Columns' if many else 'Column'} {named if many else named.removeprefix(' and ')} "
            f"{'were' if many else 'was'} learned apart from the others by {generator.info.label}, as you chose."
        )
        told += [*generator.notes, *_missed(generator)]
    return told


def _missed(generator: Generator) -> list[str]:
    """Where the distribution that was asked for cannot hold the values."""
    asked = getattr(generator.settings, "numbers", "best")
    fits = getattr(generator, "fits", ())
    return [
        f"Column “{fit.column}”: {fit.chosen}, because {fit.reason}."
        for fit in fits
        if asked not in ("best", "empirical") and fit.chosen == "empirical" and fit.limit is None
    ]


def load(schema: Schema, joint: Generator | None, folders: Sequence[Path]) -> Parts:
    """The inverse of `Parts.save`. Raises ModelError when the parts do not fit together."""
    wanted = groups(schema)
    if len(folders) != len(wanted):
        raise ModelError("The saved model is damaged: it lacks columns that are learned apart.")
    own = []
    for folder, columns in zip(folders, wanted, strict=True):
        generator = registry.get(columns[0].method).load(folder)
        if generator.schema is None or generator.schema.names != tuple(c.name for c in columns):
            raise ModelError("The saved model is damaged: its parts know different columns.")
        own.append(generator)
    return Parts(schema.modelled.names, joint, tuple(own))


def _names(generator: Generator) -> tuple[str, ...]:
    assert generator.schema is not None
    return generator.schema.names
