"""Mends single records whose number of fields is wrong, and says what was done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine.table.fitting import Looks, Placed, pad, rejoin
from engine.table.notes import counted, excerpt
from engine.table.oddrows import WRAPPERS
from engine.table.records import Dialect, Field, Record, split, split_literal

_MOST_SURPLUS = 8  # more fields too many than this, or than the table has columns, and the row is set aside
_OTHER_DELIMITERS = (",", ";", "\t", "|", ":", "^", "~", " ")
_LEAST_FIT = 0.75  # of what good rows reach, for another reading of the line to be believed
_CLEAR_LEAD = 0.2


@dataclass(frozen=True, slots=True)
class Mended:
    """The row's cells (None: set aside), a code and a sentence for the finding, and whether it is beyond doubt."""

    cells: list[Field] | None
    code: str
    message: str
    sure: bool = True


class Mender:
    """Knows the table's dialect, names and looks; `mend` gives a row of the right width, or sets it aside."""

    def __init__(self, dialect: Dialect, names: Sequence[str], looks: Looks, typical: float) -> None:
        self._dialect, self._names, self._looks = dialect, names, looks
        self._width = looks.width
        self._typical = typical  # the fit that good rows have

    def mend(self, record: Record) -> Mended:
        steps: tuple[Callable[[Record], Mended | None], ...] = (
            self._trailing_delimiters,
            self._read_otherwise,
            self._two_rows_in_one,
            self._too_short,
            self._too_long,
        )
        return next(m for step in steps if (m := step(record)) is not None)

    def fits(self, fields: Sequence[Field]) -> bool:
        return len(fields) == self._width and self._looks.row(fields) >= _LEAST_FIT * self._typical

    def _trailing_delimiters(self, record: Record) -> Mended | None:
        extra = record.fields[self._width :]
        if not extra or any(f is not None and f.strip() for f in extra):
            return None
        kept = record.fields[: self._width]
        others = any(f is None for f in kept)
        if others and not self.fits(kept):
            return None  # the delimiter too many may stand further left
        surplus = counted(len(extra), "empty field too many at the end was", "empty fields too many at the end were")
        return Mended(kept, "ragged_row", f"{surplus} dropped.")

    def _read_otherwise(self, record: Record) -> Mended | None:
        """Another quote, escape or delimiter on this line alone."""
        for dialect, what in self._other_dialects(record):
            fields, _ = split(record.text, dialect, cautious=True)
            if self.fits(fields):
                return Mended(fields, "other_dialect", f"This line has {what}; it was read that way.")
        for opening, closing in WRAPPERS if self._dialect.quote else ():
            if opening != closing and opening in record.text and closing in record.text:
                own = str(self._dialect.quote)
                fields, _ = split(record.text.replace(opening, own).replace(closing, own), self._dialect, cautious=True)
                if self.fits(fields):
                    return Mended(
                        fields,
                        "other_dialect",
                        f"This line has {opening}…{closing} as its quotes; it was read that way.",
                    )
        fields = split_literal(record.text, self._dialect)
        if record.odd and self.fits(fields):
            return Mended(fields, "stray_quote", "A quote without its partner was taken for text.")
        return None

    def _other_dialects(self, record: Record) -> list[tuple[Dialect, str]]:
        own, found = self._dialect, []
        if own.quote and "\\" in record.text and not own.escape:
            found.append((replace(own, escape="\\"), "quotes escaped by a backslash"))
        if own.escape:
            found.append((replace(own, escape=None), "doubled quotes"))
        for quote in ('"', "'", "`"):
            if quote != own.quote and record.text.count(quote) >= 2:
                found.append((replace(own, quote=quote), f"{quote} as its quote"))
        for mark in _OTHER_DELIMITERS:
            if mark != own.delimiter and record.text.count(mark) >= self._width - 1 > 0:
                title = {"\t": "tabs", " ": "blanks"}.get(mark, f"“{mark}”")
                found.append((replace(own, delimiter=mark, collapse=False), f"{title} as its delimiter"))
        return found

    def _two_rows_in_one(self, record: Record) -> Mended | None:
        if len(record.fields) != 2 * self._width or self._width < 2:
            return None
        first, second = record.fields[: self._width], record.fields[self._width :]
        if not (self.fits(first) and self.fits(second)):
            return None
        return Mended([*first, *second], "joined_rows", "Two rows stood on one line; they were taken apart.")

    def _too_short(self, record: Record) -> Mended | None:
        missing = self._width - len(record.fields)
        if missing <= 0:
            return None
        placed = pad(record.fields, self._looks)
        gaps = ", ".join(f"“{excerpt(self._names[c], most=30)}”" for c in placed.gaps[:5])
        more = f" and {len(placed.gaps) - 5} more" if len(placed.gaps) > 5 else ""
        message = f"The row has {len(record.fields)} of {self._width} fields; {gaps}{more} left empty."
        return Mended(placed.cells, "ragged_row", message, sure=placed.gaps[-1] == self._width - 1)

    def _too_long(self, record: Record) -> Mended:
        surplus = len(record.fields) - self._width
        if surplus > min(_MOST_SURPLUS, self._width):
            count = f"{len(record.fields)} fields instead of {self._width}"
            message = f"The row has {count} and was set aside: {excerpt(record.text)}"
            return Mended(None, "set_aside", message, sure=False)
        placed = rejoin(record.fields, self._looks, self._dialect.delimiter or " ")
        placed = replace(placed, cells=[self._without_opening(c) for c in placed.cells])
        return Mended(placed.cells, "ragged_row", self._long_message(record, placed), placed.lead >= _CLEAR_LEAD)

    def _without_opening(self, cell: Field) -> Field:
        """A quote that opened a field is no part of it, nor are those that close it, were it once too often."""
        quote = self._dialect.quote
        if not cell or not quote or not cell.startswith(quote):
            return cell
        if cell.count(quote) == 1:
            return cell[1:] or None
        if cell.endswith(quote * 2) and cell.count(quote) == 3:
            return cell[1:-2] or None
        return cell

    def _long_message(self, record: Record, placed: Placed) -> str:
        where = " and ".join(
            f"“{excerpt(self._names[c], most=30)}” (now “{excerpt(placed.cells[c] or '', most=40)}”)"
            for c in placed.joined
        )
        return f"The row has {len(record.fields)} fields instead of {self._width}; the surplus was joined into {where}."
