"""A model's passport as a file: every real value that the model holds, by column, and how many there are.

The file is Parquet with one row group for each column, so that one column can be looked at without the others: a
kernel density model of a large table holds millions of values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.table.schema import Schema

COLUMN, VALUE = "column", "value"
_WHOLE = 2.0**53  # up to here a float holds every whole number


@dataclass(frozen=True, slots=True)
class Passport:
    """A passport on disk. counts: real values held, by column in the schema's order; 0 where none is."""

    path: Path
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    def values(self, column: str, most: int | None = None) -> list[str]:
        """The values of one column as text, at most so many. Raises ModelError when the file is damaged."""
        import pyarrow.parquet as pq

        if not self.counts.get(column):
            return []
        held = [name for name, count in self.counts.items() if count]
        try:
            found = pq.ParquetFile(self.path).read_row_group(held.index(column), columns=[VALUE])
        except (OSError, ValueError, IndexError) as error:
            raise ModelError("The model's passport is damaged.") from error
        return [str(value) for value in found.column(0).slice(0, most).to_pylist()]


def write(path: Path, held: Mapping[str, Sequence[Any]]) -> None:
    """Write what `Synthesizer.passport` says."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    kind = pa.schema([(COLUMN, pa.string()), (VALUE, pa.string())])
    with pq.ParquetWriter(path, kind, compression="zstd") as writer:
        for name, values in held.items():
            if values:
                texts = [told(value) for value in values]
                table = pa.table({COLUMN: [name] * len(texts), VALUE: texts}, schema=kind)
                writer.write_table(table, row_group_size=len(texts))


def read(path: Path, schema: Schema) -> Passport:
    """What `write` wrote. Raises ModelError when it is absent or damaged."""
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        counts = dict.fromkeys(schema.selected.names, 0)
        for place in range(file.num_row_groups):
            name = str(file.read_row_group(place, columns=[COLUMN]).column(0)[0])
            counts[name] += file.metadata.row_group(place).num_rows
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise ModelError("The model's passport is damaged or gone.") from error
    return Passport(path, counts)


def told(value: Any) -> str:
    """One real value as text; whole numbers without a mark."""
    if isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    return str(value)
