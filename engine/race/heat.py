"""One method's heat: train it on the training part and let it make as many rows, here or in a process of its own."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from engine import fallback
from engine.generators import registry
from engine.generators.base import Family
from engine.progress import Budget, CancelToken, Listener
from engine.table.schema import Schema

if TYPE_CHECKING:
    import subprocess

    from engine.runfolder import RunFolder

GRACE = 180.0  # seconds that a process may take beyond twice its share, for its start and for making rows
_LOOK = 0.1  # seconds between two looks at a process


class HeatFailed(Exception):
    """The method gave up, through no fault of the person; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Heat:
    """What every method gets: the parsed training part with its schema, all of modelled kinds, and the seed.

    work: an existing folder for processes, None for the system's temporary one. A killed run cannot tidy up, so where
    there is a run's own folder, real rows are written nowhere else.
    """

    table: pd.DataFrame
    schema: Schema
    seed: int
    cancel: CancelToken | None = None
    work: Path | None = None

    def run(self, method: str, seconds: float, progress: Listener) -> pd.DataFrame:
        """As many made rows as there are. seconds: the method's share. Raises HeatFailed, Cancelled."""
        if registry.GENERATORS[method].info.family is Family.DEEP:
            return self._apart(method, seconds, progress)
        return self._here(method, seconds, progress)

    def _here(self, method: str, seconds: float, progress: Listener) -> pd.DataFrame:
        how = {"seed": self.seed, "progress": progress, "cancel": self.cancel}
        try:
            model = registry.get(method)().fit(self.table, self.schema, budget=Budget(seconds), **how)  # type: ignore[arg-type]
            return model.sample(len(self.table), **how)  # type: ignore[arg-type]
        except Exception as error:
            if isinstance(error, fallback.FAILURES) or fallback.out_of_memory(error):
                raise HeatFailed(fallback.reason(error)) from error
            raise

    def _apart(self, method: str, seconds: float, progress: Listener) -> pd.DataFrame:
        """A run in a folder of its own (see `engine.runfolder`), without figures and without fallback."""
        from engine import processes, results
        from engine.run import RunRequest
        from engine.runfolder import RunFolder

        request = RunRequest(
            method, seed=self.seed, holdout=0.0, budget=seconds, figures=False, charts=False, fallback=False
        )
        with tempfile.TemporaryDirectory(prefix="tabular-twin-race-", dir=self.work) as name:
            folder = RunFolder(Path(name) / Path(name).name)
            folder.create(request, self.table, self.schema)
            child = processes.start(folder.path, folder.log, module=__name__, leashed=True)
            try:
                self._follow(child, folder, 2 * seconds + GRACE, progress)
            finally:
                processes.kill(child.pid, folder.path)
                code = child.wait()
                if child.stdin is not None:
                    child.stdin.close()
            outcome = folder.outcome()
            if outcome is None:
                raise HeatFailed(processes.end_reason(code))
            if not outcome.state.has_result:
                raise HeatFailed(outcome.message)
            return results.load(folder.result, self.schema).synthetic

    def _follow(self, child: subprocess.Popen[bytes], folder: RunFolder, patience: float, progress: Listener) -> None:
        """Until the process ends; what it tells is passed on."""
        started, offset = time.monotonic(), 0
        while child.poll() is None:
            if self.cancel is not None:
                self.cancel.check()
            if time.monotonic() - started > patience:
                raise HeatFailed(f"It did not end within {patience:.0f} seconds.")
            events, offset = folder.events(offset)
            if events:
                progress(events[-1])
            time.sleep(_LOOK)


def main() -> int:
    """`python -m engine.race.heat RUN_FOLDER`: a worker that ends with the process that started it."""
    from engine import worker

    threading.Thread(target=_leash, daemon=True).start()
    return worker.main()


def _leash() -> None:
    """The starting process holds the other end of stdin, so its end is its death."""
    import os

    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
