"""What users of other tools ask for, row by row of the list of demands, from the file's bytes to the made table.

Rows 5 to 7 (rules) and 15 to 17 (keys, pseudonyms, personal data) have files of their own beside this one.
"""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from engine.generators import registry
from engine.generators.base import Family
from engine.run import RunRequest, execute
from engine.synthesizer import Synthesizer
from engine.table.infer import infer_schema
from engine.table.read import read_table
from engine.table.schema import Kind
from engine.table.write import to_bytes

STATISTICAL = [i.key for i in registry.infos() if i.family is Family.STATISTICAL and i.key != "pattern"]
ROWS = 240
RNG = np.random.default_rng


def twin_of(frame: pd.DataFrame, method: str = "marginals", n: int = ROWS) -> pd.DataFrame:
    """The made table as a text file would hold it, every cell a string, from a text file of `frame`."""
    reading = read_table(io.BytesIO(frame.to_csv(index=False).encode()), name="t.csv")
    schema = infer_schema(reading.frame)
    table = Synthesizer(schema, method).fit(reading.frame, seed=0).sample_parsed(n)
    written = to_bytes(table, schema, "csv")
    return pd.read_csv(io.BytesIO(written), dtype=str, keep_default_na=False)


@pytest.mark.parametrize(
    ("pattern", "form"),
    [
        ("%Y-%m-%d", r"\d{4}-\d\d-\d\d"),
        ("%d.%m.%Y", r"\d\d\.\d\d\.\d{4}"),
        ("%m/%d/%Y", r"\d\d/\d\d/\d{4}"),
        ("%Y-%m-%dT%H:%M:%S", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
        ("%d %b %Y", r"\d\d [A-Z][a-z]{2} \d{4}"),
        ("%Y%m%d", r"\d{8}"),
    ],
)
@pytest.mark.parametrize("method", ["marginals", "forest"])
def test_demand_08_dates_come_back_as_they_were_written(pattern: str, form: str, method: str) -> None:
    days = pd.Timestamp("2015-03-01") + pd.to_timedelta(RNG(0).integers(0, 3_000, ROWS) * 86_400 + 7_261, "s")
    when = pd.Series([f"{day:{pattern}}" for day in days]).mask(RNG(1).random(ROWS) < 0.1, "")
    made = twin_of(pd.DataFrame({"when": when, "x": RNG(2).normal(size=ROWS).round(2)}), method)["when"]
    known = made[made != ""]
    assert len(known) == pytest.approx(0.9 * ROWS, abs=30)
    assert known.map(lambda cell: re.fullmatch(form, cell) is not None).all()
    read = pd.to_datetime(known, format=pattern)
    assert read.between(days.min().normalize(), days.max()).all()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"])
def test_demand_09_time_zones_are_kept(zone: str) -> None:
    when = pd.Series(pd.date_range("2023-03-20", periods=ROWS, freq="7h", tz=zone))
    frame = pd.DataFrame({"when": when, "x": RNG(0).normal(size=ROWS)})
    made = Synthesizer(method="copula").fit(frame, seed=0).sample(ROWS)
    assert made["when"].dtype == frame["when"].dtype
    assert made["when"].between(when.min(), when.max()).all()


@pytest.mark.parametrize("method", STATISTICAL)
def test_demand_10_whole_numbers_with_gaps_stay_whole(method: str) -> None:
    count = pd.Series(RNG(0).poisson(40, ROWS), dtype="Int64").mask(RNG(1).random(ROWS) < 0.2)
    frame = pd.DataFrame({"count": count, "x": RNG(2).normal(size=ROWS).round(2)})
    made = twin_of(frame, method)["count"]
    assert (made == "").any()
    assert made[made != ""].map(lambda cell: re.fullmatch(r"\d+", cell) is not None).all()
    typed = Synthesizer(method=method).fit(frame, seed=0).sample(ROWS)
    assert typed["count"].dtype == "Int64"
    assert typed["count"].isna().any()


@pytest.mark.parametrize("method", STATISTICAL)
def test_demand_11_types_of_the_output_are_those_of_the_input(method: str) -> None:
    rng = RNG(0)
    frame = pd.DataFrame(
        {
            "i32": rng.integers(0, 5_000, ROWS).astype("int32"),
            "u8": rng.integers(0, 200, ROWS).astype("uint8"),
            "f32": rng.normal(size=ROWS).astype("float32"),
            "text": rng.choice(["a", "b"], ROWS),
            "level": pd.Categorical(rng.choice(["low", "high"], ROWS), ["low", "mid", "high"], ordered=True),
            "flag": rng.random(ROWS) < 0.5,
            "Flag": pd.Series(rng.random(ROWS) < 0.5, dtype="boolean"),
            "ns": pd.Series(pd.date_range("2020", periods=ROWS, freq="D")).astype("datetime64[ns]"),
        }
    )
    made = Synthesizer(method=method).fit(frame, seed=0).sample(50)
    assert made.dtypes.to_dict() == frame.dtypes.to_dict()


@pytest.mark.parametrize("method", ["forest", "cascade", "kde", "copula"])
def test_demand_12_gaps_depend_on_the_other_columns_as_they_do(method: str) -> None:
    """Nine in ten of the unemployed have no wage, one in ten of the others."""
    rng = RNG(0)
    status = rng.choice(["works", "seeks"], 600)
    gap = rng.random(600) < np.where(status == "seeks", 0.9, 0.1)
    frame = pd.DataFrame({"status": status, "wage": pd.Series(rng.gamma(3, 9, 600).round(1)).mask(gap)})
    made = Synthesizer(method=method).fit(frame, seed=0).sample(1_500)
    share = made["wage"].isna().groupby(made["status"].astype(str)).mean()
    assert share["seeks"] == pytest.approx(0.9, abs=0.08)
    assert share["works"] == pytest.approx(0.1, abs=0.08)


@pytest.mark.parametrize("method", STATISTICAL)
def test_demand_13_an_empty_column_is_passed_through(method: str) -> None:
    rng = RNG(0)
    x = rng.normal(size=ROWS)
    frame = pd.DataFrame({"x": x.round(2), "empty": "", "y": (x + rng.normal(0, 0.1, ROWS)).round(2)})
    made = twin_of(frame, method, n=400)
    assert (made["empty"] == "").all()
    numbers = made[["x", "y"]].astype(float)
    assert numbers["x"].corr(numbers["y"]) > (0.9 if method != "marginals" else -1)
    assert numbers["x"].std() == pytest.approx(frame["x"].std(), rel=0.2)


@pytest.mark.parametrize("method", STATISTICAL)
def test_demand_14_no_token_of_ours_comes_out(method: str) -> None:
    """Every label of the twin is one of the real ones, however rare these are."""
    rng = RNG(0)
    city = pd.Series(rng.choice([f"town {i}" for i in range(60)], ROWS, p=np.arange(60, 0, -1) / 1_830))
    city = city.mask(rng.random(ROWS) < 0.1, "")
    frame = pd.DataFrame({"city": city, "x": rng.normal(size=ROWS).round(2)})
    schema_kind = infer_schema(frame.astype(str))["city"].kind
    assert schema_kind is Kind.CATEGORICAL
    assert set(twin_of(frame, method)["city"]) <= set(city)


@pytest.mark.parametrize("method", ["cascade", "forest"])
def test_demand_18_one_seed_repeats_split_fit_sample_and_evaluation(method: str) -> None:
    rng = RNG(0)
    a = rng.normal(size=ROWS)
    frame = pd.DataFrame(
        {"a": a.round(2), "b": (a > 0).astype(int).astype(str), "t": [f"k{i:04d}" for i in range(ROWS)]}
    )
    schema = infer_schema(frame)
    first, second, other = (execute(RunRequest(method, seed=seed), frame, schema) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first.synthetic, second.synthetic)
    assert first.figures["metrics"] == second.figures["metrics"]
    assert not first.synthetic.equals(other.synthetic)


def test_demand_18_made_moments_lie_in_no_machines_time_zone() -> None:
    """The same on every machine: a date without a zone stays without one."""
    when = pd.Series([datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)] * 3 + [datetime(2024, 7, 1)] * 200)
    made = Synthesizer(method="marginals").fit(pd.DataFrame({"when": when}), seed=0).sample(20)
    assert made["when"].dt.tz is None
    assert set(made["when"]) <= set(when)
