"""Places that agree in every row, countries that decide language and forms, points on the map."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import ModelError
from engine.fakers import Fakers, pools
from engine.fakers.axes import Axis, Points
from engine.fakers.places import groups
from engine.generators import bundle
from engine.table.schema import Column, Kind, Schema
from engine.table.schemes import SCHEMES

RNG = np.random.default_rng


def personal(name: str, provider: str, locale: str | None = None) -> Column:
    return Column(name, Kind.PERSONAL, provider=provider, locale=locale)


HOMES = Schema(
    tuple(
        personal(name, provider, "en_US")
        for name, provider in (("street", "street_address"), ("zip", "postcode"), ("town", "city"), ("state", "state"))
    )
)


def homes(rows: int = 600) -> pd.DataFrame:
    """Twelve states of five towns of four postcodes each."""
    rng = RNG(0)
    code = rng.integers(0, 240, rows)
    frame = pd.DataFrame(
        {
            "street": [f"{n} Real Road" for n in rng.permutation(rows) + 100],
            "zip": [f"{10_000 + 37 * c}" for c in code],
            "town": [f"Realtown {chr(65 + c // 4 % 26)}{c // 104}" for c in code],
            "state": [f"Land {c // 20}" for c in code],
        },
        dtype="str",
    )
    frame.loc[rng.random(rows) < 0.2, "town"] = None
    return frame


def test_streets_lie_in_towns_and_towns_in_states() -> None:
    real = homes()
    made = Fakers(HOMES).fit(real).make(600, 1)
    known = made.dropna()
    assert known.groupby("zip")["town"].nunique().max() == 1
    assert known.groupby("town")["state"].nunique().max() == 1
    assert made["street"].is_unique
    for name in HOMES.names:
        assert not set(made[name].dropna()) & set(real[name].dropna())
        assert made[name].nunique() == pytest.approx(real[name].nunique(), rel=0.35)
    assert made["town"].isna().mean() == pytest.approx(0.2, abs=0.01)
    assert made["zip"].str.fullmatch(r"\d{5}").all()


def test_postcodes_of_a_state_follow_each_other() -> None:
    made = Fakers(HOMES).fit(homes()).make(600, 1)
    spans = made.groupby("state")["zip"].agg(["min", "max"]).sort_values("min")
    assert (spans["max"].to_numpy()[:-1] < spans["min"].to_numpy()[1:]).all()


def test_more_postcodes_than_streets_keep_both_as_they_are() -> None:
    real = homes().assign(street=[f"{i % 50} Real Road" for i in range(600)], zip=[f"{20_000 + i}" for i in range(600)])
    made = Fakers(HOMES).fit(real).make(600, 2)
    assert made["zip"].is_unique
    assert made["street"].nunique() == pytest.approx(50, rel=0.3)


def test_a_second_address_is_another_place() -> None:
    columns = [personal(n, p) for n, p in (("a", "city"), ("b", "postcode"), ("c", "city"), ("d", "phone_number"))]
    assert [[c.name for c in group] for group in groups(tuple(columns))] == [["a", "b"]]
    assert [len(g) for g in groups((*columns, personal("e", "postcode")))] == [2, 2]


@pytest.mark.parametrize(
    ("locale", "real", "form"),
    [
        ("en_US", "{} Real Road\nRealtown, NY 1{:04d}", r"[^\n]+\n[^\n,]+, [A-Z]{2} \d{5}(-\d{4})?"),
        ("de_DE", "Realweg {}, 1{:04d} Realstadt", r"[^,\n]+, \d{5} [^,\n]+"),
        ("en_GB", "{} Real Road\nRealtown\nAB{} 2CD", r"[^\n]+(\n[^\n]+)?\n[^\n]+\n[A-Z0-9 ]+"),
    ],
)
def test_whole_addresses(locale: str, real: str, form: str) -> None:
    texts = [real.format(i, i) for i in range(1, 301)]
    fakers = Fakers(Schema((personal("home", "address", locale), personal("town", "city", locale))))
    made = fakers.fit(pd.DataFrame({"home": texts, "town": ["Realtown", "Realstadt"] * 150}, dtype="str")).make(300, 0)
    assert made["home"].is_unique
    assert made["home"].str.fullmatch(form).mean() > 0.95, made["home"].tolist()[:3]
    assert all(town in home for home, town in made.itertuples(index=False))
    assert not made["home"].str.contains("Realtown|Realstadt").any()


COUNTRIES = {"Germany": "de_DE", "France": "fr_FR", "United States": "en_US"}
CLIENTS = Schema(
    (
        personal("client", "name"),
        personal("phone", "phone_number"),
        personal("zip", "postcode"),
        personal("town", "city"),
        personal("account", "iban"),
        Column("country", Kind.CATEGORICAL),
        Column("amount", Kind.INTEGER),
    )
)
_CODES = {"Germany": ("+49 30 {:07d}", "DE"), "France": ("+33 1 {:08d}", "FR"), "United States": ("+1 {:010d}", "GB")}


def clients(rows: int = 300) -> pd.DataFrame:
    rng = RNG(1)
    country = rng.choice([*COUNTRIES, "Atlantis"], rows, p=[0.4, 0.3, 0.25, 0.05])
    phones = [_CODES.get(c, ("{:06d}", ""))[0].format(n) for c, n in zip(country, rng.permutation(10**5), strict=False)]
    accounts = [SCHEMES["iban"].repair(f"{_CODES.get(c, ('', 'DE'))[1]}00{i:018d}") for i, c in enumerate(country)]
    frame = pd.DataFrame(
        {
            "client": [f"Person{i} Real" for i in range(rows)],
            "phone": phones,
            "zip": [f"{10_000 + 11 * i}" for i in range(rows)],
            "town": [f"Realtown{i // 2}" for i in range(rows)],
            "account": accounts,
            "country": country,
        },
        dtype="str",
    )
    return frame.assign(amount=pd.Series(range(rows), dtype="Int64"))


@pytest.fixture(scope="module")
def fitted() -> Fakers:
    return Fakers(CLIENTS).fit(clients())


def test_a_learned_country_decides_language_and_forms(fitted: Fakers) -> None:
    rows = pd.DataFrame({"country": ["Germany", "France", "United States", None, "Atlantis"] * 60}, dtype="str")
    made = fitted.make(300, 5, rows)
    for country, prefix, bank in (
        ("Germany", r"\+49 \d", "DE"),
        ("France", r"\+33 \d", "FR"),
        ("United States", r"\+1 \d", "GB"),
    ):
        here = made[(rows["country"] == country).to_numpy()]
        assert here["phone"].str.match(prefix).all()
        assert here["account"].str.startswith(bank).all()
    german = made.loc[(rows["country"] == "Germany").to_numpy(), "client"].str.partition(" ")[2]
    assert german.isin(pools.words("de_DE", "last_name", 1_000)).mean() > 0.9
    for name in ("client", "phone", "zip", "town", "account"):
        assert made[name].notna().all()
        assert not set(made[name]) & set(clients()[name])


def test_without_learned_rows_the_whole_tables_forms_are_taken(fitted: Fakers) -> None:
    assert fitted.make(20, 5).notna().all().all()


def test_countries_survive_saving_and_damage_is_said(fitted: Fakers) -> None:
    rows = pd.DataFrame({"country": ["Germany", "France"] * 10}, dtype="str")
    state = json.loads(json.dumps(fitted.state()))
    pd.testing.assert_frame_equal(Fakers.from_state(CLIENTS, state).make(20, 3, rows), fitted.make(20, 3, rows))
    text = json.dumps(state, ensure_ascii=False)
    assert "Real" not in text
    changes: list[Any] = [
        lambda s: s.update(country="zip"),
        lambda s: s["regions"]["de_DE"]["columns"].pop("phone"),
        lambda s: s["places"][0].update(columns={"city": "nowhere"}),
        lambda s: s["places"][0]["chain"].pop(),
        lambda s: s["columns"]["account"].update(provider="mortgage"),
        lambda s: s["columns"]["account"].update(forms=[]),
    ]
    for change in changes:
        state = json.loads(json.dumps(fitted.state()))
        change(state)
        with pytest.raises(ModelError), bundle.reading():
            Fakers.from_state(CLIENTS, state)


# Points on the map


def test_made_points_lie_in_the_country_and_are_none_of_the_real_ones() -> None:
    rng = RNG(2)
    real = pd.DataFrame(
        {"lat": rng.uniform(48, 53, 500).round(4).astype(str), "lon": rng.uniform(8, 13, 500).round(4).astype(str)}
    )
    schema = Schema((personal("lat", "latitude", "de_DE"), personal("lon", "longitude", "de_DE")))
    made = Fakers(schema).fit(real.astype("str")).make(500, 0)
    assert made["lat"].str.fullmatch(r"\d\d\.\d{4}").all()
    assert made["lat"].astype(float).between(48, 53).all()
    assert made["lon"].astype(float).between(8, 13).all()
    assert not set(made["lat"].astype(float)) & set(real["lat"].astype(float))
    assert not set(made["lon"].astype(float)) & set(real["lon"].astype(float))


def test_pairs_of_coordinates_keep_their_brackets() -> None:
    real = pd.Series([f"({52 + i / 1e4:.4f}; {13 + i / 1e4:.4f})" for i in range(200)], dtype="str")
    made = Fakers(Schema((personal("at", "coordinates", "de_DE"),))).fit(pd.DataFrame({"at": real})).make(200, 0)["at"]
    assert made.str.fullmatch(r"\(\d+\.\d{4}; \d+\.\d{4}\)").all()
    assert not set(made) & set(real)


def test_where_every_point_of_the_grid_is_real_finer_ones_are_made() -> None:
    full = pd.Series([f"{d / 10:.1f}" for d in range(470, 560)], dtype="str")
    axis = Axis.of(full, True, "de_DE")
    assert axis.decimals > 1
    assert not set(axis.at(RNG(0).random(50)).astype(float)) & set(full.astype(float))
    again = Points.from_state(json.loads(json.dumps(Points((axis,), ("", "", "")).state())))
    assert again.axes[0].at(np.array([0.5])).tolist() == axis.at(np.array([0.5])).tolist()
