"""Whether there is a library, where it lies, how much it holds, and how long a deleted entry can be brought back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.limits import Limits, hours

FOLDER = "TABULAR_TWIN_LIBRARY"  # environment variable: the folder; unset or empty: there is no library
UNDO_HOURS = "TABULAR_TWIN_LIBRARY_UNDO_HOURS"  # environment variable
_DAY = 24.0  # hours


@dataclass(frozen=True, slots=True)
class LibrarySettings:
    """quota: bytes that one user's entries may take, deleted ones included until they are removed for good; undo:
    seconds for which a deleted entry can be brought back."""

    folder: Path
    quota: int
    undo: float = _DAY * 3600

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> LibrarySettings | None:
        """None where there is no library. Raises SettingsError for a value that makes no sense."""
        environment = os.environ if environment is None else environment
        if not is_on(environment):
            return None
        folder = Path(environment[FOLDER].strip()).expanduser().absolute()
        return cls(
            folder, Limits.from_environment(environment).max_library_bytes, 3600 * hours(environment, UNDO_HOURS, _DAY)
        )


def is_on(environment: Mapping[str, str] | None = None) -> bool:
    """Whether a folder is set."""
    return bool((os.environ if environment is None else environment).get(FOLDER, "").strip())
