"""Finds the most fitting way to put a row's fields into the table's columns when their number is wrong.

The good rows of the sample show what each column holds; a row with too many or too few fields is then aligned so that
its cells look like their columns, by dynamic programming over fields and columns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from engine.table.cells import EMPTY, MISSING, NUMBER, TEXT, look
from engine.table.records import Field

_CLOSED_SET = 30  # a column with at most so many values in many rows is a category
_END_BONUS = 0.4  # missing fields at the end of a row are far more usual than elsewhere
_DROP_COST = 0.15
_JOIN_COST = 0.05


@dataclass(frozen=True, slots=True)
class Placed:
    """The row's cells in the table's columns, how well they fit (0 to 1), and the lead over the next best way."""

    cells: list[Field]
    fit: float
    lead: float
    joined: tuple[int, ...] = ()  # columns (from 0) whose cell was put together
    gaps: tuple[int, ...] = ()  # columns left empty


class Looks:
    """What the columns look like, learned from good rows."""

    def __init__(self, rows: Sequence[Sequence[Field]], width: int) -> None:
        self.width = width
        self._rows = max(len(rows), 1)
        self._kinds = [Counter(look(row[c]) for row in rows) for c in range(width)]
        values = [Counter(row[c] for row in rows if row[c] is not None) for c in range(width)]
        self._known = [set(v) if len(v) <= max(_CLOSED_SET, 1) and len(v) * 2 < len(rows) else None for v in values]

    def cell(self, value: Field, column: int) -> float:
        """How well one cell suits its column, 0 to 1."""
        kind, kinds, known = look(value), self._kinds[column], self._known[column]
        if kind in (EMPTY, MISSING):
            return 0.25 + 0.75 * min(1.0, 4 * (kinds[EMPTY] + kinds[MISSING]) / self._rows)
        filled = self._rows - kinds[EMPTY] - kinds[MISSING]
        share = kinds[kind] / filled if filled > 0 else 0.5
        if known is not None and value in known:
            return 1.0
        penalty = 0.6 if known is not None and kind == TEXT else 1.0
        return penalty * (0.05 + 0.9 * share)

    def row(self, fields: Sequence[Field]) -> float:
        """Mean over the cells of a row that has the right number."""
        return sum(self.cell(f, c) for c, f in enumerate(fields)) / max(len(fields), 1)

    def number_like(self, column: int) -> bool:
        kinds = self._kinds[column]
        filled = self._rows - kinds[EMPTY] - kinds[MISSING]
        return filled > 0 and kinds[NUMBER] >= 0.9 * filled


def pad(fields: Sequence[Field], looks: Looks) -> Placed:
    """A row with too few fields: gaps where the other fields fit best, at the end unless that is clearly worse."""
    width, count = looks.width, len(fields)
    plain = [*fields, *[None] * (width - count)]
    end_score = sum(looks.cell(f, c) for c, f in enumerate(fields)) + _END_BONUS
    best, places = _best_gaps(fields, looks)
    if best <= end_score:
        return Placed(plain, end_score / width, end_score - best, gaps=tuple(range(count, width)))
    cells: list[Field] = [None] * width
    for field, place in zip(fields, places, strict=True):
        cells[place] = field
    gaps = tuple(c for c in range(width) if c not in places)
    return Placed(cells, best / width, best - end_score, gaps=gaps)


def _best_gaps(fields: Sequence[Field], looks: Looks) -> tuple[float, list[int]]:
    """Columns for the fields, in order, with the highest summed fit (gaps count nothing)."""
    width, count = looks.width, len(fields)
    # score[f][c]: the best for the first f fields within the first c columns.
    score = [[0.0] * (width + 1) for _ in range(count + 1)]
    for f in range(1, count + 1):
        for c in range(f, width - count + f + 1):
            take = score[f - 1][c - 1] + looks.cell(fields[f - 1], c - 1)
            skip = score[f][c - 1] if c > f else float("-inf")
            score[f][c] = max(take, skip)
    places: list[int] = []
    f, c = count, width
    while f:
        if c > f and score[f][c] == score[f][c - 1]:
            c -= 1
            continue
        places.append(c - 1)
        f, c = f - 1, c - 1
    return score[count][width], places[::-1]


def rejoin(fields: Sequence[Field], looks: Looks, delimiter: str) -> Placed:
    """A row with too many fields: neighbours put together again (or an empty one dropped) where that fits best."""
    width, surplus = looks.width, len(fields) - looks.width
    pieces = {(i, n): _piece(fields[i : i + n], delimiter) for i in range(len(fields)) for n in range(1, surplus + 2)}
    # ways[c]: by number of fields used, the two best (score, sizes of the pieces) for the first c columns.
    ways: dict[int, list[tuple[float, tuple[int, ...]]]] = {0: [(0.0, ())]}
    for c in range(width):
        following: dict[int, list[tuple[float, tuple[int, ...]]]] = {}
        for used, options in ways.items():
            for n in range(1, surplus - (used - c) + 2):
                if used + n > len(fields) or (used, n) not in pieces:
                    continue
                text, bonus = pieces[used, n]
                gain = looks.cell(text, c) + bonus
                following.setdefault(used + n, []).extend((s + gain, (*sizes, n)) for s, sizes in options)
        ways = {used: sorted(options, reverse=True)[:2] for used, options in following.items()}
    options = ways[len(fields)]
    best, sizes = options[0]
    lead = best - options[1][0] if len(options) > 1 else 1.0
    return _assemble(sizes, pieces, best / width, lead)


def _assemble(
    sizes: Sequence[int], pieces: dict[tuple[int, int], tuple[Field, float]], fit: float, lead: float
) -> Placed:
    cells, joined, position = [], [], 0
    for column, size in enumerate(sizes):
        cells.append(pieces[position, size][0])
        if size > 1:
            joined.append(column)
        position += size
    return Placed(cells, fit, lead, joined=tuple(joined))


def _piece(fields: Sequence[Field], delimiter: str) -> tuple[Field, float]:
    """Several fields as one cell, with what speaks for (a blank behind the delimiter) or against it."""
    if len(fields) == 1:
        return fields[0], 0.0
    filled = [f for f in fields if f]
    if len(filled) <= 1:
        return (filled[0] if filled else None), -_DROP_COST * (len(fields) - 1)
    text = delimiter.join(f or "" for f in fields)
    blanks = sum(bool(f) and str(f).startswith(" ") for f in fields[1:])
    return text, 0.3 * blanks - _JOIN_COST * (len(fields) - 1)
