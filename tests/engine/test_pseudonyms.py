"""Pseudonyms: one made value for each real one, everywhere, and no way back."""

from __future__ import annotations

import pickle
from typing import Any

import pandas as pd
import pytest

from engine.errors import DataError, SchemaError
from engine.fakers import pools
from engine.fakers.pseudonyms import HashDice, Pseudonyms, held
from engine.table.schema import Column, Kind, Schema
from engine.table.schemes import SCHEMES

SECRET = b"kept by the person"
STAFF = Schema(
    (
        Column("employee", Kind.PERSONAL, provider="name", locale="de_DE", pseudonym=True),
        Column("age", Kind.INTEGER),
        Column("manager", Kind.PERSONAL, provider="name", pseudonym=True),
        Column("mail", Kind.PERSONAL, provider="email"),
    )
)


def staff(rows: int = 200, first: int = 0) -> pd.DataFrame:
    """Employees of whom every tenth leads the nine after them; some managers are missing."""
    people = [f"Person{i} Beispiel" for i in range(first, first + rows)]
    bosses: list[str | None] = [None if i % 10 == 3 else people[i // 10 * 10] for i in range(rows)]
    frame = pd.DataFrame({"employee": people, "manager": bosses, "mail": "x@firm.nl"}, dtype="str")
    return frame.assign(age=pd.Series(range(rows), dtype="Int64"))[list(STAFF.names)]


def mapping(table: pd.DataFrame, changed: pd.DataFrame) -> dict[str, str]:
    pairs = pd.concat([pd.DataFrame({"real": table[c], "made": changed[c]}).dropna() for c in ("employee", "manager")])
    pairs = pairs.drop_duplicates()
    assert pairs["real"].is_unique
    assert pairs["made"].is_unique
    return dict(pairs.itertuples(index=False))


def one(values: list[str], provider: str, secret: bytes | None = None, **how: Any) -> pd.Series:
    schema = Schema((Column("c", Kind.PERSONAL, provider=provider, pseudonym=True, **how),))
    table = pd.DataFrame({"c": values}, dtype="str")
    return Pseudonyms.of(table, schema, 0, secret).replaced(table)[0]["c"]


@pytest.mark.parametrize("secret", [None, SECRET])
def test_demand_16_the_same_person_has_one_made_name_in_all_columns(secret: bytes | None) -> None:
    table = staff()
    changed, schema = Pseudonyms.of(table, STAFF, 7, secret).replaced(table)
    assert len(mapping(table, changed)) == 200
    assert not set(changed["employee"]) & set(table["employee"])
    pd.testing.assert_series_equal(changed["manager"].isna(), table["manager"].isna())
    pd.testing.assert_frame_equal(changed[["age", "mail"]], table[["age", "mail"]])
    assert [c.kind for c in schema] == [Kind.CATEGORICAL, Kind.INTEGER, Kind.CATEGORICAL, Kind.PERSONAL]
    assert held(schema) == ("employee", "manager")
    pd.testing.assert_frame_equal(schema.parse(changed), changed)


def test_a_secret_gives_the_same_names_in_other_tables_seeds_and_orders() -> None:
    first, second = staff(200), staff(150, first=100).sample(frac=1, random_state=1)
    one_, _ = Pseudonyms.of(first, STAFF, 1, SECRET).replaced(first)
    two, _ = Pseudonyms.of(second, STAFF, 2, SECRET).replaced(second)
    a, b = mapping(first, one_), mapping(second, two)
    assert len(set(a) & set(b)) == 100
    assert {v: a[v] for v in set(a) & set(b)} == {v: b[v] for v in set(a) & set(b)}


def test_another_secret_or_seed_gives_other_names() -> None:
    table = staff(60)
    runs = [
        mapping(table, Pseudonyms.of(table, STAFF, seed, secret).replaced(table)[0])
        for seed, secret in ((0, SECRET), (0, SECRET + b"!"), (0, None), (1, None))
    ]
    for i, a in enumerate(runs):
        for b in runs[i + 1 :]:
            assert sum(a[v] == b[v] for v in a) <= 2


def test_without_a_secret_a_name_depends_on_all_others() -> None:
    small, large = staff(30), staff(31)
    a = mapping(small, Pseudonyms.of(small, STAFF, 0).replaced(small)[0])
    b = mapping(large, Pseudonyms.of(large, STAFF, 0).replaced(large)[0])
    assert sum(a[v] == b[v] for v in a) <= 2
    again = mapping(small, Pseudonyms.of(small, STAFF, 0).replaced(small)[0])
    assert a == again


def test_values_that_come_later_get_made_values_of_their_own() -> None:
    table, later = staff(50), staff(80)
    pseudonyms = Pseudonyms.of(table, STAFF, 0, SECRET)
    made = mapping(later, pseudonyms.replaced(later)[0])
    before = mapping(table, pseudonyms.replaced(table)[0])
    assert {v: made[v] for v in before} == before
    assert len(set(made.values())) == 80


@pytest.mark.parametrize("secret", [None, SECRET])
@pytest.mark.parametrize("provider", [*pools.PEOPLE, *pools.OTHERS])
def test_no_made_value_is_real_whatever_the_provider(provider: str, secret: bytes | None) -> None:
    few = provider in ("prefix", "suffix")  # a dozen titles in all
    real = one([f"AB-{i:04d}" for i in range(4 if few else 60)], provider).tolist()
    made = one(real, provider, secret).tolist()
    assert len({v.casefold() for v in made}) == len(real)
    assert not {v.casefold() for v in made} & {v.casefold() for v in real}


@pytest.mark.parametrize(
    ("values", "provider", "form"),
    [
        (
            ["DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32"],
            "iban",
            r"DE.. .{4} .{4} .{4} .{4} ..|GB.. .*",
        ),
        (["+49 30 1234567", "+49 40 7654321"], "phone_number", r"\+49 \d\d \d{7}"),
        (["192.168.0.1", "10.0.0.7"], "ipv4", r"\d{1,3}(\.\d{1,3}){3}"),
        (["00:1b:44:11:3a:b7"], "mac_address", r"[0-9a-f]{2}(:[0-9a-f]{2}){5}"),
        (["rssmra85t10a562s"], "it_fiscal_code", r"[a-z]{6}\d\d[a-z]\d\d[a-z]\d{3}[a-z]"),
        (["Smith, Anna", "Brown, John"], "name", r"[^,]+, [^,]+"),
        (["ANNA SMITH", "JOHN BROWN"], "name", r"[A-Z]+ [A-Z]+(-[A-Z]+)?"),
        (["52.5200, 13.4050"], "coordinates", r"-?\d+\.\d{4}, -?\d+\.\d{4}"),
    ],
)
def test_formats_stay(values: list[str], provider: str, form: str) -> None:
    made = one(values, provider, SECRET)
    assert made.str.fullmatch(form).all(), made.tolist()
    if provider in SCHEMES:
        assert all(SCHEMES[provider].valid(v) for v in made)


def test_when_all_short_codes_are_real_longer_ones_are_made() -> None:
    real = [str(i) for i in range(10)]
    made = one(real, "postcode")
    assert made.is_unique
    assert not set(made) & set(real)


def test_what_cannot_be_is_said() -> None:
    with pytest.raises(DataError, match="too short"):
        Pseudonyms.of(staff(5), STAFF, 0, b"1234")
    with pytest.raises(DataError, match="not enough made values of kind “prefix”"):
        one([f"v{i}" for i in range(400)], "prefix")
    with pytest.raises(SchemaError, match="“passwd” cannot be made up"):
        one(["a"], "passwd")


def test_neither_the_mapping_nor_the_secret_can_be_kept() -> None:
    pseudonyms = Pseudonyms.of(staff(5), STAFF, 0, SECRET)
    with pytest.raises(TypeError, match="not saved"):
        pickle.dumps(pseudonyms)
    assert "Person" not in repr(pseudonyms)
    assert "kept" not in repr(pseudonyms)


def test_dice_are_even_and_the_same_on_every_machine() -> None:
    dice = HashDice(b"key", "a", 1)
    drawn = pd.Series([dice.below(6) for _ in range(6_000)])
    assert drawn.value_counts(normalize=True).tolist() == pytest.approx([1 / 6] * 6, abs=0.02)
    again = HashDice(b"key", "a", 1)
    assert [again.below(6) for _ in range(12)] == drawn.head(12).tolist()
    assert [HashDice(b"other", "a", 1).below(6) for _ in range(3)] * 4 != drawn.head(12).tolist()
