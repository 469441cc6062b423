"""What a column of words is: categories, keys or free text."""

from __future__ import annotations

from engine.table import dtypes, keys, tokens
from engine.table.cellfacts import Cells
from engine.table.names_hint import hints
from engine.table.notes import excerpt
from engine.table.numberguess import odd_among_numbers
from engine.table.schema import TEXT, Column, Kind

_KEY_ROWS = 5
_SAMPLE = 2_000  # distinct cells whose words are counted
_LONG = 60  # characters on average, from which cells are prose
_WORDY = 2.5  # words on average, from which different cells are free text


def words(cells: Cells) -> Column:
    """The last attempt, which always finds something."""
    missing = tokens.among_words(list(cells.found), cells.distinct)
    if cells.storage != TEXT:
        missing = [cell for cell in missing if cell]  # an empty text of a typed source is not an absent one
    kept = [cell for cell in cells.found if cell not in missing]
    levels = len(cells.distinct) + len(kept)
    known = cells.known + sum(cells.found[cell] for cell in kept)
    shape = _Shape(cells, levels, known)
    if hints(cells).key and shape.one_piece and shape.digits and keys.is_shared(cells):
        return keys.shared(cells, missing)
    kind, reason, confidence = _choice(cells, shape)
    if cells.rows == 1:
        confidence = min(confidence, 0.3)
    return Column(
        cells.name,
        kind,
        cells.storage,
        pattern=keys.pattern_of(cells.distinct) if kind is Kind.IDENTIFIER else None,
        levels=dtypes.levels_of(cells.values),
        missing_tokens=cells.token_tuple(missing),
        reason=reason + _remark(cells) + cells.note(missing),
        confidence=confidence,
    )


class _Shape:
    """Lengths, words and repetition of the distinct cells."""

    def __init__(self, cells: Cells, levels: int, known: int) -> None:
        self.levels, self.known = levels, known
        step = max(1, len(cells.distinct) // _SAMPLE)
        sample, counts = cells.distinct.iloc[::step].tolist(), cells.counts[::step]
        weights = counts / max(counts.sum(), 1)
        self.length = float(sum(weights * [len(c) for c in sample]))
        self.words = float(sum(weights * [len(c.split()) for c in sample]))
        self.digits = sum(any(map(str.isdigit, c)) for c in sample) > 0.9 * len(sample)
        self.one_piece = not bool(cells.distinct.str.contains(r"\s", regex=True).any())
        self.share = levels / known if known else 0.0


def _choice(cells: Cells, shape: _Shape) -> tuple[Kind, str, float]:
    if _is_key(cells, shape):
        return Kind.IDENTIFIER, _key_reason(cells), 0.95 if hints(cells).key else 0.85
    repeats = _repeats(shape)
    if shape.length > _LONG and shape.share > 0.1:
        return Kind.TEXT, f"long texts, {repeats}", 0.9
    if shape.share > 0.5 and shape.levels > 20 and shape.words >= _WORDY:
        return Kind.TEXT, f"several words a cell, {repeats}", 0.9
    if shape.share > 0.8 and shape.levels > 50:
        if shape.digits and shape.one_piece:
            return Kind.CATEGORICAL, f"codes, {repeats}, hardly any twice", 0.5
        return Kind.TEXT, f"{repeats}, hardly any twice", 0.6
    return Kind.CATEGORICAL, repeats, 0.95 if shape.share < 0.1 else 0.7


def _repeats(shape: _Shape) -> str:
    if shape.levels == 1:
        return f"one value in {shape.known:,} cells"
    return f"{shape.levels:,} different values in {shape.known:,} cells"


def _remark(cells: Cells) -> str:
    """Why cells that look like numbers are none."""
    odd = odd_among_numbers(cells.distinct) if len(cells.distinct) else []
    if odd:
        shown = ", ".join(f"“{excerpt(cell)}”" for cell in odd[:3]) + (", …" if len(odd) > 3 else "")
        return f"; all but {shown} are numbers"
    digits = all(map(str.isdigit, cells.distinct.head(20))) and cells.distinct.str.fullmatch(r"[0-9]+").all()
    return "; leading zeros are kept" if digits and cells.distinct.str.match(r"0[0-9]").any() else ""


def _is_key(cells: Cells, shape: _Shape) -> bool:
    """All different, in one piece, and made like keys or called so."""
    if not cells.unique or len(cells.distinct) < _KEY_ROWS or cells.known < 0.95 * cells.rows:
        return False
    if not shape.one_piece or shape.length > 80:
        return False
    return hints(cells).key or shape.digits


def _key_reason(cells: Cells) -> str:
    if keys.is_uuid(cells.distinct):
        return "UUIDs, all different"
    return "all different, in one piece, and made like keys"
