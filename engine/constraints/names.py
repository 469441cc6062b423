"""Column names inside rules as text: bare where they are one plain word, else between backticks."""

from __future__ import annotations

import re
from typing import Any

WORD = re.compile(r"[^\W\d]\w*")
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "missing", "if", "then", "else", "true", "false"})


def written_name(name: str) -> str:
    """The name as a rule has it; a backtick inside is doubled."""
    if WORD.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    doubled = name.replace("`", "``")
    return f"`{doubled}`"


def written_text(text: str) -> str:
    """Text between double quotes; a quote inside is doubled."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def written_value(value: Any) -> str:
    """A number or date as a rule has it: plain digits, or the ISO form."""
    if isinstance(value, (int, float)):
        import numpy as np

        return str(value) if isinstance(value, int) else np.format_float_positional(value, trim="-")
    text = str(value.isoformat())
    return text.removesuffix("T00:00:00")
