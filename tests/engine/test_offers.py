"""What can be made up, as people choose from it."""

from __future__ import annotations

import pandas as pd
import pytest

from engine.errors import SchemaError
from engine.fakers import offers, pools
from engine.table.schema import Column, Kind

REAL = pd.Series([f"real {i:03d}" for i in range(40)], dtype="str")


def test_every_provider_has_a_name_for_people() -> None:
    found = offers.providers()
    assert set(found) == {*pools.PEOPLE, *pools.OTHERS}
    assert len(set(found.values())) == len(found)
    assert list(found.values()) == sorted(found.values(), key=str.casefold)
    assert not [key for key, title in found.items() if "_" in title or title == key]


@pytest.mark.parametrize("provider", [*pools.PEOPLE, *pools.OTHERS])
def test_examples_are_made_up_and_always_the_same(provider: str) -> None:
    column = Column("x", Kind.PERSONAL, provider=provider, locale="de_DE", selected=False)
    found = offers.examples(REAL, column)
    assert 1 <= len(found) <= 4
    assert not set(found) & set(REAL)
    assert offers.examples(REAL, column) == found


def test_an_unknown_locale_is_told() -> None:
    assert "de_DE" in offers.locales()
    with pytest.raises(SchemaError, match="xx_YY"):
        offers.examples(REAL, Column("x", Kind.PERSONAL, provider="city", locale="xx_YY"))
