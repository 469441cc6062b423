"""A disk that is full from its k-th operation on: files and folders are neither made, nor written, nor renamed."""

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
def full(below: Path, after: float = 0) -> Iterator[Full]:
    """The disk below a folder is full after so many operations; deleting works, as on a real one."""
    disk = Full(below, after)
    with pytest.MonkeyPatch.context() as patch:
        for name, at in (("mkdir", 0), ("replace", 1), ("rename", 1), ("link", 1)):
            patch.setattr(os, name, disk.guarded(getattr(os, name), at))
        patch.setattr(os, "open", disk.opened_raw(os.open))
        patch.setattr(io, "open", disk.opened(io.open))
        patch.setattr(builtins, "open", io.open)
        yield disk


def every_point(below: Path, act: Callable[[], object], look: Callable[[int], None]) -> int:
    """Try `act` on a disk that is full at once, then after one operation, and so on until it succeeds.

    look: called after each failure, with room again; returns how many operations the act takes.
    """
    for after in range(10_000):
        with full(below, after) as disk:
            act()
        if disk.count <= after:
            return after
        look(after)
    raise AssertionError("it never succeeds")
