"""When a method fails in training, the next of a stated chain takes over, and the report says so.

Only failures of the method count. A mistake of the person (a setting out of bounds, a table that no method can take)
is shown to them instead, because another method would only hide it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.errors import FitError, MissingPackageError
from engine.generators import registry
from engine.generators.base import Family, Generator
from engine.progress import Budget, CancelToken, Listener, Progress
from engine.reports import Fallback
from engine.table.schema import Schema

log = logging.getLogger(__name__)

# From the ablest to the one that cannot fail. A method of the chain is followed by those behind it, any other (the deep
# ones) by all of it. Keys that are not registered are passed over.
CHAIN: tuple[str, ...] = ("cascade", "forest", "copula", "marginals")

# What a method may raise through no fault of the person, beside `out_of_memory`. Anything else is a bug and stays loud.
FAILURES: tuple[type[BaseException], ...] = (
    FitError,
    MissingPackageError,
    MemoryError,
    np.linalg.LinAlgError,
    FloatingPointError,
)

# A deep method may learn nothing in its time, so it leaves some to the next; the others end with what they have.
RESERVE = 0.2  # share of the budget
RESERVE_MOST = 60.0  # seconds

# The frameworks' own errors, known by name so that none has to be imported.
_OUT_OF_MEMORY = frozenset({"OutOfMemoryError", "ResourceExhaustedError"})
_ALLOCATION = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "bad_alloc",
    "bad allocation",
    "can't start new thread",
    "failed to launch worker thread",
    "cannot allocate memory",
    "failed to map segment",
    "memory allocation still failed",
)


class Attempts:
    """What the trainings of one run have tried in vain; they share it, so that none tries a failed method again.

    failed: before this process began; allowed: whether another method may take over at all.
    """

    def __init__(self, failed: Sequence[Fallback] = (), *, allowed: bool = True) -> None:
        self.failed = tuple(failed)
        self.allowed = allowed

    def begins(self, method: str) -> None:
        """`method` is about to be trained."""

    def fails(self, failure: Fallback) -> None:
        self.failed = (*self.failed, failure)

    def ran_out(self) -> None:
        """Memory ran out, and much of it may not come back in this process."""

    def ends(self) -> None:
        """The training is over, with a model or with an error."""


def after(method: str) -> tuple[str, ...]:
    """The registered methods to try when `method` fails, in order."""
    chain = CHAIN[CHAIN.index(method) + 1 :] if method in CHAIN else CHAIN
    return tuple(key for key in chain if key in registry.GENERATORS and key != method)


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out: Python's own error, torch's, TensorFlow's, or that of a C++ library below them."""
    if isinstance(error, MemoryError) or _OUT_OF_MEMORY & {kind.__name__ for kind in type(error).__mro__}:
        return True
    native = isinstance(error, (RuntimeError, ImportError, OSError))
    native = native or type(error).__name__ in {"LightGBMError", "ArrowException"}
    return native and speaks_of_memory(str(error))


def speaks_of_memory(text: str) -> bool:
    """Whether a library's last words say that it was refused memory, or a thread."""
    return any(words in text.lower() for words in _ALLOCATION)


def reason(error: BaseException) -> str:
    """The failure as a sentence for the person."""
    if out_of_memory(error):
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
    attempts: Attempts | None = None,
) -> tuple[Generator, tuple[Fallback, ...]]:
    """Train `method` on a parsed table, or the next of the chain that succeeds; also returns what failed and why.

    `settings` are those of `method`; a fallback takes its own defaults. attempts: methods that failed earlier in the
    same run are passed over. Raises FitError with every reason when the whole chain failed, and the method's own error
    where no other may take over.
    """
    attempts = Attempts() if attempts is None else attempts
    known = {failure.method for failure in attempts.failed}
    try:
        for key in (key for key in (method, *after(method)) if key not in known):
            late = budget is not None and budget.over
            own = _own_time(key, budget, attempts)
            attempts.begins(key)
            try:
                generator = registry.get(key)(settings if key == method else None)
                generator.fit(table, schema, seed=seed, progress=progress, cancel=cancel, budget=own)
            except Exception as error:
                if not (isinstance(error, FAILURES) or out_of_memory(error)) or not attempts.allowed:
                    raise
                _tell(key, error, attempts, progress)
                if out_of_memory(error):
                    attempts.ran_out()
                continue
            if late and attempts.failed:
                generator.notes.append(_LATE)
            return generator, attempts.failed
    finally:
        attempts.ends()
    reasons = " ".join(f"{f.method}: {f.reason}" for f in attempts.failed)
    raise FitError(f"Training failed with every method. {reasons}")


_LATE = "The time was over when this method took over, so it learned only what it learns in any case."


def _own_time(key: str, budget: Budget | None, attempts: Attempts) -> Budget | None:
    """The budget of one method of the chain: a deep one leaves a part to those after it."""
    if budget is None or budget.seconds is None or not attempts.allowed:
        return budget
    if key not in registry.GENERATORS or registry.GENERATORS[key].info.family is not Family.DEEP:
        return budget
    return Budget(budget.left() - min(budget.left() * RESERVE, RESERVE_MOST))


def _tell(key: str, error: Exception, attempts: Attempts, progress: Listener | None) -> None:
    log.warning("Method %s failed, falling back.", key, exc_info=True)
    attempts.fails(Fallback(key, reason(error)))
    if progress is not None:
        progress(Progress("train", message=f"{registry.GENERATORS[key].info.label} failed: {reason(error)}"))
