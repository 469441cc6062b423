"""`python -m tests.engine.waiting_worker RUN_FOLDER`: the worker, with a forest and a cascade that wait in training.

They wait until the training is cancelled, or asked to end with what it has. So a run is caught in training however fast
the computer is, on a table of some rows, and nothing is computed meanwhile.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import pandas as pd

from engine import worker
from engine.generators import registry
from engine.progress import Reporter
from tests.engine.doubles import Rows


class Waiting(Rows):
    def _fit(self, table: pd.DataFrame, schema: Any, **how: Any) -> None:
        reporter = Reporter("wait", 0, how["progress"], how["cancel"])
        while not how["cancel"].finishing:
            time.sleep(0.02)
            reporter.step()
        self.table = table


def waiting(key: str) -> type[Waiting]:
    """In the place of the method of that key, with its settings."""
    settings = registry.GENERATORS[key].info.settings
    return type("Waiting", (Waiting,), {"info": replace(Rows.info, key=key, settings=settings)})


if __name__ == "__main__":
    for key in ("forest", "cascade"):
        registry.GENERATORS[key] = waiting(key)
    sys.exit(worker.main())
