"""What tests of commands share: the type of the fixtures that run one, and a table read back as text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

Cli = Callable[..., Any]


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype="str", keep_default_na=False)
