"""Whether a dataclass that was made from JSON holds what its annotations say; JSON may come from anyone."""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def check_fields(made: Any) -> None:
    """Raises TypeError for a field whose value is not of the field's type, ValueError for a number that is not finite.

    Whole numbers pass for decimals, as JSON has one kind of number; truth values pass for no number.
    """
    for name, hint in _hints(made.__class__).items():
        value = getattr(made, name)
        if not _fits(value, hint):
            raise TypeError(f"“{name}” cannot be {str(value)[:40]!r}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError(f"“{name}” must be a finite number")


@cache
def _hints(made: Callable[..., Any]) -> dict[str, Any]:
    hints = get_type_hints(made)
    return {f.name: hints[f.name] for f in fields(made) if f.init}  # type: ignore[arg-type]


def _fits(value: Any, hint: Any) -> bool:
    origin, inner = get_origin(hint), get_args(hint)
    if hint is Any:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if origin is tuple:
        return isinstance(value, tuple) and _fits_tuple(value, inner)
    if origin is not None and issubclass(origin, Mapping):
        key, item = inner
        return isinstance(value, Mapping) and all(_fits(k, key) and _fits(v, item) for k, v in value.items())
    if is_dataclass(hint) and isinstance(hint, type):
        return isinstance(value, hint)
    return isinstance(value, hint)


def _fits_tuple(value: tuple[Any, ...], inner: tuple[Any, ...]) -> bool:
    if len(inner) == 2 and inner[1] is Ellipsis:
        return all(_fits(one, inner[0]) for one in value)
    return len(value) == len(inner) and all(_fits(one, hint) for one, hint in zip(value, inner, strict=True))
