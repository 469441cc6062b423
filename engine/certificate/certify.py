"""From the bytes of a file to its certificate."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from engine.certificate import columns, rules, spreadsheets
from engine.certificate.rereading import READERS
from engine.certificate.result import Certificate, Check, Expected, What
from engine.errors import WriteError
from engine.table import formulas

if TYPE_CHECKING:
    import pandas as pd


def certify(content: bytes, format: str, expected: Expected) -> Certificate:
    """Check a file's bytes, written in a format of `engine.table.write`, against what was asked for.

    Raises WriteError for an unknown format, and where the bytes cannot be read at all.
    """
    if format not in READERS:
        raise WriteError(f"There is no format “{format}”; choose one of {', '.join(READERS)}.")
    try:
        found = READERS[format](content)
    except (ValueError, OSError, KeyError) as error:
        raise WriteError(f"The file that was written cannot be read again ({error}).") from error
    schema = expected.schema.selected
    written = [str(name) for name in found.columns]
    names = [formulas.undone(name, schema.names) for name in written]
    found.columns = names
    ordered = names == list(schema.names)
    table = [
        Check(What.SIZE, len(found) == expected.rows, f"{len(found):,} rows; {expected.rows:,} were asked for."),
        Check(
            What.SIZE,
            ordered,
            f"{len(names)} columns, {'those' if ordered else 'not those'} of the real table in order.",
        ),
    ]
    checked: dict[str, tuple[Check, ...]] = {}
    parsed: dict[str, pd.Series] = {}
    for column in schema:
        if column.name not in names:
            checked[column.name] = (Check(What.TYPE, False, "The column is absent."),)
            continue
        checks, values = columns.check(found[column.name], column, format, expected)
        checked[column.name] = checks
        if values is not None:
            parsed[column.name] = values
    table += [*spreadsheets.names(written, format, expected), *rules.check(parsed, schema, expected.real)]
    digest = hashlib.sha256(content).hexdigest()
    return Certificate(format, digest, len(content), len(found), tuple(table), checked, expected.real is not None)
