"""Whose turn it is: the order of the queue, fair between owners, and who may wait in it at all.

The next run is one of the owner who has the fewest running; among these, of the one who was served longest ago; of an
owner's runs the oldest first. So an owner with twenty runs in line does not keep one with a single run waiting. Who
an owner is, the caller says: the dashboard has one for each person (see `pages/ui/whose.py`), whatever tables they use.

Memory: each run reserves what it is likely to take. Where it does not fit beside what is running, it waits at the head
of the line, and none overtakes it: else a large run would wait for ever. What all may take together is a setting, or
else most of what the machine has; only a setting has a run refused for an estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine import machine
from engine.errors import JobError, MethodError
from engine.limits import Limits, size
from engine.race import RACE
from engine.runfolder import Record, State
from engine.synthesizer import AUTO

if TYPE_CHECKING:
    import pandas as pd

    from engine.facts import Facts
    from engine.request import RunRequest
    from engine.table.schema import Schema

_SHARE = 0.85  # of the machine's memory, for all trainings together where no setting says how much

Runs = Sequence[tuple[str, Record]]  # ids and how they stand, the oldest first


def in_turn(runs: Runs) -> tuple[str, ...]:
    """The queued runs in the order in which they start, as things stand.

    A run that is to go on with another method after its worker was lost comes first: it had its turn already.
    """
    queued = [(run_id, record) for run_id, record in runs if record.state is State.QUEUED]
    order = [run_id for run_id, record in queued if record.started is not None]
    holding = Counter(r.owner for _, r in runs if r.state is State.RUNNING or (r.state is State.QUEUED and r.started))
    served = {r.owner: (0, r.started) for _, r in sorted(runs, key=lambda run: run[1].started or 0.0) if r.started}
    lines: dict[str, list[tuple[str, Record]]] = {}
    for run_id, record in queued:
        if record.started is None:
            lines.setdefault(record.owner, []).append((run_id, record))
    while lines:
        owner = min(lines, key=lambda o: (holding[o], served.get(o, (0, 0.0)), lines[o][0][1].created))
        order.append(lines[owner].pop(0)[0])
        holding[owner] += 1
        served[owner] = (1, float(len(order)))  # later than all that were ever served
        if not lines[owner]:
            del lines[owner]
    return tuple(order)


def together(limits: Limits) -> int:
    """Bytes that all trainings may take together."""
    return min(limits.max_total_training_bytes, int(_SHARE * machine.memory()))


def each(limits: Limits) -> int:
    """Bytes that one training may take."""
    return min(limits.max_training_bytes, together(limits))


def fits(record: Record, runs: Runs, limits: Limits) -> bool:
    """Whether there is memory for a run beside those that are running; alone it always has it."""
    running = [other.memory for _, other in runs if other.state is State.RUNNING]
    return not running or sum(running) + record.memory <= together(limits)


def may_start(run_id: str, runs: Runs, limits: Limits) -> bool:
    """Whether a run's owner has fewer running than one may have."""
    owner = dict(runs)[run_id].owner
    running = sum(r.state is State.RUNNING and r.owner == owner for _, r in runs)
    return running < limits.max_running_jobs_per_owner


def check_line(runs: Runs, owner: str, limits: Limits) -> None:
    """Raises JobError where no further run may wait."""
    waiting = [record.owner for _, record in runs if record.state is State.QUEUED]
    if waiting.count(owner) >= limits.max_waiting_jobs_per_owner:
        raise JobError(
            f"{limits.max_waiting_jobs_per_owner:,} runs of yours are waiting already, and no more may. Stop one of "
            "them, or wait until one has begun."
        )
    if len(waiting) >= limits.max_waiting_jobs:
        raise JobError(f"The line of this server is full: {len(waiting):,} runs are waiting. Try again in a while.")


def reserve(
    request: RunRequest, table: pd.DataFrame, schema: Schema, limits: Limits, known: Facts | None = None
) -> int:
    """Bytes that a training is to have for itself. table: parsed; known: its facts, where they were looked up before.

    Raises JobError for a training that could never have what it is likely to take, by a limit that was set.
    """
    likely = _likely(request, table, schema, known)
    if likely is None or request.method == RACE:  # a race passes over what does not fit
        return min(likely or unknown(limits), each(limits))
    most = min(limits.max_training_bytes, limits.max_total_training_bytes)
    if likely > most:
        raise JobError(
            f"This training would take about {size(likely)} of memory, and {size(most)} is the most that one may take "
            "on this server. Choose fewer rows or columns, a lighter method, or a smaller setting of it."
        )
    return min(likely, each(limits))


def unknown(limits: Limits) -> int:
    """Bytes for a run of which nothing is known: its share of the whole."""
    return min(limits.max_training_bytes, together(limits) // max(limits.max_running_jobs, 1))


def _likely(request: RunRequest, table: pd.DataFrame, schema: Schema, known: Facts | None) -> int | None:
    """The estimate of memory; None where there is none."""
    from engine.advice import advise, first
    from engine.estimates import of_run
    from engine.facts import look

    if not len(table) or not schema.joint:
        return None
    known = known or look(table, schema)
    methods = [request.method]
    if request.method in {AUTO, RACE}:
        advised = advise(schema, known.rows, known)
        try:
            methods = [first(advised).method] if request.method == AUTO else [a.method for a in advised if a.suited]
        except MethodError:
            return None
    found = [of_run(request, method, known.work) for method in methods]
    return max((estimate.memory for estimate in found if estimate is not None), default=None)
