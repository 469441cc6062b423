"""`python -m tests.faults.dying_workers FOLDER STAGE ...`: the worker of each FOLDER, killed when it tells of STAGE.

All of them are forked from this process, so that the engine is loaded once. Prints how each ended.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from engine import worker
from engine.progress import Progress
from engine.runfolder import EventWriter


class Dying(EventWriter):
    stage = ""

    def __call__(self, event: Progress) -> None:
        super().__call__(event)
        if event.stage == self.stage:
            os.kill(os.getpid(), signal.SIGKILL)


def main(arguments: list[str]) -> None:
    worker.EventWriter = Dying  # type: ignore[misc]
    for folder, stage in zip(arguments[::2], arguments[1::2], strict=True):
        pid = os.fork()
        if pid == 0:
            Dying.stage = stage
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 2)
            os._exit(worker.main([str(Path(folder))]))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
