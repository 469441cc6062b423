"""Limits on what is read and trained, from the environment, with defaults for a small machine."""

from __future__ import annotations

import dataclasses
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import SettingsError

PREFIX = "TABULAR_TWIN_"
UNLIMITED = 2**63 - 1
_NUMBER = re.compile(r"0*[1-9][0-9]*")
_LONGEST = 19  # digits from which on a number may be more than that
_SHOWN = 40  # characters of a value that an error quotes
_CENTURY = 876_600  # hours


@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds, all inclusive. Each can be set by an environment variable, such as TABULAR_TWIN_MAX_BYTES."""

    max_bytes: int = 500_000_000  # of a file as uploaded
    max_unpacked_bytes: int = 2_000_000_000  # of a compressed file once unpacked
    max_cells: int = 50_000_000  # rows times columns
    max_columns: int = 2_000
    max_cell_characters: int = 100_000  # of one cell
    max_rows_to_make: int = 5_000_000  # synthetic rows in one go
    max_running_jobs: int = 2  # trainings at once on this server
    max_running_jobs_per_owner: int = UNLIMITED  # of one person, see `engine.turns`
    max_waiting_jobs: int = 100  # in the line of this server
    max_waiting_jobs_per_owner: int = 20  # of one person, see `engine.turns`
    max_run_seconds: int = 43_200  # from the start of a run to its end
    max_server_bytes: int = (
        UNLIMITED  # of memory of the page's server, see `engine.room`; by default half the machine's
    )
    max_home_bytes: int = 20_000_000_000  # of uploads and runs on disk
    max_library_bytes: int = 2_000_000_000  # of one user's saved datasets, models and reports (see `engine.library`)
    max_training_bytes: int = UNLIMITED  # of memory that one training process may take; by default all together
    max_total_training_bytes: int = (
        UNLIMITED  # of memory that all of them take; by default what the machine has, almost
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Limits:
        """Limits with the environment's values put in; a value that is no positive whole number is SettingsError."""
        environment = os.environ if environment is None else environment
        found: dict[str, int] = {}
        for f in dataclasses.fields(cls):
            text = environment.get(PREFIX + f.name.upper())
            if text is None:
                continue
            if not _NUMBER.fullmatch(text.strip()):
                raise SettingsError(
                    f"{PREFIX}{f.name.upper()} must be a whole number of at least 1, written with digits alone, not "
                    f"“{text[:_SHOWN]}”."
                )
            found[f.name] = int(text) if len(text.strip().lstrip("0")) < _LONGEST else UNLIMITED
        return cls(**found)


def hours(environment: Mapping[str, str], name: str, default: float) -> float:
    """A setting in hours; a value that is no number from 0 to a hundred years is SettingsError."""
    text = environment.get(name, "").strip()
    try:
        found = float(text) if text else default
    except ValueError:
        found = math.nan
    if not 0 <= found <= _CENTURY:
        raise SettingsError(f"{name} must be a number of hours from 0 to {_CENTURY:,}, not “{text[:_SHOWN]}”.")
    return found


def size(bytes_: int) -> str:
    """A number of bytes for people."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if bytes_ >= scale:
            return f"{bytes_ / scale:.3g} {unit}"
    return f"{bytes_} bytes"


def span(seconds: int) -> str:
    """A number of seconds for people."""
    for unit, scale in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * scale:
            return f"{seconds / scale:.3g} {unit}"
    return f"{seconds} seconds" if seconds != 1 else "one second"
