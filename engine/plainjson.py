"""JSON that may come from anyone: as data of bounded size and depth."""

from __future__ import annotations

import json
import re
from typing import Any

_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")  # may be one half of a surrogate pair, without the other
MOST_VALUES = 10_000_000  # empty lists take the most memory for their text, 20 times as much: 640 MB of them


def loads(body: bytes) -> Any:
    """What the JSON says.

    Raises ValueError where it is damaged, nested too deeply, holds too many values, or text that nothing can show.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise ValueError(f"it holds more than {MOST_VALUES:,} values")
    try:
        found = json.loads(body)
        if _HALF.search(body) or b"\0" in body:  # UTF-16 has zero bytes
            json.dumps(found, ensure_ascii=False).encode()  # half a character is a UnicodeEncodeError, a ValueError
        return found
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
