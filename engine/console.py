"""What the command line says: results on stdout, notes and progress on stderr, figures as JSON."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from engine import files
from engine.errors import WriteError
from engine.progress import Progress
from engine.race import RACE

_ORDERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
PROGRAM = "python -m engine"


def speak_utf8() -> None:
    """UTF-8 on both streams, whatever the locale says; what UTF-8 cannot hold (half a character) is spelt out."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def say(text: str = "") -> None:
    print(harmless(text))


def note(text: str) -> None:
    print(harmless(text), file=sys.stderr)


def harmless(text: str) -> str:
    """Text that no terminal takes for an order: control characters but line ends and tabs are spelt out, and so are
    marks that turn the direction of writing."""
    return _ORDERS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Rows of text as aligned columns; the last column is not padded."""
    lines = [tuple(header), *(tuple(_one_line(cell) for cell in row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    widths[-1] = 0
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def plain(value: Any) -> Any:
    """Anything that figures hold, as strict JSON: not-a-number and infinity become null, dates ISO text."""
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):  # numpy
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def dumps(data: Any) -> str:
    return json.dumps(plain(data), ensure_ascii=False, indent=1, allow_nan=False)


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none. Raises WriteError."""
    try:
        with files.replacing(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WriteError(f"“{path}” cannot be written: {error.strerror or error}.") from error


class Bar:
    """A progress listener that draws a bar per stage on a terminal, and is quiet elsewhere."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._bar: Any = None
        self._stage = ""

    def __call__(self, event: Progress) -> None:
        if not self._shown:
            return
        if self._bar is None or event.stage != self._stage:
            self._begin(event)
        if event.total and self._bar.total != event.total:
            self._bar.reset(event.total)
        self._bar.n = event.step
        self._bar.set_postfix({k: f"{v:.4g}" for k, v in event.losses.items()}, refresh=False)
        if event.stage == RACE:
            self._bar.set_postfix_str(event.message, refresh=False)
        self._bar.refresh()

    def _begin(self, event: Progress) -> None:
        from tqdm import tqdm

        self.close()
        self._stage = event.stage
        self._bar = tqdm(total=event.total or None, desc=event.stage.capitalize(), file=sys.stderr, leave=False)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
