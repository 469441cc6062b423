"""Nested dicts and lists of JSON values and numpy arrays <-> a folder with `model.json` and `arrays.safetensors`."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine import plainjson
from engine.errors import ModelError, TwinError

_JSON = "model.json"
_ARRAYS = "arrays.safetensors"
_KEY = "__array__"
# What code meets in a state that does not hold together; MemoryError where a size in it is absurd.
_UNSOUND = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    AssertionError,
    MemoryError,
)
log = logging.getLogger(__name__)


def write(folder: Path, data: dict[str, Any]) -> None:
    """Write `data`; arrays of numbers and booleans go to one safetensors file, arrays of text become lists."""
    from safetensors.numpy import save_file

    arrays: dict[str, np.ndarray] = {}

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            if value.dtype.kind in "OUS":
                return [str(v) for v in value.tolist()]
            name = f"a{len(arrays)}"
            arrays[name] = np.ascontiguousarray(value)
            return {_KEY: name}
        if isinstance(value, dict):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(v) for v in value]
        if isinstance(value, np.generic):
            return value.item()
        return value

    text = json.dumps(plain(data), ensure_ascii=False)
    (folder / _JSON).write_text(text, encoding="utf-8")
    save_file(arrays, folder / _ARRAYS)


def read(folder: Path) -> dict[str, Any]:
    """What `write` wrote, arrays in place. Raises ModelError when a file is absent or damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return arrays[value[_KEY]] if set(value) == {_KEY} else {k: filled(v) for k, v in value.items()}
        return [filled(v) for v in value] if isinstance(value, list) else value

    try:
        data = plainjson.loads((folder / _JSON).read_bytes())
        arrays = load_file(folder / _ARRAYS)
        if not isinstance(data, dict):
            raise ValueError("no object")
        return {k: filled(v) for k, v in data.items()}
    except (OSError, ValueError, KeyError, TypeError, SafetensorError, RecursionError, MemoryError) as error:
        raise ModelError(f"The saved model is damaged or not one of ours ({error}).") from error


@contextmanager
def reading() -> Iterator[None]:
    """Turns what a tampered bundle may cause while it is taken apart into a ModelError."""
    try:
        yield
    except TwinError as error:
        raise (
            error if isinstance(error, ModelError) else ModelError(f"The saved model does not fit: {error}")
        ) from error
    except _UNSOUND as error:
        raise ModelError(f"The saved model is damaged or not one of ours ({type(error).__name__}: {error}).") from error


@contextmanager
def using() -> Iterator[None]:
    """Turns what a tampered bundle may cause when it is used into a ModelError; the log has the trace.

    Members that were changed together with their hashes can be well formed each, and yet not fit each other.
    """
    try:
        yield
    except TwinError:
        raise
    except _UNSOUND as error:
        log.warning("A saved model cannot be used", exc_info=True)
        raise ModelError(
            f"The saved model opens, but its content does not hold together ({type(error).__name__}: {error})."
        ) from error
