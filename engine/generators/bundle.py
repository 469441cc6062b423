"""Nested dicts and lists of JSON values and numpy arrays <-> a folder with `model.json` and `arrays.safetensors`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError, TwinError

_JSON = "model.json"
_ARRAYS = "arrays.safetensors"
_KEY = "__array__"


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
        data = json.loads((folder / _JSON).read_text(encoding="utf-8"))
        arrays = load_file(folder / _ARRAYS)
        if not isinstance(data, dict):
            raise ValueError("no object")
        return {k: filled(v) for k, v in data.items()}
    except (OSError, ValueError, KeyError, SafetensorError, RecursionError) as error:
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
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise ModelError(f"The saved model is damaged or not one of ours ({type(error).__name__}: {error}).") from error
