"""Rows 15 to 17 of the list of demands: keys, pseudonyms, and personal data that are found and not found."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from engine.fakers import Fakers, checks
from engine.fakers.names import slug
from engine.fakers.pseudonyms import pseudonymised
from engine.table import digits
from engine.table.infer import infer_column, infer_schema
from engine.table.schema import Kind, Schema
from engine.table.schemes import SCHEMES
from tests.engine.customers import FORMS, PERSONAL, customers

ROWS = 400
Table = pd.DataFrame


def made_of(frame: Table, n: int | None = None, seed: int = 1) -> Table:
    """The columns made anew for a raw table whose schema is guessed, written as the source wrote them."""
    schema = infer_schema(frame)
    fakers = Fakers(schema).fit(schema.parse(frame))
    names = [c.name for c in schema if not c.kind.modelled]
    return schema.select(names).selected.to_text(fakers.make(len(frame) if n is None else n, seed))


def strings(values: list[str], name: str) -> Table:
    return pd.DataFrame({name: values}, dtype="str")


# 15: keys: duplicates, lost zeros, real ones


@pytest.mark.parametrize(
    ("values", "form"),
    [
        ([f"{i:05d}" for i in range(7, 7 + ROWS)], r"\d{5}"),
        ([f"AB-{i * 7:04d}-2024" for i in range(ROWS)], r"AB-\d{4}-2024"),
        ([str(10**7 + i * 911) for i in range(ROWS)], r"[1-9]\d{7}"),
        ([f"{c}{d}{i % 100:02d}" for i in range(ROWS) for c, d in [divmod(i, 100)]], r"\d{1,2}\d{2,4}"),
        ([f"ord_{i:06x}" for i in range(0x100000, 0x100000 + ROWS)], r"ord_[0-9a-f]{6}"),
    ],
)
def test_demand_15_keys_are_new_unique_and_of_the_same_width(values: list[str], form: str) -> None:
    made = made_of(strings(values, "order_id"), 2 * ROWS)["order_id"]
    assert len(made) == 2 * ROWS
    assert made.is_unique
    assert not set(made) & set(values)
    assert made.map(lambda key: re.fullmatch(form, key) is not None).mean() > 0.9
    widths = set(map(len, values))
    assert made.str.len().isin(widths).mean() > 0.9


CHECKED = {
    "ean": [b + digits.gtin(b) for b in (f"400638{i * 37:06d}" for i in range(ROWS))],
    "isbn": [f"978-3-16-{i:06d}-" + digits.gtin(f"978316{i:06d}") for i in range(1_000, 1_000 + ROWS)],
    "isbn of ten": [b + digits.isbn10(b) for b in (f"3{i * 7919:08d}" for i in range(1, ROWS + 1))],
    "account_id": [f"K{b}" + digits.luhn(b) for b in (f"{i * 7919 + 10**7}" for i in range(ROWS))],
}


@pytest.mark.parametrize("name", CHECKED)
def test_demand_15_check_digits_stay_right(name: str) -> None:
    values = CHECKED[name]
    assert checks.found(pd.Series(values))
    made = made_of(strings(values, f"{name}_id"), 2 * ROWS).iloc[:, 0]
    assert made.is_unique
    assert not set(made) & set(values)
    assert checks.found(made) == checks.found(pd.Series(values))
    assert set(made.str.len()) == set(map(len, values))


def test_demand_15_no_check_digit_is_seen_where_one_key_breaks_it() -> None:
    values = CHECKED["ean"][:50]
    assert checks.found(pd.Series(values)) == "gtin"
    assert checks.found(pd.Series([*values[:-1], values[-1][:-1] + str((int(values[-1][-1]) + 1) % 10)])) == ""
    assert checks.found(pd.Series(values[:5])) == ""


@pytest.mark.parametrize("form", ["C{:05d}", "{}"])
def test_demand_15_a_key_that_rows_share_stays_a_grouping(form: str) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.choice([1, 2, 3, 8], 300, p=[0.5, 0.3, 0.15, 0.05])
    keys = [form.format(10_000 + 7 * i) for i, k in enumerate(lengths) for _ in range(k)]
    frame = pd.DataFrame({"customer_id": rng.permutation(keys), "amount": rng.normal(size=len(keys)).round(2)})
    frame = frame.astype("str")
    schema = infer_schema(frame)
    assert (schema["customer_id"].kind, schema["customer_id"].provider) == (Kind.PERSONAL, "key")
    made = made_of(frame)["customer_id"]
    assert not set(made) & set(keys)
    assert made.str.fullmatch(form.replace("{:05d}", r"\d{5}").replace("{}", r"\d{5}")).all()
    counts = made.value_counts()
    for times in (1, 2, 3, 8):
        assert (counts == times).mean() == pytest.approx((lengths == times).mean(), abs=0.08)


# 16: consistent pseudonyms (more in test_pseudonyms)


def test_demand_16_keys_of_staff_and_leaders_match_after_the_change() -> None:
    rng = np.random.default_rng(0)
    staff = [f"E{n}" for n in rng.choice(9_000, 300, replace=False) + 1_000]
    leader = rng.choice(staff[:30], 300)
    frame = pd.DataFrame(
        {"employee": staff, "manager": leader, "grade": rng.integers(1, 9, 300).astype(str)}, dtype="str"
    )
    schema = infer_schema(frame)
    for name in ("employee", "manager"):
        schema = schema.override(name, kind=Kind.PERSONAL, provider="key", pseudonym=True)
    table, changed = pseudonymised(schema.parse(frame), schema, 0)
    assert changed["manager"].kind is Kind.CATEGORICAL
    assert set(table["manager"]) <= set(table["employee"])
    assert not set(table["employee"]) & set(staff)
    real = dict(zip(frame["employee"], frame["manager"], strict=True))
    made = dict(zip(table["employee"], table["manager"], strict=True))
    to_made = dict(zip(frame["employee"], table["employee"], strict=True))
    assert {to_made[e]: to_made[m] for e, m in real.items()} == made
    assert table["employee"].str.fullmatch(r"E[1-9]\d{3}").all()


# 17: personal data found against the user's wish


def learned(values: list[str], name: str) -> bool:
    """Whether a column is learned, also beside columns that speak of persons."""
    beside = [f"p{i}@mail.example" for i in range(len(values))]
    frame = pd.DataFrame({"mail": beside, name: values}, dtype="str")
    kinds = {infer_schema(frame)[name].kind, infer_column(frame[name], name).kind}
    return all(kind.modelled for kind in kinds)


TOWNS = [f"{a}{b}" for a in ("Ash", "Brook", "Clay", "Dun", "Elm") for b in ("ford", "ton", "ham", "by")]
JOBS = ["Exec-managerial", "Craft-repair", "Sales", "Adm-clerical", "Other-service", "Tech-support", "Farming-fishing"]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (TOWNS, "city"),
        (TOWNS, "Ort"),
        (["Germany", "France", "Spain", "Italy"], "country"),
        ([f"{a} {b}" for a in TOWNS[:8] for b in ("Inc", "Ltd")], "company"),
        (JOBS, "occupation"),
        (JOBS, "job"),
        (["TX", "CA", "NY", "WA"], "state"),
        ([str(n) for n in range(10_001, 10_041)], "zip"),
        (["new", "returning", "lost"], "customer"),
        (["home", "work", "mobile"], "phone"),
        (["billing", "shipping"], "address"),
        (["free", "paid", "trial"], "client"),
        (["yes", "no"], "passport"),
        (["New York", "Los Angeles", "San Jose", "St Louis"], "market"),
        (["Rock Hall", "Paul Street", "Mark Lane", "Charles Square"] * 4, "stop"),
        ([f"{n}" for n in range(100, 999, 7)], "cell"),
        ([f"+{n}" for n in range(1_000_000, 1_000_900, 9)], "change"),
        ([f"2024-{i % 12 + 1:02d}-15" for i in range(12)], "phone date"),
    ],
)
def test_demand_17_what_many_rows_share_is_no_personal_data(values: list[str], name: str) -> None:
    rng = np.random.default_rng(0)
    assert learned([*values, *rng.choice(values, 1_000)], name)


def test_demand_17_places_alone_are_no_persons() -> None:
    towns = pd.DataFrame({"city": [f"{a} {b}" for a in TOWNS for b in TOWNS], "people": range(400)})
    schema = infer_schema(towns.astype("str"))
    assert schema["city"].kind is not Kind.PERSONAL
    beside = towns.astype("str").assign(email=[f"a{i}@b.example" for i in range(400)])
    assert infer_schema(beside)["city"].provider == "city"


def test_demand_17_points_on_the_map_are_learned_and_the_reason_warns() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"latitude": rng.uniform(40, 41, 200).round(5), "lng": rng.uniform(-74, -73, 200).round(5)})
    schema = infer_schema(frame.astype("str"))
    for name in frame:
        assert schema[name].kind is Kind.DECIMAL
        assert "where somebody lives" in schema[name].reason
    assert "lives" not in infer_column(frame["lng"].astype("str"), "price").reason


def test_demand_17_the_person_has_the_last_word() -> None:
    frame = customers(300)
    schema = infer_schema(frame).override("email", kind=Kind.CATEGORICAL, provider=None)
    fakers = Fakers(schema).fit(schema.parse(frame))
    assert "email" not in fakers.make(3, 0)
    assert schema["email"].modelled


# All of it at once


@pytest.fixture(scope="module")
def guessed() -> Schema:
    return infer_schema(customers())


@pytest.fixture(scope="module")
def made(guessed: Schema) -> Table:
    return Fakers(guessed).fit(guessed.parse(customers())).make(5_000, 3)


def test_fourteen_columns_of_personal_data_are_found(guessed: Schema) -> None:
    assert {c.name: c.provider for c in guessed if c.kind is Kind.PERSONAL} == PERSONAL
    assert all(guessed[name].locale in ("en_US", "de_DE") for name in PERSONAL)
    assert all(guessed[name].reason and guessed[name].confidence >= 0.7 for name in PERSONAL)
    assert guessed["member"].kind is Kind.IDENTIFIER
    assert {c.name for c in guessed if c.modelled} == {"age", "income", "segment"}


def test_none_of_five_thousand_customers_comes_back(made: Table) -> None:
    real = customers()
    for name in [*PERSONAL, "member"]:
        assert not {v.casefold() for v in made[name].dropna()} & {v.casefold() for v in real[name].dropna()}, name


def test_formats_uniqueness_and_gaps_of_customers_stay(made: Table) -> None:
    real = customers()
    for name, form in FORMS.items():
        assert real[name].dropna().str.fullmatch(form).all(), name
        assert made[name].dropna().str.fullmatch(form).all(), made[name].head(3).tolist()
    for name in [*PERSONAL, "member"]:
        if real[name].dropna().is_unique:
            assert made[name].dropna().is_unique, name
        assert made[name].isna().mean() == pytest.approx(real[name].isna().mean(), abs=0.01)
    for name in ("iban", "credit_card_number", "ssn"):
        column = next(c for c, provider in PERSONAL.items() if provider == name)
        assert made[column].map(SCHEMES[name].valid).all()


def test_customers_agree_in_themselves(made: Table) -> None:
    for first, last, email in made[["first_name", "last_name", "email"]].itertuples(index=False):
        assert re.sub(r"\d", "", email.partition("@")[0]) == f"{slug(first)}.{slug(last)}"
    assert made.groupby("postcode")["city"].nunique().max() == 1
