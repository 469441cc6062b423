"""When a method fails in training, the next of a stated chain takes over, and the report says so.

Only failures of the method count. A mistake of the person (a setting out of bounds, a table that no method can take)
is shown to them instead, because another method would only hide it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import FitError, MissingPackageError
from engine.generators import registry
from engine.generators.base import Generator
from engine.progress import Budget, CancelToken, Listener, Progress
from engine.reports import Fallback
from engine.table.schema import Schema

log = logging.getLogger(__name__)

# From the ablest to the one that cannot fail. Keys that are not registered are passed over.
CHAIN: tuple[str, ...] = ("cascade", "forest", "copula", "marginals")

# What a method may raise through no fault of the person. Anything else is a bug and stays loud.
FAILURES: tuple[type[BaseException], ...] = (
    FitError,
    MissingPackageError,
    MemoryError,
    np.linalg.LinAlgError,
    FloatingPointError,
)


def after(method: str) -> tuple[str, ...]:
    """The registered methods to try when `method` fails, in order."""
    chain = CHAIN[CHAIN.index(method) + 1 :] if method in CHAIN else CHAIN
    return tuple(key for key in chain if key in registry.GENERATORS and key != method)


def reason(error: BaseException) -> str:
    """The failure as a sentence for the person."""
    if isinstance(error, MemoryError):
        return "The computer's memory was not enough."
    if isinstance(error, (FitError, MissingPackageError)):
        return str(error)
    return f"The numbers did not work out ({error})."


def fit(
    method: str,
    settings: Mapping[str, Any] | None,
    table: pd.DataFrame,
    schema: Schema,
    *,
    seed: int,
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
    budget: Budget | None = None,
) -> tuple[Generator, tuple[Fallback, ...]]:
    """Train `method` on a parsed table, or the next of the chain that succeeds; also returns what failed and why.

    `settings` are those of `method`; a fallback takes its own defaults. Raises FitError with every reason when the
    whole chain failed.
    """
    failed: list[Fallback] = []
    for key in (method, *after(method)):
        try:
            generator = registry.get(key)(settings if key == method else None)
            return generator.fit(table, schema, seed=seed, progress=progress, cancel=cancel, budget=budget), tuple(
                failed
            )
        except FAILURES as error:
            log.warning("Method %s failed, falling back.", key, exc_info=True)
            failed.append(Fallback(key, reason(error)))
            if progress is not None:
                progress(Progress("train", message=f"{registry.GENERATORS[key].info.label} failed: {reason(error)}"))
    reasons = " ".join(f"{f.method}: {f.reason}" for f in failed)
    raise FitError(f"Training failed with every method. {reasons}")
