"""The codecs of a whole table side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.codecs.base import Codec
from engine.codecs.categorical import BooleanCodec, CategoricalCodec
from engine.codecs.datetimes import DatetimeCodec
from engine.codecs.numeric import DecimalCodec, IntegerCodec
from engine.errors import DataError
from engine.table.schema import Column, Kind, Schema

CODECS: tuple[type[Codec], ...] = (IntegerCodec, DecimalCodec, CategoricalCodec, BooleanCodec, DatetimeCodec)
_OF_KIND: dict[Kind, type[Codec]] = {kind: codec for codec in CODECS for kind in codec.kinds}


def codec_class(column: Column) -> type[Codec]:
    """The codec class of a column's kind. Raises DataError for kinds that are made anew, not modelled."""
    try:
        return _OF_KIND[column.kind]
    except KeyError:
        name = column.name
        raise DataError(f"Column “{name}” is {column.kind}; it is made anew, not learned.", column=name) from None


def make_codec(column: Column) -> Codec:
    """A fresh, unfitted codec for the column's kind."""
    return codec_class(column)(column)


class TableCodec:
    """All columns of a schema: a parsed table <-> (rows, columns) float64 codes with NaN where missing."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.codecs: tuple[Codec, ...] = tuple(make_codec(column) for column in schema)

    def fit(self, table: pd.DataFrame) -> Self:
        for codec in self.codecs:
            codec.fit(table[codec.column.name])
        return self

    def encode(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Raises DataError for a value that a codec does not know, with its column and row."""
        codes = np.empty((len(table), len(self.codecs)), dtype=np.float64)
        for j, codec in enumerate(self.codecs):
            codes[:, j] = codec.encode(table[codec.column.name])
        return codes

    def decode(self, codes: NDArray[np.float64]) -> pd.DataFrame:
        """(rows, columns) codes -> a parsed table with the schema's columns in order."""
        columns = {codec.column.name: codec.decode(codes[:, j]) for j, codec in enumerate(self.codecs)}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(codes)))

    def state(self) -> list[dict[str, Any]]:
        return [codec.state() for codec in self.codecs]

    @classmethod
    def from_state(cls, schema: Schema, state: list[Mapping[str, Any]]) -> Self:
        codec = cls(schema)
        codec.codecs = tuple(
            codec_class(column).from_state(column, own) for column, own in zip(schema, state, strict=True)
        )
        return codec
