"""Time and peak memory of a run on this machine, told before it starts, and a smaller setting where it would not fit.

Each method tells its cost from the table's facts (`Generator.cost`); a short probe tells how quick this machine is
(`engine.machine`). A run with figures trains and makes rows twice and measures once, which the time shown includes.
What a run really takes depends on what is found on the way (when training stops by itself, say): the aim is a factor
of two, measured by `benchmarks/estimates.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from engine import machine
from engine.generators import registry
from engine.generators.costs import Cost, Work
from engine.machine import Machine
from engine.settings import Settings, describe, from_mapping

if TYPE_CHECKING:
    from engine.run import RunRequest

START = 1.0  # seconds of one core until a worker has loaded the table
_MEASURE, _MEASURE_CELL, _MEASURE_PAIR = 0.1, 1.2e-6, 2e-8  # seconds: in any case, of a cell, of a row and two columns
_FULL_CELL, _FULL_ROWS = 1.1e-4, 15_000  # models that learn do so from so many rows at most
_ATTACK, _ATTACK_PAIR, _POOL = 2.0, 2.5e-9, 7_500  # seconds, per pair of a record and a synthetic row and column
_BASE, _CELL = 140e6, 50.0  # bytes of a worker, and of a cell of the real and the made tables in it
_MEASURE_MEMORY = 90.0  # bytes of a cell while it is measured
_EASE = 0.9  # share of the free memory that a run is offered


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run is likely to need. seconds: of the whole run; trainings: how many it has; memory: bytes at its peak;
    room: bytes that are there for it now."""

    method: str
    seconds: float
    trainings: int
    memory: int
    room: int

    @property
    def fits(self) -> bool:
        return self.memory <= self.room

    def to_json(self) -> dict[str, Any]:
        return {
            "seconds": round(self.seconds, 1),
            "trainings": self.trainings,
            "memory_bytes": self.memory,
            "fits": self.fits,
        }


@dataclass(frozen=True, slots=True)
class Smaller:
    """Settings with which a run needs less memory, and what it needs then. changed: what differs, by name."""

    settings: Mapping[str, Any]
    changed: Mapping[str, Any]
    estimate: Estimate


def of_run(request: RunRequest, method: str, work: Work, on: Machine | None = None) -> Estimate | None:
    """What `request` needs with `method` (never “auto”) on a table, or None where the method tells no cost.

    work: of the whole table; the rows to make are the request's. The settings are the request's where the method is.
    """
    settings = from_mapping(
        registry.GENERATORS[method].info.settings, request.settings if method == request.method else {}
    )
    return _estimate(request, method, settings, work, on or machine.this())


def smaller(request: RunRequest, method: str, work: Work, on: Machine | None = None) -> Smaller | None:
    """The settings nearest to the present ones with which the run fits into memory; None where there are none."""
    on = on or machine.this()
    info = registry.GENERATORS[method].info
    present = from_mapping(info.settings, request.settings if method == request.method else {})
    for lower in _lowered(present, info.lighter):
        found = _estimate(request, method, lower, work, on)
        if found is not None and found.fits:
            changed = {k: v for k, v in lower.to_json().items() if v != present.to_json()[k]}
            return Smaller(lower.to_json(), changed, found)
    return None


def _lowered(settings: Settings, names: tuple[str, ...]) -> Iterator[Settings]:
    """Settings with the first of the names halved again and again down to its bound, then the second as well, ..."""
    fields = {field.name: field for field in describe(type(settings))}
    for name in names:
        low = fields[name].low or 0
        while getattr(settings, name) > low:
            half = fields[name].type(max(getattr(settings, name) / 2, low))
            settings = replace(settings, **{name: half})
            yield settings


def _estimate(request: RunRequest, method: str, settings: Settings, work: Work, on: Machine) -> Estimate | None:
    parts = [(stage, replace(work, rows=rows, made=made)) for stage, rows, made in _stages(request, work.rows)]
    kind = registry.GENERATORS[method]
    costs = {own: kind.cost(settings, own) for _, own in parts}
    told = [cost for cost in costs.values() if cost is not None]
    if len(told) < len(costs):
        return None
    seconds = on.seconds(START) + on.seconds(told[0].start)
    trainings = 0
    for stage, own in parts:
        cost = costs[own]
        assert cost is not None
        seconds += _lasts(stage, own, cost, request, on)
        trainings += stage == "train"
    own_memory = max(cost.memory for cost in told)
    if any(stage == "evaluate" for stage, _ in parts):
        own_memory = max(own_memory, _MEASURE_MEMORY * work.cells)
    made = max(own.cells_made for _, own in parts)
    memory = _BASE + _CELL * max(work.cells, made) + own_memory
    return Estimate(method, seconds, trainings, int(memory), int(_EASE * machine.memory_left()))


def _stages(request: RunRequest, rows: int) -> list[tuple[str, int, int]]:
    """The stages of a run: which, rows to learn from, rows to make."""
    from engine.stages import stages

    names = tuple(name for name in stages(request, rows) if name != "race")  # which has a time of its own
    kept = rows
    if "evaluate" in names or "train again" in names or request.release == "audited":
        kept = rows - _held_out(rows, request.holdout)
    wanted = rows if request.rows is None else request.rows
    made = kept if "evaluate" in names else wanted
    found = []
    for name in names:
        again = name.endswith(" again")
        found.append((name.removesuffix(" again"), rows if again else kept, wanted if again else made))
    if "evaluate" in names and "train again" not in names and wanted != kept:
        found.append(("sample", kept, wanted))  # the measured rows are not those to release
    if "attack" in names:
        for _ in range(_further(request, rows)):
            found += [("train", kept, kept), ("sample", kept, kept)]
    return found


def _further(request: RunRequest, rows: int) -> int:
    """Trainings for the attacks alone (see `engine.splitting`)."""
    from engine.privacy.split import FEWEST, PARTS, POOL
    from engine.splitting import splits_of

    held = rows // PARTS if request.holdout is None else round(rows * request.holdout)
    pool = min(POOL, held)
    return splits_of(request, pool, rows) - 1 if pool >= FEWEST else 0


@lru_cache(64)
def _held_out(rows: int, share: float | None) -> int:
    from engine.run import Split

    return len(Split.of(rows, share, 0).holdout)


def _lasts(stage: str, work: Work, cost: Cost, request: RunRequest, on: Machine) -> float:
    """Seconds of one stage."""
    if stage == "train":
        own = on.seconds(cost.train, cost.products, cost.threads)
        return min(own, cost.most if request.budget is None else request.budget)
    if stage == "sample":
        return on.seconds(cost.make, cost.products)
    if stage == "attack":
        pool = min(_POOL, work.rows / 2)
        return on.seconds(_ATTACK + _ATTACK_PAIR * pool * work.rows * work.columns)
    seconds = _MEASURE + _MEASURE_CELL * work.cells + _MEASURE_PAIR * work.rows * work.columns**2
    if request.depth == "full":
        seconds += _FULL_CELL * min(work.rows, _FULL_ROWS) * work.columns
    return on.seconds(seconds)
