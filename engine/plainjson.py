"""JSON that may come from anyone: as data of bounded size and depth."""

from __future__ import annotations

import json
from typing import Any

MOST_VALUES = 10_000_000  # empty lists take the most memory for their text, 20 times as much: 640 MB of them


def loads(body: bytes) -> Any:
    """What the JSON says. Raises ValueError where it is damaged, nested too deeply, or holds too many values."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise ValueError(f"it holds more than {MOST_VALUES:,} values")
    try:
        return json.loads(body)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
