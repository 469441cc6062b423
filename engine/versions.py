"""Which versions made a model or a table: for the manifest, the figures and the report."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

import engine

PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn", "lightgbm", "numba", "faker", "torch", "tensorflow", "keras")


@cache
def packages() -> dict[str, str]:
    """Name -> version of the program, Python and each installed package that shapes results. Imports none of them."""
    found = {"tabular-twin": engine.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
