"""Tabular Twin's engine: reads a table, learns it, makes a synthetic twin, and measures both.

    import engine

    reading = engine.read_table("people.csv")
    schema = engine.infer_schema(reading.frame)
    twin = engine.Synthesizer(schema, method="forest").fit(reading.frame, seed=0)
    synthetic = twin.sample(1_000, seed=1)
    engine.write_file(synthetic, "twin.csv", schema)

Names are loaded on first use, so that importing the package stays quick and small.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "Condition": "engine.conditions",
    "Limits": "engine.limits",
    "Schema": "engine.table.schema",
    "Column": "engine.table.schema",
    "Kind": "engine.table.schema",
    "Synthesizer": "engine.synthesizer",
    "TwinError": "engine.errors",
    "evaluate": "engine.evaluation",
    "infer_schema": "engine.table.infer",
    "profile_table": "engine.table.profile",
    "read_table": "engine.table.read",
    "write_file": "engine.table.write",
}
__all__ = [
    "Column",
    "Condition",
    "Kind",
    "Limits",
    "Schema",
    "Synthesizer",
    "TwinError",
    "evaluate",
    "infer_schema",
    "profile_table",
    "read_table",
    "write_file",
]
__version__ = "0.1.0"

if TYPE_CHECKING:
    from engine.conditions import Condition
    from engine.errors import TwinError
    from engine.evaluation import evaluate
    from engine.limits import Limits
    from engine.synthesizer import Synthesizer
    from engine.table.infer import infer_schema
    from engine.table.profile import profile_table
    from engine.table.read import read_table
    from engine.table.schema import Column, Kind, Schema
    from engine.table.write import write_file


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'engine' has no attribute {name!r}") from None
    return getattr(importlib.import_module(home), name)
