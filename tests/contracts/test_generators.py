"""Every registered generator keeps every promise on every animal of the zoo."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.generators.registry import GENERATORS
from tests.contracts.generator_checks import EVERYWHERE, ONCE
from tests.contracts.promises.case import Case
from tests.contracts.trainings import CHEAP
from tests.contracts.zoo import ZOO

# Promises that a generator is known not to keep on an animal: (generator, check, animal) -> why. "*" is any animal.
EXCUSED: dict[tuple[str, str, str], str] = {}


def promises() -> list[Any]:
    """Every promise of every generator; those on one animal follow each other, as they share what was trained on it."""
    found = []
    for key, kind in GENERATORS.items():
        pairs = [(animal, check) for animal in ZOO for check in EVERYWHERE] + [("mixed", check) for check in ONCE]
        for animal, (check, capability) in pairs:
            if capability is not None and capability not in kind.info.capabilities:
                continue
            why = EXCUSED.get((key, check.__name__, animal)) or EXCUSED.get((key, check.__name__, "*"))
            marks = [pytest.mark.xfail(reason=why, strict=True)] if why else []
            name = check.__name__.removeprefix("check_")
            found.append(pytest.param(key, check, animal, id=f"{key}-{name}-{animal}", marks=marks))
    return found


def case(key: str, animal: str, folder: Path) -> Case:
    return Case(GENERATORS[key], CHEAP.get(key, {}), ZOO[animal], folder)


@pytest.mark.parametrize(("key", "check", "animal"), promises())
def test_promises(key: str, check: Callable[[Case], None], animal: str, tmp_path: Path) -> None:
    check(case(key, animal, tmp_path))


def test_keys_and_labels_are_unique() -> None:
    assert all(kind.info.key == key for key, kind in GENERATORS.items())
    assert len({kind.info.label for kind in GENERATORS.values()}) == len(GENERATORS)


def test_cheap_settings_and_excuses_name_what_exists() -> None:
    names = {check.__name__ for check, _ in (*EVERYWHERE, *ONCE)}
    assert set(CHEAP) <= set(GENERATORS)
    for key, check, animal in EXCUSED:
        assert key in GENERATORS
        assert check in names
        assert animal in {*ZOO, "*"}
