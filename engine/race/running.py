"""The race itself: parts, turns, time, and what came of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from engine import advice, facts
from engine.errors import DataError, FitError, MethodError, NotApplicable
from engine.generators import registry
from engine.generators.base import Capability, Family, GeneratorInfo
from engine.progress import Budget, CancelToken, Listener, Progress
from engine.race.choosing import choose
from engine.race.heat import Heat, HeatFailed
from engine.race.judge import Judge, Judged
from engine.race.result import Entry, RaceResult
from engine.reports import Fallback
from engine.seeds import stream
from engine.table.schema import Schema

log = logging.getLogger(__name__)

SECONDS = 300.0  # for the whole race, where the person did not say
ASIDE = 0.25  # share of the rows that is set aside for judging
ASIDE_MOST = 10_000  # rows
LEAST = 1.0  # seconds of a method whose turn it is
LEAST_DEEP = 10.0  # seconds of a deep method, as long as so many are left
FEWEST = 80  # rows for a race, training and judging together
_STEPS = 100  # of progress per method

# From the usually quickest to the slowest; others of the same family come behind in the registry's order.
PACE: tuple[str, ...] = ("marginals", "copula", "forest", "cascade", "vae", "gan", "transformer")


def hold(
    table: pd.DataFrame,
    schema: Schema,
    *,
    seed: int,
    seconds: float | None = None,
    given: bool = False,
    failed: Sequence[Fallback] = (),
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
    work: Path | None = None,
) -> RaceResult:
    """Race on the rows of a parsed table that a run trains on.

    seconds: for all, SECONDS by default; given: whether the winner has to take given values; failed: methods that
    failed earlier in the same run, which do not race again; work: an existing folder for the processes of deep ones,
    by default the system's for temporary files. It is left as it was, unless this process is killed.
    Raises DataError for a table that is too small, FitError when every method failed, Cancelled.
    """
    modelled = schema.joint
    if len(table) < FEWEST:
        raise DataError(
            f"A race needs at least {FEWEST} rows to learn from and to judge with; here are {len(table)}. "
            "“auto” picks a method without one."
        )
    if not len(modelled):
        raise DataError("No columns of this table are learned together, so there is nothing to race on.")
    parts = _parts(table[list(modelled.names)], seed)
    heat = Heat(parts[0], modelled, seed, cancel, work)
    return _Race(heat, parts[1], Budget(seconds or SECONDS), progress).result(given, failed)


def _parts(table: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What is learned, and what is set aside."""
    count = min(round(len(table) * ASIDE), ASIDE_MOST)
    order = stream(seed, "race", "aside").permutation(len(table))
    learned, aside = np.sort(order[count:]), np.sort(order[:count])
    return table.iloc[learned].reset_index(drop=True), table.iloc[aside].reset_index(drop=True)


def entrants(
    learned: pd.DataFrame, schema: Schema, given: bool, failed: Sequence[Fallback] = ()
) -> tuple[tuple[str, ...], tuple[Entry, ...]]:
    """The methods that race, in order, and those that do not, each with the reason. Raises MethodError for none."""
    known = {failure.method: failure.reason for failure in failed}
    racing: list[str] = []
    others: list[Entry] = []
    for advised in advice.advise(schema, len(learned), facts.look(learned, schema)):
        info = registry.GENERATORS[advised.method].info
        if advised.method in known:
            others.append(Entry(info.key, info.label, "failed", known[advised.method]))
        elif not advised.suited:
            others.append(Entry(info.key, info.label, "not raced", advised.reason))
        elif given and Capability.GIVEN not in info.capabilities:
            others.append(Entry(info.key, info.label, "not raced", "Cannot take given values or balance a column."))
        else:
            racing.append(info.key)
    if not racing:
        raise MethodError("No method that suits this table can do what was asked.")
    return tuple(sorted(racing, key=_pace)), tuple(others)


def _pace(method: str) -> tuple[bool, int, int]:
    """Deep methods last; then by what is usually quicker."""
    deep = registry.GENERATORS[method].info.family is Family.DEEP
    place = PACE.index(method) if method in PACE else len(PACE)
    return deep, place, list(registry.GENERATORS).index(method)


class _Race:
    def __init__(self, heat: Heat, aside: pd.DataFrame, budget: Budget, progress: Listener | None) -> None:
        self._heat, self._aside, self._budget, self._progress = heat, aside, budget, progress
        self._judged: dict[str, Judged] = {}
        self._shares: dict[str, float] = {}
        self._judging = 0.0  # seconds that the latest judging took
        self._overrun = 0.0  # seconds that the latest deep method took beyond its share, such as for its process

    def result(self, given: bool, failed: Sequence[Fallback]) -> RaceResult:
        heat = self._heat
        racing, others = entrants(heat.table, heat.schema, given, failed)
        self._tell(0, len(racing), 0.0, "Measuring what fresh real rows get.")
        try:
            judge = Judge(heat.table, self._aside, heat.schema, heat.seed, self._check)
        except NotApplicable as error:
            raise DataError(f"There is nothing to judge a race by: {error}.") from error
        entries = [self._turn(place, racing, judge) for place in range(len(racing))]
        if not self._judged:
            reasons = " ".join(f"{entry.method}: {entry.reason}" for entry in entries)
            raise FitError(f"Training failed with every method of the race. {reasons}")
        labels = {entry.method: entry.label for entry in entries}
        winner, reason = choose(self._judged, labels, judge.fresh.mark)
        entries = [replace(e, outcome="won") if e.method == winner else e for e in entries]
        return RaceResult(
            winner,
            reason,
            (*entries, *others),
            judge.fresh,
            {"learned": len(heat.table), "aside": len(self._aside)},
            self._budget.seconds or SECONDS,
            self._shares[winner],
            self._budget.spent(),
        )

    def _turn(self, place: int, racing: Sequence[str], judge: Judge) -> Entry:
        """One method's training and judging."""
        self._check()
        info = registry.GENERATORS[racing[place]].info
        if self._budget.over and self._judged:
            return Entry(info.key, info.label, "no time", "The time was over before its turn.")
        share = self._shares[info.key] = self._share(info, len(racing) - place)
        title = f"{place + 1} of {len(racing)}: {info.label}"

        def listener(event: Progress) -> None:
            done = 0.5 * event.share + (0.4 if event.stage == "sample" else 0.0)
            self._tell(place, len(racing), min(done, 0.9), f"{title}. {event.message}".strip())

        self._tell(place, len(racing), 0.0, f"{title}.")
        started = time.monotonic()
        try:
            made = self._heat.run(info.key, share, listener)
        except HeatFailed as error:
            log.warning("Method %s failed in the race: %s", info.key, error)
            return Entry(info.key, info.label, "failed", str(error), time.monotonic() - started)
        seconds = time.monotonic() - started
        self._tell(place, len(racing), 0.9, f"{title}. Judging its rows.")
        if info.family is Family.DEEP:
            self._overrun = max(seconds - share, 0.0)
        found = self._judged[info.key] = judge.judge(made)
        self._judging = time.monotonic() - started - seconds
        return Entry(info.key, info.label, "out" if found.out else "judged", found.out, seconds, found.marks)

    def _share(self, info: GeneratorInfo, to_come: int) -> float:
        """Seconds of the next of so many methods, without those that go to other things than training."""
        left, deep = self._budget.left(), info.family is Family.DEEP
        own = left / to_come - self._judging - (self._overrun if deep else 0.0)
        return max(own, min(left, LEAST_DEEP) if deep else 0.0, LEAST)

    def _tell(self, place: int, racing: int, share: float, message: str) -> None:
        if self._progress is not None:
            step = round(_STEPS * (place + share))
            self._progress(Progress("race", step, _STEPS * racing, message=message))

    def _check(self) -> None:
        if self._heat.cancel is not None:
            self._heat.cancel.check()
