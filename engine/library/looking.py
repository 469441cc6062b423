"""`python -m engine.library.looking FOLDER`: looks into an entry's model and writes down what the page shows of it.

A process of its own, for a deep model brings a framework with it that the dashboard must not load.

    model.zip         read
    schema.json       written: the columns of the model
    passport.parquet  written: every real value that it holds, see `engine.passport`
    preview.parquet   written: some rows of it, made without given values, for the inputs of the page
    report.json       written: the report of its training
    problem.txt       written instead where the model cannot be opened: a sentence for the person
"""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import files, passport, processes
from engine.errors import LibraryError, TwinError
from engine.privatelog import keep_quiet
from engine.synthesizer import Synthesizer

log = logging.getLogger(__name__)

MODEL, SCHEMA, PASSPORT, PREVIEW, REPORT = (
    "model.zip",
    "schema.json",
    "passport.parquet",
    "preview.parquet",
    "report.json",
)
PREVIEW_ROWS = 1_000
_PROBLEM, _LOG = "problem.txt", "look.log"
_PATIENCE = 300.0  # seconds


def look(folder: Path) -> None:
    """Have a process of its own look into the model in `folder`. Raises LibraryError when it cannot be opened."""
    written_log = folder / _LOG
    child = processes.start(folder, written_log, module="engine.library.looking")
    try:
        status = child.wait(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        raise LibraryError("Looking into the model took too long, so it was not saved.") from None
    finally:
        processes.kill(child.pid, folder)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(timeout=5.0)
    problem = folder / _PROBLEM
    if problem.exists():
        raise LibraryError(f"The model cannot be opened, so it was not saved: {problem.read_text(encoding='utf-8')}")
    if status != 0:
        said = written_log.read_text(encoding="utf-8", errors="replace")
        log.warning("Looking into a model ended with exit status %s: %s", status, said)
        raise LibraryError("The model could not be looked into, so it was not saved; most likely memory ran out.")
    written_log.unlink(missing_ok=True)


def written(folder: Path) -> None:
    """What the process does."""
    twin = Synthesizer.load(folder / MODEL)
    files.write_json(folder / SCHEMA, twin.schema.to_json())
    files.write_json(folder / REPORT, twin.report.to_json())
    with files.replacing(folder / PASSPORT) as part:
        passport.write(part, twin.passport())
    files.write_table(folder / PREVIEW, twin.sample_parsed(PREVIEW_ROWS))


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Usage: python -m engine.library.looking FOLDER", file=sys.stderr)
        return 2
    keep_quiet()
    folder = Path(arguments[0])
    try:
        with processes.own_temporary(folder):
            written(folder)
    except TwinError as error:
        (folder / _PROBLEM).write_text(str(error), encoding="utf-8")
    except OSError as error:
        (folder / _PROBLEM).write_text(f"{error.strerror or error}.", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
