"""What the reader guessed, repaired or set aside, as plain data: nothing happens silently."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Severity(StrEnum):
    """info: a guess worth knowing; repaired: the content was mended; warning: look at it yourself."""

    INFO = "info"
    REPAIRED = "repaired"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the reader noticed.

    code: stable name ("ragged_row", "encoding", ...); message: one plain sentence with what was done;
    row: line of the file counted from 1, None when it concerns the whole file; column: its name.
    """

    code: str
    message: str
    severity: Severity = Severity.INFO
    row: int | None = None
    column: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "severity": str(self.severity)}
