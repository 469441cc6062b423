"""A method that fails is replaced along the chain, and the report says so; a mistake of the person is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine import fallback
from engine.errors import DataError, FitError, MethodError, SettingsError
from engine.generators import registry
from engine.generators.base import Family, Generator
from engine.progress import Budget, Progress
from engine.reports import Fallback
from engine.run import RunRequest, execute
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


class OutOfMemoryError(RuntimeError):
    """Named as torch's own."""


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's own."""


@pytest.mark.parametrize(
    "error",
    [
        OutOfMemoryError("CUDA"),
        ResourceExhaustedError("OOM when allocating tensor"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_the_frameworks_own_ways_to_run_out_of_memory(
    methods: dict[str, type[Generator]], error: BaseException
) -> None:
    methods["broken"] = failing(error)
    twin = Synthesizer(CLUB, "broken").fit(club())
    assert twin.report.fallbacks == (Fallback("broken", "The computer's memory was not enough."),)


def test_another_error_of_a_framework_stays_visible(methods: dict[str, type[Generator]]) -> None:
    methods["broken"] = failing(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="shapes"):
        Synthesizer(CLUB, "broken").fit(club())


def deep_that_spends(seen: list[float], error: FitError) -> type[Generator]:
    """Of the deep family; notes what time it gets, and fails when it is over."""

    def _fit(self: Generator, *args: object, budget: Budget, **kwargs: object) -> None:
        seen.append(budget.left())
        while not budget.over:
            pass
        raise error

    return type("Deep", (Broken,), {"info": replace(Broken.info, family=Family.DEEP), "_fit": _fit})


def test_a_deep_method_that_fails_leaves_time_to_the_next(
    methods: dict[str, type[Generator]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    left: list[float] = []
    methods["broken"] = deep_that_spends(seen, FitError("The time was up."))
    fit = Rows._fit

    def noting(self: Rows, *args: object, budget: Budget, **kwargs: object) -> None:
        left.append(budget.left())
        fit(self, *args, budget=budget, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Rows, "_fit", noting)
    twin = Synthesizer(CLUB, "broken").fit(club(), budget=2.0)
    assert seen[0] < 2.0
    assert left[0] > 0
    assert twin.report.used == "rows"
    assert not any("time was over" in note for note in twin.report.notes)


def test_a_method_that_takes_over_without_time_says_so(methods: dict[str, type[Generator]]) -> None:
    budget = Budget(1e-9)
    twin = Synthesizer(CLUB, "broken").fit(club(), budget=budget)
    assert any("time was over when this method took over" in note for note in twin.report.notes)


def test_where_no_other_may_take_over_the_failure_is_raised() -> None:
    with pytest.raises(FitError, match="infinite at step 2"):
        Synthesizer(CLUB, "broken").fit(club(), attempts=fallback.Attempts(allowed=False))
    with pytest.raises(FitError, match="infinite at step 2"):
        execute(RunRequest("broken", fallback=False), club(), CLUB)


def test_what_failed_in_the_first_training_is_not_tried_in_the_second(methods: dict[str, type[Generator]]) -> None:
    tries: list[str] = []

    def _fit(*args: object, **kwargs: object) -> None:
        tries.append("broken")
        raise FitError("The loss became infinite at step 2.")

    methods["broken"] = type("Counted", (Broken,), {"_fit": _fit})
    result = execute(RunRequest("broken"), club(), CLUB)
    assert tries == ["broken"]
    assert result.figures["measured_model"]["used"] == result.figures["method_used"] == "rows"
    assert [f["method"] for f in result.figures["fallbacks"]] == ["broken"]


def test_where_only_the_second_training_fails_the_figures_say_whose_they_are(
    methods: dict[str, type[Generator]],
) -> None:
    fit, tries = Rows._fit, []

    def _fit(self: Rows, *args: object, **kwargs: object) -> None:
        tries.append("broken")
        if len(tries) > 1:
            raise FitError("The loss became infinite at step 2.")
        fit(self, *args, **kwargs)  # type: ignore[arg-type]

    info = replace(Broken.info, label="Once")
    methods["broken"] = type("Once", (Rows,), {"info": info, "_fit": _fit})
    figures = execute(RunRequest("broken"), club(), CLUB).figures
    assert (figures["measured_model"]["used"], figures["method_used"]) == ("broken", "rows")
    assert "They are of Once, which failed in the second training; Rows made the table." in figures["figures_of"]


def test_what_an_earlier_process_tried_is_not_tried_again() -> None:
    attempts = fallback.Attempts([Fallback("broken", "The system stopped the training.")])
    twin = Synthesizer(CLUB, "broken").fit(club(), attempts=attempts)
    assert twin.report.fallbacks == (Fallback("broken", "The system stopped the training."),)
