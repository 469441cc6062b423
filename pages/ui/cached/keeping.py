"""How much is kept for speed and how long, and letting go of it where memory is wanted."""

from __future__ import annotations

from typing import Protocol, TypeVar

TABLES = 3  # whole tables held in memory
SMALL = 24  # profiles, comparisons and the like
TIME = 1800.0  # seconds; as text, Streamlit would load pandas to read it


class _Cache(Protocol):
    def clear(self) -> None: ...


C = TypeVar("C", bound=_Cache)
_KEPT: list[_Cache] = []


def kept(cache: C) -> C:
    """Marks a cache as one to empty where memory is wanted for something else."""
    _KEPT.append(cache)
    return cache


def let_go() -> None:
    """Empty what is kept for speed, where memory is wanted for something else."""
    for cache in _KEPT:
        cache.clear()
