"""Saved models taken apart, changed in one place, and put together again with hashes that fit."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

Members = dict[str, bytes]
NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**53, -(2**63), 10**30, 1e308, float("nan"), float("inf"), "", "x", "\x00", "é" * 300,
    [], {}, [[]], [None], {"a": 1}, {"__array__": "a0"}, {"__array__": "zz"}, {"__array__": [1]}, "2024-01-01", "%",
    "(a+)+$", [1] * 5, "marginals",
)  # fmt: skip


def members_of(path: Path) -> Members:
    with zipfile.ZipFile(path) as bundle:
        return {info.filename: bundle.read(info) for info in bundle.infolist()}


def packed(members: Members) -> bytes:
    """A bundle whose manifest lists just these members."""
    listed = {
        name: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        for name, body in members.items()
        if name != "manifest.json"
    }
    manifest = {**json.loads(members["manifest.json"]), "members": listed}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as bundle:
        bundle.writestr("manifest.json", json.dumps(manifest))
        for name in listed:
            bundle.writestr(name, members[name])
    return out.getvalue()


def tampered(members: Members, seed: int) -> bytes:
    """One value of one member, or one array, is something else."""
    rng = random.Random(seed)
    name = rng.choice(sorted(members))
    change = changed_json if name.endswith(".json") else changed_arrays
    return packed({**members, name: change(rng, members[name])})


def changed_json(rng: random.Random, body: bytes) -> bytes:
    document = json.loads(body)
    document.pop("members", None)
    *path, last = rng.choice([place for place in _places(document) if place])
    holder = document
    for key in path:
        holder = holder[key]
    old, kind = holder[last], rng.random()
    if kind < 0.15:
        del holder[last]
    elif kind < 0.3 and isinstance(old, list):
        holder[last] = old * rng.choice([2, 0, 1_000])
    elif kind < 0.45 and isinstance(old, (int, float)) and not isinstance(old, bool):
        holder[last] = rng.choice([-old, old * 10**6, old + 1, -1, float("nan"), 2**40])
    else:
        holder[last] = copy.deepcopy(rng.choice(NASTY))
    return json.dumps(document).encode()


def changed_arrays(rng: random.Random, body: bytes) -> bytes:
    arrays = load(body)
    if not arrays or rng.random() < 0.2:
        damaged = bytearray(body)
        damaged[rng.randrange(min(len(damaged), 400))] = rng.randrange(256)
        return bytes(damaged)
    name = rng.choice(sorted(arrays))
    arrays[name] = np.ascontiguousarray(_changed_array(rng, arrays[name]))
    try:
        return bytes(save(arrays))
    except SafetensorError:
        return body


def _changed_array(rng: random.Random, array: np.ndarray) -> np.ndarray:
    kind = rng.randrange(6)
    if kind == 0:
        return array[:0]
    if kind == 1:
        return array.reshape(-1)[: array.size // 2]
    if kind == 2:
        return np.concatenate([array, array]) if array.ndim else array
    if kind == 3:
        return array.reshape(1, -1)
    if kind == 4 and array.dtype.kind == "f":
        return np.full_like(array, rng.choice([np.nan, np.inf, -1e300 if array.itemsize > 4 else -1e30]))
    if kind == 4 and array.dtype.kind in "iu":
        return np.full_like(array, np.iinfo(array.dtype).max)
    return array.astype(np.int8, casting="unsafe") if array.dtype.kind in "iub" else -array


def _places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inside:
        yield from _places(value, (*path, key))
