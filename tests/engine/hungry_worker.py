"""`python -m tests.engine.hungry_worker RUN_FOLDER`: the worker, with methods that do not keep to what they may take.

The run's seed says how much: the forest takes so many megabytes itself, the cascade so many in each of two processes of
its own, and both wait until they are stopped or asked to finish. The copula computes without end and listens to nobody.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

from engine import worker
from engine.generators import registry
from engine.generators.base import Generator
from tests.engine.waiting_worker import Waiting, waiting

_MEGABYTE = 10**6
_CHILD = "import sys, time; held = b'x' * int(sys.argv[1]); time.sleep(1_000)"


class Hungry(Waiting):
    def _fit(self, table: pd.DataFrame, schema: Any, *, seed: int, **how: Any) -> None:
        held = np.ones(seed * _MEGABYTE // 8)
        super()._fit(table, schema, seed=seed, **how)
        del held


class Parent(Waiting):
    def _fit(self, table: pd.DataFrame, schema: Any, *, seed: int, **how: Any) -> None:
        for _ in range(2):
            subprocess.Popen([sys.executable, "-c", _CHILD, str(seed * _MEGABYTE)])
        super()._fit(table, schema, seed=seed, **how)


class Endless(Waiting):
    def _fit(self, table: pd.DataFrame, schema: Any, **how: Any) -> None:
        number = 0
        while True:
            number = (number * 31 + int(time.time())) % 1_000_003


def in_place_of(key: str, double: type[Generator]) -> type[Generator]:
    return type(double.__name__, (double,), {"info": waiting(key).info})


if __name__ == "__main__":
    for key, double in (("forest", Hungry), ("cascade", Parent), ("copula", Endless)):
        registry.GENERATORS[key] = in_place_of(key, double)
    sys.exit(worker.main())
