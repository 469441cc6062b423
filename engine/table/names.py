"""Column names that are unique and not empty, with a finding for each that had to be changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.table.layout import JOINT
from engine.table.notes import Notes, excerpt

_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def join_headers(rows: Sequence[Sequence[str | None]]) -> list[str]:
    """One name per column from several header rows; a group title that spans columns is repeated for each."""
    filled = [*(_spread(row) for row in rows[:-1]), list(rows[-1])]
    names = []
    for parts in zip(*filled, strict=True):
        words = [p.strip() for p in parts if p is not None and p.strip()]
        distinct = [w for i, w in enumerate(words) if i == 0 or w != words[i - 1]]
        names.append(JOINT.join(distinct))
    return names


def _spread(row: Sequence[str | None]) -> list[str | None]:
    """Titles carried to the right over the empty cells behind them."""
    out: list[str | None] = []
    for cell in row:
        out.append(cell if cell is not None and cell.strip() else (out[-1] if out else None))
    return out


def clean_names(raw: Sequence[object], notes: Notes, *, row: int | None = None) -> list[str]:
    """Trimmed, without control characters; empty ones become column_3, repeated ones name_2."""
    names: list[str] = []
    taken = {_plain(name) for name in raw}
    used: set[str] = set()
    for place, original in enumerate(raw, start=1):
        name = _plain(original)
        if not name:
            name = _free(f"column_{place}", used | taken)
            notes.repaired("empty_name", f"Column {place} has no name; it is called “{name}”.", row=row, column=name)
        elif name in used:
            title, name = name, _next_free(name, used | taken)
            message = f"The name “{excerpt(title)}” appears more than once; column {place} is called “{excerpt(name)}”."
            notes.repaired("duplicate_name", message, row=row, column=name)
        elif name != original:
            message = f"Blanks or control characters around the name “{excerpt(name)}” were removed."
            notes.add("trimmed_name", message, row=row, column=name)
        used.add(name)
        names.append(name)
    return names


def _plain(name: object) -> str:
    return "" if name is None else _CONTROLS.sub(" ", str(name)).strip()


def _free(name: str, used: set[str]) -> str:
    return name if name not in used else _next_free(name, used)


def _next_free(name: str, used: set[str]) -> str:
    number = 2
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"
