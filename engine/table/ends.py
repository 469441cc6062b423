"""What stands behind a table without being a row of it: totals and footers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from engine.table.cells import EMPTY, MISSING, NUMBER, look
from engine.table.records import Field
from engine.table.scan import TEXT_TYPE, Mask

_TOTALS = frozenset(
    {"total", "totals", "grand total", "sub-total", "subtotal", "sum", "sums", "summe", "gesamt", "gesamtsumme"}
    | {"insgesamt", "totaux", "total général", "somme", "average", "averages", "mean", "durchschnitt", "moyenne"}
    | {"media", "promedio", "totale", "somma", "suma", "totaal"}
)
_LEFT = 5  # such a word stands in one of so many columns at the left
_FOOTER = re.compile(
    r"(source|quelle|note|notes|generated|created|exported|end of|eof|copyright|\(c\)|©|rows?:|count:|\(?\d+ rows|"
    r"last updated|data (from|provided)|disclaimer|hinweis|fuente|\*|--|==)",
    re.IGNORECASE,
)
_TOTALS_ARRAY = pa.array(sorted(_TOTALS), TEXT_TYPE)
_FOOTER_RE2 = r"^[\s\pZ\x0b\x1c-\x1f\x{85}]*(?i:" + _FOOTER.pattern.replace(r"\d", r"\p{Nd}") + ")"


def looks_like_total(fields: Sequence[Field]) -> bool:
    """Whether a row looks like a line of totals: one such word, and else only numbers or nothing."""
    if not any(f is not None and f.strip(" :").lower() in _TOTALS for f in fields[:_LEFT]):
        return False
    words = [f for f in fields if f is not None and f.strip() and look(f) not in (NUMBER, MISSING)]
    return len(words) == 1 < len(fields)


def begins_like_footer(fields: Sequence[Field]) -> bool:
    """Whether the first word is one that remarks below a table begin with."""
    return bool(fields) and fields[0] is not None and _FOOTER.match(fields[0].lstrip()) is not None


def may_be_ends(table: pa.Table) -> Mask:
    """The rows of which `looks_like_total` or `begins_like_footer` may be true, and some more."""
    found: Mask = pc.fill_null(pc.match_substring_regex(table.column(0), _FOOTER_RE2), False).to_numpy()
    for cells in table.columns[:_LEFT]:
        found = found | pc.is_in(pc.utf8_lower(pc.utf8_trim(cells, " :")), _TOTALS_ARRAY).to_numpy()
    return found


def looks_like_footer(fields: Sequence[Field], width: int, *, lone_text: bool = True) -> bool:
    """Whether a line behind a table of `width` columns is a remark: it begins like one, or is a lone piece of text.

    lone_text: whether the latter is enough.
    """
    filled = [f for f in fields if f is not None and f.strip()]
    first = filled[0].strip() if filled else ""
    if looks_like_total([*fields, None]) or (len(filled) < width and _FOOTER.match(first)):
        return True
    return lone_text and len(filled) == 1 and width >= 3 and look(first) not in (NUMBER, EMPTY)
