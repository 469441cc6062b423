"""The only caller of the engine's slow parts: each answer is kept for a while, and only so many of them.

Tables are kept by the hash of their content, so that a second person with the same sample reads nothing again; runs by
their id, which cannot be guessed. What is handed out is shared: nobody may change it.
"""

from pages.ui.cached.certificates import certificate, kept_certificate
from pages.ui.cached.comparisons import (
    any_missing,
    associations,
    compared,
    distribution,
    given_away,
    in_time,
    mini_chart,
    missing,
    pair,
    projection,
)
from pages.ui.cached.describing import described, described_profile
from pages.ui.cached.keeping import SMALL, TABLES, TIME, kept
from pages.ui.cached.runs import delete_run, delete_runs, housekeep, jobs, real, result, summary
from pages.ui.cached.tables import (
    advice,
    bare,
    cells,
    chosen_schema,
    facts,
    found,
    infinite,
    profile,
    read_as,
    reading,
    recast,
    schema,
    take,
    text_of,
    values,
)
from pages.ui.cached.warming import warm_up

__all__ = [
    "SMALL",
    "TABLES",
    "TIME",
    "advice",
    "any_missing",
    "associations",
    "bare",
    "cells",
    "certificate",
    "chosen_schema",
    "compared",
    "delete_run",
    "delete_runs",
    "described",
    "described_profile",
    "distribution",
    "facts",
    "found",
    "given_away",
    "housekeep",
    "in_time",
    "infinite",
    "jobs",
    "kept",
    "kept_certificate",
    "mini_chart",
    "missing",
    "pair",
    "profile",
    "projection",
    "read_as",
    "reading",
    "real",
    "recast",
    "result",
    "schema",
    "summary",
    "take",
    "text_of",
    "values",
    "warm_up",
]
