"""Randomness is an argument: one seed from the person, and a child stream for each column and purpose."""

from __future__ import annotations

import hashlib

import numpy as np


def _words(purpose: tuple[str | int, ...]) -> list[int]:
    """Four 32-bit words that depend on the purpose only, not on the process (unlike `hash`)."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in purpose)
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]


def stream(seed: int, *purpose: str | int) -> np.random.Generator:
    """An independent generator for `purpose` (such as "sample", "age") under the person's seed.

    The same seed and purpose always give the same numbers; different purposes give independent ones,
    so adding a column or running two jobs at once changes nothing elsewhere.
    """
    return np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF, *_words(purpose)])


def framework_seed(seed: int, *purpose: str | int) -> int:
    """A whole number in [0, 2**31) to seed a framework (LightGBM, torch, TensorFlow, Faker) with."""
    return int(stream(seed, "framework", *purpose).integers(2**31))
