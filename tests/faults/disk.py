"""Disks that fail from their k-th operation on.

A full one takes no new files, folders or names; deleting works. One that stands still changes in no way any more: what
lies there is what a process leaves that is killed at this point.
"""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_WRITES = set("wax+")


class Full:
    """Counts the operations that need room below a folder, and refuses those from number `after` on."""

    def __init__(self, below: Path, after: float) -> None:
        self.below, self.after, self.count = str(below), after, 0

    def take(self, path: Any) -> None:
        if not str(os.fspath(path)).startswith(self.below):
            return
        self.count += 1
        if self.count > self.after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def guarded(self, real: Callable[..., Any], at: int = 0) -> Callable[..., Any]:
        """A function of paths that needs room for the one in place `at`."""

        def call(*args: Any, **kwargs: Any) -> Any:
            self.take(args[at])
            return real(*args, **kwargs)

        return call

    def opened(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
            if _WRITES & set(mode) and not isinstance(file, int):
                self.take(file)
            return real(file, mode, *args, **kwargs)

        return call

    def opened_raw(self, real: Callable[..., int]) -> Callable[..., int]:
        def call(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & os.O_CREAT:
                self.take(path)
            return real(path, flags, *args, **kwargs)

        return call


@contextmanager
def full(below: Path, after: float = 0, *, still: bool = False) -> Iterator[Full]:
    """The disk below a folder is full, or stands still, after so many operations."""
    disk = Full(below, after)
    with pytest.MonkeyPatch.context() as patch:
        deleting = (("unlink", 0), ("remove", 0), ("rmdir", 0)) if still else ()
        for name, at in (("mkdir", 0), ("replace", 1), ("rename", 1), ("link", 1), *deleting):
            patch.setattr(os, name, disk.guarded(getattr(os, name), at))
        patch.setattr(os, "open", disk.opened_raw(os.open))
        patch.setattr(io, "open", disk.opened(io.open))
        patch.setattr(builtins, "open", io.open)
        yield disk


def every_point(below: Path, act: Callable[[], object], look: Callable[[int], None], *, still: bool = False) -> int:
    """Try `act` on a disk that fails at once, then after one operation, and so on until it succeeds.

    look: called after each failure, with room again; returns how many operations the act takes.
    """
    for after in range(10_000):
        with full(below, after, still=still) as disk:
            act()
        if disk.count <= after:
            return after
        look(after)
    raise AssertionError("it never succeeds")
