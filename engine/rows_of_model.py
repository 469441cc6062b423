"""A run that trains nothing: more rows from a saved model, in a process of its own."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from engine import figures, files, results
from engine.progress import CancelToken, Listener, Progress
from engine.run import RunRequest
from engine.synthesizer import Synthesizer

STAGES = ("sample",)
ENDED = (  # where the process left no word
    "The making of rows ended without a result, most likely because memory ran out or the server was restarted. "
    "Try again, with fewer rows if need be."
)


def make(
    request: RunRequest,
    model: Path,
    folder: Path,
    *,
    progress: Listener | None = None,
    cancel: CancelToken | None = None,
) -> None:
    """Make the rows that a request asks for, and leave them in `folder` as the result of a run without figures.

    Of the request count rows (None: as many as the model learned), seed, given and balance. Raises what opening the
    model, `RunRequest.check` and making rows raise; Cancelled on request.
    """
    started = time.monotonic()

    def listener(event: Progress) -> None:
        if progress is not None:
            seconds = time.monotonic() - started
            progress(replace(event, stage=STAGES[0], seconds=seconds, message=event.message or "Making rows."))

    listener(Progress(STAGES[0], message="Opening the model."))
    twin = Synthesizer.load(model)
    request.check(twin.schema)
    rows = twin.report.rows if request.rows is None else request.rows
    balance = twin.settled(request.balance)
    table = twin.sample_parsed(
        rows, seed=request.seed, given=request.given, balance=balance, progress=listener, cancel=cancel
    )
    facts = figures.of_sample(
        twin.report,
        rows,
        request.seed,
        request.given,
        {STAGES[0]: time.monotonic() - started},
        figures.balance_facts(request.balance, balance, rows, twin.schema),
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_table(folder / results.SYNTHETIC, table)
    files.write_json(folder / results.EVALUATION, None)
    files.write_json(folder / results.REPORT, twin.report.to_json())
    files.write_json(folder / results.FIGURES, facts)
    files.link(model, folder / results.MODEL)
