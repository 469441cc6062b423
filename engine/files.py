"""Files that are whole or absent: written beside their place and moved into it; and parsed tables as Parquet."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import TwinError
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

# Where there is no quota (Windows), errno does not know its number.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


# What reading a file of ours may raise when it is damaged, in whatever way.
DAMAGED = (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError, TwinError)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path with the same suffixes; becomes `path` at the end, or vanishes when something is raised."""
    temporary = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def no_room(error: BaseException | None) -> bool:
    """Whether this, or what led to it, is the disk's word that it is full, or that this user may not take more."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            return True
        error = error.__cause__ or error.__context__
    return False


def link(source: Path, target: Path) -> None:
    """The same file under a second name; a copy where the file system cannot do that. Neither is ever written to."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def write_json(path: Path, data: Any) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def read_json(path: Path) -> Any:
    """Raises OSError or ValueError where there is no such file, or no JSON in it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deeply") from error


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a parsed table; `read_table` with the same schema gives it back unchanged."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path, schema: Schema) -> pd.DataFrame:
    """A parsed table as `write_table` had it. Parsing again brings back what Parquet has no type for."""
    import pandas as pd

    return schema.parse(pd.read_parquet(path))
