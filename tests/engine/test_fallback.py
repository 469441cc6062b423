"""A method that fails is replaced along the chain, and the report says so; a mistake of the person is not."""

from __future__ import annotations

import numpy as np
import pytest

from engine import fallback
from engine.errors import DataError, FitError, MethodError, SettingsError
from engine.generators import registry
from engine.generators.base import Generator
from engine.progress import Progress
from engine.synthesizer import Synthesizer
from tests.engine.doubles import Broken, Rows
from tests.engine.tables import CLUB, club


def failing(error: BaseException) -> type[Generator]:
    def _fit(*args: object, **kwargs: object) -> None:
        raise error

    return type("Failing", (Broken,), {"_fit": _fit})


@pytest.fixture(autouse=True)
def methods(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[Generator]]:
    """Only stand-ins: "broken" first, then "rows"."""
    generators: dict[str, type[Generator]] = {"broken": Broken, "rows": Rows}
    monkeypatch.setattr(registry, "GENERATORS", generators)
    monkeypatch.setattr(fallback, "CHAIN", ("unheard", "rows"))
    return generators


def test_the_chain_goes_on_behind_the_method() -> None:
    assert fallback.after("broken") == ("rows",)
    assert fallback.after("rows") == ()


def test_a_fallback_is_reported_with_its_reason() -> None:
    heard: list[Progress] = []
    twin = Synthesizer(CLUB, "broken").fit(club(), progress=heard.append)
    assert (twin.report.asked, twin.report.used) == ("broken", "rows")
    assert [(f.method, f.reason) for f in twin.report.fallbacks] == [("broken", "The loss became infinite at step 2.")]
    assert any("failed" in event.message for event in heard)
    assert len(twin.sample(10)) == 10


def test_settings_of_the_failed_method_do_not_reach_the_next() -> None:
    twin = Synthesizer(CLUB, "broken", {"steps": 7}).fit(club())
    assert twin.report.settings == {"steps": 3}


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (MemoryError(), "memory"),
        (np.linalg.LinAlgError("Singular matrix"), "Singular matrix"),
        (FloatingPointError("overflow"), "overflow"),
    ],
)
def test_failures_of_the_machine_and_of_the_numbers(
    methods: dict[str, type[Generator]], error: BaseException, reason: str
) -> None:
    methods["broken"] = failing(error)
    twin = Synthesizer(CLUB, "broken").fit(club())
    assert reason in twin.report.fallbacks[0].reason


def test_a_missing_package_falls_back(methods: dict[str, type[Generator]]) -> None:
    info = Broken.info
    absent = type(info)(**{**{f: getattr(info, f) for f in info.__dataclass_fields__}, "packages": ("no_such_thing",)})
    methods["broken"] = type("Absent", (Broken,), {"info": absent})
    twin = Synthesizer(CLUB, "broken").fit(club())
    assert "no_such_thing" in twin.report.fallbacks[0].reason


@pytest.mark.parametrize("error", [DataError("Too few."), SettingsError("Too many."), ZeroDivisionError()])
def test_mistakes_and_bugs_stay_visible(methods: dict[str, type[Generator]], error: BaseException) -> None:
    methods["broken"] = failing(error)
    with pytest.raises(type(error)):
        Synthesizer(CLUB, "broken").fit(club())


def test_when_all_fail_every_reason_is_told(methods: dict[str, type[Generator]]) -> None:
    methods["rows"] = failing(FitError("The second failed too."))
    with pytest.raises(FitError, match=r"infinite.*The second failed too"):
        Synthesizer(CLUB, "broken").fit(club())


def test_unknown_methods_and_settings_never_start() -> None:
    with pytest.raises(MethodError, match="no method “magic”"):
        Synthesizer(CLUB, "magic")
    with pytest.raises(SettingsError, match="at most 10"):
        Synthesizer(CLUB, "rows", {"steps": 11})
    with pytest.raises(SettingsError, match="Unknown setting “colour”"):
        Synthesizer(CLUB, "rows", {"colour": "red"})
