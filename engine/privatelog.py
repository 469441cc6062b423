"""Logs without a word of the table: of an error they hold where it came from and its kind, never what it says.

The text of an error often quotes a cell or a column ("could not convert string to float: '1,5'"), and logs are kept,
copied and read by others than data.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from types import TracebackType

LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PrivateFormatter(logging.Formatter):
    """A formatter that leaves out what exceptions say."""

    def formatException(self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | object) -> str:
        error = ei[1] if isinstance(ei, tuple) else None
        return "" if error is None else trace(error)


class PrivateFilter(logging.Filter):
    """The same for loggers whose formatter belongs to others."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = trace(record.exc_info[1])
            record.exc_info = None
        return True


def trace(error: BaseException) -> str:
    """The traceback of an error and of those that led to it, the first one first, with the kinds of errors only."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    chain = []
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    for one in reversed(chain):
        lines.append("Traceback (most recent call last):\n")
        lines.extend(traceback.format_tb(one.__traceback__))
        lines.append(f"{type(one).__module__}.{type(one).__qualname__}{_number(one)}\n")
    lines.append("(What errors say is left out: it may quote data.)")
    return "".join(lines)


def _number(error: BaseException) -> str:
    """What the system says, without the name of the file."""
    if not isinstance(error, OSError) or error.errno is None:
        return ""
    return f": {os.strerror(error.errno)}"


def keep_quiet() -> None:
    """Have an error that ends this process, or a thread of it, leave its trace on stderr, without what it says."""
    sys.excepthook = _hook
    threading.excepthook = _hook_of_thread


def _hook(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    print(trace(error.with_traceback(where)), file=sys.stderr)


def _hook_of_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not issubclass(ended.exc_type, SystemExit):
        _hook(ended.exc_type, ended.exc_value, ended.exc_traceback)
