"""No real value of any kind of personal data comes out, also where the real ones are Faker's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from engine.errors import SchemaError
from engine.fakers import Fakers, pools
from engine.fakers.numbers import RandomDice
from engine.table.schema import Column, Kind, Schema
from engine.table.schemes import SCHEMES

PROVIDERS = [*pools.PEOPLE, *pools.OTHERS]
LOCALES = ("en_US", "de_DE", "fr_FR")
ROWS = 90


def real_values(provider: str) -> list[str]:
    """Values of the very lists that made ones are taken from, of three countries; a few come twice."""
    if provider in SCHEMES:
        return _numbers(provider)
    if provider == pools.KEY:
        return [f"K-{i:05d}" for i in range(ROWS)]
    return [value for locale in LOCALES for value in _faked(locale, provider)[: ROWS // 3]] * 2


def _numbers(provider: str) -> list[str]:
    scheme, dice = SCHEMES[provider], RandomDice(np.random.default_rng(pools.SEED))
    structures = {"iban": "DE" + "#" * 20, "credit_card_number": "4" + "#" * 15, "in_pan": "@@@@@####@"}
    shapes = {"it_fiscal_code": "@@@@@@##@##@###@", "es_nif": "########@", "uk_nino": "@@######@"} | structures
    lengths = {"fr_nir": 15, "ch_ahv": 13, "in_aadhaar": 12, "se_personnummer": 10, "nl_bsn": 9, "ca_sin": 9, "ssn": 9}
    structure = shapes.get(provider, "#" * lengths.get(provider, 11))
    made = [scheme.fresh(structure, dice) for _ in range(ROWS)]
    return [value for value in made if value is not None]


def _faked(locale: str, provider: str) -> tuple[str, ...]:
    if provider in ("email", "user_name", "name"):
        first, last = (pools.words(locale, kind, 200) for kind in ("first_name", "last_name"))
        names = [f"{a} {b}" for a, b in zip(first, last, strict=False)]
        made = {"name": "{}", "email": "{}@example.com", "user_name": "{}"}[provider]
        return tuple(made.format(n if provider == "name" else n.lower().replace(" ", ".")) for n in names)
    return pools.words(locale, provider, 64)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_real_value_comes_out(provider: str) -> None:
    real = pd.Series(real_values(provider), dtype="str")
    schema = Schema((Column("c", Kind.PERSONAL, provider=provider, locale="en_US"),))
    made = Fakers(schema).fit(pd.DataFrame({"c": real})).make(len(real), 1)["c"]
    assert len(made) == len(real)
    assert made.notna().all()
    assert not {v.strip().casefold() for v in made} & {v.strip().casefold() for v in real}
    if real.is_unique:
        assert made.is_unique


def test_all_kinds_of_personal_data_at_once_agree_with_their_saved_form() -> None:
    columns = tuple(Column(f"c{i}", Kind.PERSONAL, provider=p, locale="en_US") for i, p in enumerate(PROVIDERS))
    frame = pd.DataFrame({f"c{i}": (real_values(p) * ROWS)[:ROWS] for i, p in enumerate(PROVIDERS)}, dtype="str")
    fakers = Fakers(Schema(columns)).fit(frame)
    made = fakers.make(40, 2)
    assert made.notna().all().all()
    for name in frame:
        assert not {v.casefold() for v in made[name]} & {v.casefold() for v in frame[name]}, name
    again = Fakers.from_state(Schema(columns), fakers.state()).make(40, 2)
    pd.testing.assert_frame_equal(again, made)


def test_a_provider_that_is_none_is_said_before_anything_is_learned() -> None:
    with pytest.raises(SchemaError, match=r"“shoe_size” cannot be made up\. Possible: name, "):
        Fakers(Schema((Column("c", Kind.PERSONAL, provider="shoe_size"),)))
