"""Every codec on every column of the zoo, and on what hypothesis invents: nothing is lost on the way and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.codecs.base import Codec
from engine.codecs.numeric import NumericCodec
from engine.codecs.table import CODECS, TableCodec, codec_class, make_codec
from engine.errors import DataError, NotFittedError
from engine.generators import bundle
from engine.table.schema import CANONICAL_DTYPES, Column, DateFormat, Kind, NumberFormat, Schema
from tests.contracts.zoo import ZOO

COLUMNS: dict[str, tuple[Column, pd.Series]] = {
    f"{animal.name}: {column.name}": (column, animal.table[column.name])
    for animal in ZOO.values()
    for column in animal.schema
}


def fitted(column: Column, values: pd.Series) -> Codec:
    return make_codec(column).fit(values)


def check_there_and_back(column: Column, values: pd.Series) -> None:
    codec = fitted(column, values)
    back = codec.decode(codec.encode(values))
    if column.kind is Kind.INTEGER and _spread(values) > 2**53:
        # More numbers than float64 can tell apart: neighbours may merge.
        assert back.dtype == values.dtype
        assert max(abs(a - b) for a, b in zip(back.dropna(), values.dropna(), strict=True)) <= _spread(values) // 2**52
        return
    pd.testing.assert_series_equal(back, values.rename(column.name))


def _spread(values: pd.Series) -> int:
    known = [int(v) for v in values.dropna()]
    return max(known, default=0) - min(known, default=0)


def check_codes(column: Column, values: pd.Series) -> None:
    """Floats, NaN exactly where a value is missing; whole numbers below `size` where the codec is discrete."""
    codec = fitted(column, values)
    codes = codec.encode(values)
    assert codes.shape == (len(values),)
    assert codes.dtype == np.float64
    np.testing.assert_array_equal(np.isnan(codes), values.isna().to_numpy())
    known = codes[~np.isnan(codes)]
    assert np.isfinite(known).all()
    if codec.discrete:
        assert (known == np.floor(known)).all()
        assert ((known >= 0) & (known < codec.size)).all()
    else:
        assert codec.size == 0


def check_any_number_decodes(column: Column, values: pd.Series) -> None:
    """Whatever a model draws becomes a possible value: of the dtype, in the observed range, a label that exists."""
    codec = fitted(column, values)
    drawn = np.concatenate([np.random.default_rng(0).normal(0, 10.0**power, 50) for power in (-3, 0, 3, 12)])
    found = codec.decode(drawn)
    assert found.dtype == values.dtype
    assert found.name == column.name
    assert len(found) == len(drawn)
    known = values.dropna()
    if not len(known):
        assert column.kind is Kind.BOOLEAN or found.isna().all()
    elif column.kind.numeric:
        assert found.notna().all()
        assert known.min() <= found.min()
        assert found.max() <= known.max()
    elif column.kind is not Kind.BOOLEAN:
        assert set(found) <= set(known)


def check_missing_stays_missing(column: Column, values: pd.Series) -> None:
    codec = fitted(column, values)
    gaps = codec.decode(np.full(3, np.nan))
    assert gaps.isna().all()
    assert gaps.dtype == values.dtype
    assert codec.decode(np.empty(0)).dtype == values.dtype


def check_state(column: Column, values: pd.Series) -> None:
    """A codec rebuilt from its state, as a saved model writes it, is the same."""
    codec = fitted(column, values)
    state = codec.state()
    assert not _objects(state)
    plain = json.loads(json.dumps(state, default=lambda array: array.tolist(), allow_nan=False))
    again = type(codec).from_state(column, plain)
    codes = codec.encode(values)
    np.testing.assert_array_equal(again.encode(values), codes)
    drawn = np.linspace(-5, 5, 30) * min(np.nanmax(np.abs(codes)) if values.notna().any() else 1.0, 1e300)
    pd.testing.assert_series_equal(again.decode(drawn), codec.decode(drawn))
    assert again.size == codec.size


def _objects(value: Any) -> bool:
    """Whether a state holds anything but JSON values and arrays of numbers."""
    if isinstance(value, dict):
        return any(_objects(v) for v in value.values())
    if isinstance(value, (list, tuple)):
        return any(_objects(v) for v in value)
    if isinstance(value, np.ndarray):
        return bool(value.dtype.hasobject)
    return not (value is None or isinstance(value, (str, int, float, bool)))


def check_row_order_does_not_matter(column: Column, values: pd.Series) -> None:
    turned = values.iloc[::-1]
    codes = fitted(column, values).encode(values)
    np.testing.assert_array_equal(fitted(column, turned).encode(values), codes)


def check_unfitted(column: Column, values: pd.Series) -> None:
    codec = make_codec(column)
    for use in (lambda: codec.encode(values), lambda: codec.decode(np.zeros(1)), codec.state):
        with pytest.raises(NotFittedError):
            use()


def check_order_is_kept(column: Column, values: pd.Series) -> None:
    """Codes of numbers and dates rise with the values."""
    codec = fitted(column, values)
    if isinstance(codec, NumericCodec):
        known = values.dropna().sort_values()
        assert (np.diff(codec.encode(known)) >= 0).all()
        codes = codec.encode(known)
        if len(codes):
            assert (codec.low, codec.high) == (codes[0], codes[-1])


CHECKS = (
    check_there_and_back,
    check_codes,
    check_any_number_decodes,
    check_missing_stays_missing,
    check_state,
    check_row_order_does_not_matter,
    check_unfitted,
    check_order_is_kept,
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", COLUMNS)
def test_column(check: Callable[[Column, pd.Series], None], name: str) -> None:
    check(*COLUMNS[name])


@pytest.mark.parametrize("name", ZOO)
def test_table(name: str, tmp_path: Path) -> None:
    animal = ZOO[name]
    codec = TableCodec(animal.schema).fit(animal.table)
    codes = codec.encode(animal.table)
    assert codes.shape == animal.table.shape
    back = codec.decode(codes)
    assert back.dtypes.to_dict() == animal.table.dtypes.to_dict()
    np.testing.assert_array_equal(codec.encode(back), codes)
    bundle.write(tmp_path, {"state": codec.state()})
    again = TableCodec.from_state(animal.schema, bundle.read(tmp_path)["state"])
    pd.testing.assert_frame_equal(again.decode(codes), back)


def test_every_modelled_kind_has_one_codec() -> None:
    kinds = [kind for codec in CODECS for kind in codec.kinds]
    assert sorted(kinds) == sorted(kind for kind in Kind if kind.modelled)
    for codec in CODECS:
        for kind in codec.kinds:
            assert codec_class(Column("c", kind)) is codec


def test_made_up_kinds_have_none() -> None:
    for kind in Kind:
        if not kind.modelled:
            with pytest.raises(DataError, match="made anew"):
                make_codec(Column("c", kind))


# What hypothesis invents


def series(kind: Kind, values: list[Any]) -> pd.Series:
    return pd.Series(values, dtype=CANONICAL_DTYPES[kind], name="c")


def gappy(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | strategy, max_size=30)


@settings(max_examples=80, deadline=None)
@given(gappy(st.integers(-(2**63), 2**63 - 1)))
def test_any_integers(values: list[int | None]) -> None:
    column, cells = Column("c", Kind.INTEGER, number=NumberFormat()), series(Kind.INTEGER, values)
    for check in (check_there_and_back, check_codes, check_any_number_decodes, check_state):
        check(column, cells)


@settings(max_examples=80, deadline=None)
@given(gappy(st.floats(allow_nan=False, allow_infinity=False)), st.sampled_from([0, 2, 17]))
def test_any_decimals(values: list[float | None], decimals: int) -> None:
    column = Column("c", Kind.DECIMAL, number=NumberFormat(decimals))
    for check in (check_there_and_back, check_codes, check_any_number_decodes, check_state):
        check(column, series(Kind.DECIMAL, values))


@settings(max_examples=80, deadline=None)
@given(gappy(st.integers(-(10**9), 10**9)), st.integers(0, 6))
def test_written_decimals(values: list[int | None], decimals: int) -> None:
    """Numbers with few digits come back to the last bit, and so does every drawn one's number of decimals."""
    written = [None if v is None else float(f"{v / 10**decimals:.{decimals}f}") for v in values]
    column, cells = Column("c", Kind.DECIMAL, number=NumberFormat(decimals)), series(Kind.DECIMAL, written)
    check_there_and_back(column, cells)
    drawn = fitted(column, cells).decode(np.random.default_rng(0).normal(0, 1e6, 20)).dropna()
    assert (drawn == drawn.round(decimals)).all()


@settings(max_examples=80, deadline=None)
@given(gappy(st.text(max_size=12)))
def test_any_labels(values: list[str | None]) -> None:
    column = Column("c", Kind.CATEGORICAL)
    for check in (check_there_and_back, check_codes, check_any_number_decodes, check_state):
        check(column, series(Kind.CATEGORICAL, values))


@settings(max_examples=60, deadline=None)
@given(gappy(st.booleans()))
def test_any_booleans(values: list[bool | None]) -> None:
    column = Column("c", Kind.BOOLEAN)
    for check in (check_there_and_back, check_codes, check_any_number_decodes, check_state):
        check(column, series(Kind.BOOLEAN, values))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from([1, 10**6]).flatmap(lambda unit: gappy(st.integers(-(10**11), 10**11).map(lambda v: v * unit))),
    st.sampled_from(["Y", "M", "D", "h", "m", "s", "ms", "us"]),
    st.sampled_from(
        [None, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "+05:45"]
    ),
)
def test_any_dates(values: list[int | None], resolution: str, zone: str | None) -> None:
    """Dates of any time, also such as the declared resolution cannot hold: then a finer one is taken."""
    moments = pd.Series([np.datetime64("NaT") if v is None else np.datetime64(v, "us") for v in values], dtype="M8[us]")
    if zone is not None:
        moments = moments.dt.tz_localize("UTC").dt.tz_convert(zone)
    column = Column("c", Kind.DATETIME, date=DateFormat("%Y-%m-%d", resolution, zone))
    for check in (check_there_and_back, check_codes, check_any_number_decodes, check_state):
        check(column, moments.rename("c"))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-20_000, 40_000), min_size=1, max_size=20), st.sampled_from(["Y", "M", "D"]))
def test_dates_keep_their_resolution(values: list[int], resolution: str) -> None:
    moments = pd.Series(np.array(values, dtype=np.int64).astype("M8[D]").astype(f"M8[{resolution}]").astype("M8[us]"))
    column = Column("c", Kind.DATETIME, date=DateFormat("%Y-%m-%d", resolution))
    drawn = fitted(column, moments).decode(np.random.default_rng(1).normal(0, 10_000, 30)).to_numpy()
    assert (drawn == drawn.astype(f"M8[{resolution}]")).all()


def test_strange_values_are_named() -> None:
    codec = fitted(Column("town", Kind.CATEGORICAL), series(Kind.CATEGORICAL, ["Bern", "Basel"]))
    with pytest.raises(DataError, match="“Genf” in row 2") as caught:
        codec.encode(series(Kind.CATEGORICAL, ["Bern", "Genf"]))
    assert (caught.value.column, caught.value.row) == ("town", 2)
    for kind in (Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.DATETIME):
        with pytest.raises(DataError, match="town"):
            make_codec(Column("town", kind)).fit(series(kind, [])).encode(pd.Series(["x"], dtype="str"))


def test_a_table_that_lacks_nothing_but_order() -> None:
    animal = ZOO["mixed"]
    codec = TableCodec(animal.schema).fit(animal.table)
    turned = animal.table[animal.table.columns[::-1]]
    np.testing.assert_array_equal(codec.encode(turned), codec.encode(animal.table))


def test_a_tampered_state_is_refused() -> None:
    schema = Schema((Column("c", Kind.CATEGORICAL),))
    for state in ({"labels": ["a", "a"], "counts": [1, 2]}, {"labels": ["a"], "counts": [1, 2]}):
        with pytest.raises(ValueError, match="do not agree"):
            TableCodec.from_state(schema, [state])
    with pytest.raises(ValueError, match="resolution"):
        codec_class(Column("d", Kind.DATETIME)).from_state(
            Column("d", Kind.DATETIME), {"resolution": "fortnight", "clock": "utc", "timezone": None, "empty": True}
        )
