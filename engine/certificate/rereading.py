"""Files read again as another program reads them: with plain readers, one for each format of `engine.table.write`."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def _delimited(delimiter: str) -> Callable[[bytes], pd.DataFrame]:
    def read(content: bytes) -> pd.DataFrame:
        """Every cell as text; missing where nothing stands, not even quotes."""
        import pandas as pd
        from pyarrow import csv, string

        names = _header(content, delimiter)
        places = [str(place) for place in range(len(names))]
        block = min(max(len(content) + 1, 2**20), 2**31 - 1)  # a cell must not reach over two blocks
        cells = csv.read_csv(
            io.BytesIO(content),
            csv.ReadOptions(column_names=places, skip_rows_after_names=1, block_size=block),
            csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False),
            csv.ConvertOptions(
                column_types=dict.fromkeys(places, string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        ).to_pandas()
        return _without_marks(cells).set_axis(pd.Index(names, dtype="str"), axis=1)

    return read


def _header(content: bytes, delimiter: str) -> list[str]:
    import csv

    return next(csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""), delimiter=delimiter), [])


def _without_marks(cells: pd.DataFrame) -> pd.DataFrame:
    """A row without any value begins with a pair of quotes that stand for nothing (see `engine.table.writetext`)."""
    if not len(cells.columns):
        return cells
    first = cells.iloc[:, 0]
    return cells.assign(**{str(cells.columns[0]): first.mask(first.eq("") & cells.iloc[:, 1:].isna().all(axis=1))})


def _zipped(content: bytes) -> pd.DataFrame:
    import gzip

    return _delimited(",")(gzip.decompress(content))


def _parquet(content: bytes) -> pd.DataFrame:
    """Whole numbers and truth values stay what they are where some are missing."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import parquet

    nullable: dict[Any, Any] = {pa.bool_(): pd.BooleanDtype()}
    for bits in (8, 16, 32, 64):
        nullable[getattr(pa, f"int{bits}")()] = getattr(pd, f"Int{bits}Dtype")()
        nullable[getattr(pa, f"uint{bits}")()] = getattr(pd, f"UInt{bits}Dtype")()
    frame: pd.DataFrame = parquet.read_table(io.BytesIO(content)).to_pandas(types_mapper=nullable.get)
    return frame


def _excel(content: bytes) -> pd.DataFrame:
    import pandas as pd

    return pd.read_excel(io.BytesIO(content), engine="calamine", dtype=object, keep_default_na=False, na_values=[""])


def _json(content: bytes) -> pd.DataFrame:
    import json

    return _records(json.loads(content))


def _lines(content: bytes) -> pd.DataFrame:
    import json

    return _records([json.loads(line) for line in content.splitlines() if line.strip()])


def _records(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Every cell as JSON has it: a whole number beside a missing one must not become a float."""
    import pandas as pd

    names = list(records[0]) if records else []
    return pd.DataFrame({name: pd.Series([r.get(name) for r in records], dtype=object) for name in names})


READERS: Mapping[str, Callable[[bytes], Any]] = {
    "csv": _delimited(","),
    "csv.gz": _zipped,
    "tsv": _delimited("\t"),
    "parquet": _parquet,
    "xlsx": _excel,
    "json": _json,
    "jsonl": _lines,
}
