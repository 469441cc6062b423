"""`python -m engine.worker RUN_FOLDER`: carries out one run in a process of its own, and leaves its result behind.

The exit status is 0 when the run's outcome was written, whatever it is. A traceback goes to the log only; the person
gets a sentence.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import files, processes, rows_of_model
from engine.errors import Cancelled, TwinError
from engine.fallback import out_of_memory
from engine.limits import UNLIMITED, Limits
from engine.privatelog import LINE, PrivateFormatter, keep_quiet
from engine.run import execute
from engine.runfolder import EventWriter, FolderAttempts, FolderToken, RunFolder, State

log = logging.getLogger("engine.worker")

BUG = "Something went wrong that should not have; the run's log has the details. Another method may work."
NO_MEMORY = "The computer's memory was not enough. Try fewer rows or columns, or a lighter method."


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("Usage: python -m engine.worker RUN_FOLDER", file=sys.stderr)
        return 2
    _log_privately()
    faulthandler.enable()  # a crash in native code leaves a traceback in the log
    _be_nice()
    _be_first_to_go()
    _be_modest(Limits.from_environment().max_training_bytes)
    folder = RunFolder(Path(arguments[0]))
    with processes.own_temporary(folder.path):
        outcome = run(folder)
    return _tell(folder, *outcome)


def _tell(folder: RunFolder, state: State, message: str) -> int:
    """Leave the last word; the exit status, which says it where the disk takes nothing more."""
    if not state.has_result:
        shutil.rmtree(folder.result, ignore_errors=True)  # what was half written; makes room on a full disk
    try:
        folder.write_outcome(state, message)
    except OSError as error:
        log.exception("The outcome cannot be written.")
        return processes.DISK_FULL if files.no_room(error) else 1
    return 0


def run(folder: RunFolder) -> tuple[State, str]:
    """Carry the run out; its final state and the sentence for the person."""
    events = EventWriter(folder)
    try:
        request = folder.request()
        if not folder.trains:
            rows_of_model.make(request, folder.model, folder.result, progress=events, cancel=FolderToken(folder))
            return State.DONE, ""
        result = execute(
            request,
            folder.table(),
            folder.schema(),
            progress=events,
            cancel=FolderToken(folder),
            folder=folder.result,
            attempts=FolderAttempts(folder, allowed=request.fallback),
        )
    except (Cancelled, KeyboardInterrupt):
        return State.CANCELLED, "Stopped on request."
    except TwinError as error:
        if files.no_room(error):
            return State.FAILED, processes.NO_ROOM
        log.warning("The run failed.", exc_info=True)
        return State.FAILED, str(error)
    except Exception as error:
        if files.no_room(error):
            log.exception("The disk is full.")
            return State.FAILED, processes.NO_ROOM
        if out_of_memory(error):
            log.exception("Memory ran out.")
            return State.FAILED, NO_MEMORY
        log.exception("The run failed unexpectedly.")
        return State.FAILED, BUG
    finally:
        events.close()
    if not result.report.fell_back:
        return State.DONE, ""
    reasons = " ".join(f"“{f.method}” failed: {f.reason}" for f in result.report.fallbacks)
    return State.FELL_BACK, f"{reasons} The table was made by “{result.report.used}” instead."


def _log_privately() -> None:
    keep_quiet()
    handler = logging.StreamHandler()
    handler.setFormatter(PrivateFormatter(LINE))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


def _be_nice() -> None:
    """Leave the processor to the page when both want it."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(10)


def _be_first_to_go() -> None:
    """Where memory runs out for the whole machine, Linux is to end this process and not the page's server."""
    with contextlib.suppress(OSError):  # another system
        Path("/proc/self/oom_score_adj").write_text("500")


def _be_modest(most: int) -> None:
    """Hold the process to `most` bytes of memory of its own, where the system can; what asks for more fails."""
    if most == UNLIMITED or sys.platform in ("win32", "darwin"):
        return
    import resource

    _start_arrow()
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _start_arrow() -> None:
    """Have Arrow start its two threads now: where it is refused one, it waits for ever."""
    import io

    import pyarrow
    import pyarrow.parquet

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    cell = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"cell": [0]}), cell)
    cell.seek(0)
    pyarrow.parquet.read_table(cell)


if __name__ == "__main__":
    sys.exit(main())
