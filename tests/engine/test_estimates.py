"""Seconds and memory before the start: they follow the table, the settings, the run and the machine."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine import estimates, machine
from engine.generators import registry
from engine.generators.costs import Work
from engine.machine import REFERENCE, Machine
from engine.run import RunRequest
from engine.settings import describe
from tests.engine.doubles import Big, Rows

WORK = Work.uncounted(2_000, 5, 5)
METHODS = sorted(key for key, kind in registry.GENERATORS.items() if kind.cost(kind.info.settings(), WORK) is not None)


@pytest.fixture
def big(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(registry.GENERATORS, "big", Big)
    return "big"


def seconds(request: RunRequest, method: str, work: Work = WORK, on: Machine = REFERENCE) -> float:
    found = estimates.of_run(request, method, work, on)
    assert found is not None
    return found.seconds


def test_most_methods_have_a_formula() -> None:
    """One without gets no estimate, and the page says so; these had one once."""
    assert {"cascade", "copula", "forest", "marginals", "transformer", "vae"} <= set(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_what_a_method_needs_is_in_reason(method: str) -> None:
    found = estimates.of_run(RunRequest(), method, WORK, REFERENCE)
    assert found is not None
    assert 0 < found.seconds < 3_600
    assert 50e6 < found.memory < 5e9
    assert found.trainings == 2


@pytest.mark.parametrize("method", METHODS)
def test_more_rows_and_more_columns_need_more(method: str) -> None:
    none = RunRequest(figures=False)
    small, long, wide = (estimates.of_run(none, method, Work.uncounted(*size), REFERENCE) for size in (
        (2_000, 5, 5), (20_000, 5, 5), (2_000, 50, 50)
    ))  # fmt: skip
    assert small is not None
    assert long is not None
    assert wide is not None
    assert small.seconds < long.seconds
    assert small.seconds < wide.seconds
    assert small.memory <= min(long.memory, wide.memory)


@pytest.mark.parametrize("method", METHODS)
def test_what_makes_a_method_lighter_is_a_setting_of_it_and_does(method: str) -> None:
    """The first one need not help on every table, but all together do on a large one."""
    info = registry.GENERATORS[method].info
    fields = {field.name: field for field in describe(info.settings)}
    assert set(info.lighter) <= set(fields)
    if not info.lighter:
        return
    assert all(fields[name].type in (int, float) and fields[name].low is not None for name in info.lighter)
    least = {name: fields[name].low for name in info.lighter}
    work = Work.uncounted(300_000, 20, 20)
    usual = estimates.of_run(RunRequest(method=method, figures=False), method, work, REFERENCE)
    lowest = estimates.of_run(RunRequest(method=method, settings=least, figures=False), method, work, REFERENCE)
    assert usual is not None
    assert lowest is not None
    assert lowest.memory < usual.memory


def test_a_method_without_a_formula_has_no_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
    assert estimates.of_run(RunRequest(), "rows", WORK, REFERENCE) is None
    assert estimates.smaller(RunRequest(), "rows", WORK, REFERENCE) is None


def test_a_run_with_figures_trains_twice(big: str) -> None:
    once, twice = (seconds(RunRequest(figures=figures), big) for figures in (False, True))
    training = 64 * 4 * 2.0 / 2  # on two cores
    assert once == pytest.approx(training, rel=0.05)
    assert twice == pytest.approx(1.8 * training, rel=0.05)  # four rows in five, then all
    assert seconds(RunRequest(release="audited"), big) == pytest.approx(0.8 * training, rel=0.05)
    assert seconds(RunRequest(holdout=0.0), big) == pytest.approx(training, rel=0.05)


def test_a_small_table_holds_nothing_out_and_trains_once(big: str) -> None:
    found = estimates.of_run(RunRequest(), big, Work.uncounted(60, 2, 2), REFERENCE)
    assert found is not None
    assert found.trainings == 1


def test_settings_rows_and_budget_count(big: str) -> None:
    plain = RunRequest(method=big)
    assert seconds(replace(plain, settings={"width": 16}), big) < seconds(plain, big) / 3
    assert seconds(replace(plain, rows=1_000_000), big) - seconds(plain, big) == pytest.approx(998, rel=0.01)
    assert seconds(replace(plain, budget=5.0), big) < 25
    assert seconds(replace(plain, method="marginals"), big) == seconds(plain, big)  # others' settings are not its own


def test_a_slower_machine_takes_longer(big: str) -> None:
    half = Machine(steady=0.5, products=0.5, threads=2)
    assert seconds(RunRequest(), big, on=half) == pytest.approx(2 * seconds(RunRequest(), big))
    assert seconds(RunRequest(), big, on=replace(REFERENCE, threads=1)) > 1.9 * seconds(RunRequest(), big)
    assert seconds(RunRequest(), big, on=replace(REFERENCE, threads=64)) == seconds(RunRequest(), big)


def test_what_does_not_fit_gets_a_smaller_setting(big: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = RunRequest(method=big)
    usual = estimates.of_run(request, big, WORK, REFERENCE)
    assert usual is not None
    assert usual.fits
    monkeypatch.setattr(machine, "memory_left", lambda: int((usual.memory - 150e6) / 0.9))
    lower = estimates.smaller(request, big, WORK, REFERENCE)
    assert lower is not None
    assert lower.changed == {"width": 16}  # half of it saves 128 MB only
    assert lower.settings == {"width": 16, "depth": 4}
    assert lower.estimate.fits
    monkeypatch.setattr(machine, "memory_left", lambda: 1_000)
    assert estimates.smaller(request, big, WORK, REFERENCE) is None


def test_the_limit_of_the_environment_counts(big: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABULAR_TWIN_MAX_TRAINING_BYTES", "100000000")
    found = estimates.of_run(RunRequest(), big, WORK, REFERENCE)
    assert found is not None
    assert not found.fits
    assert found.room <= 100_000_000


def test_a_container_has_what_its_limit_leaves(tmp_path: Path) -> None:
    (tmp_path / "limit").write_text("2000\n")
    (tmp_path / "use").write_text("500\n")
    (tmp_path / "none").write_text("max\n")
    pairs = [(str(tmp_path / a), str(tmp_path / b)) for a, b in (("limit", "use"), ("none", "use"), ("gone", "use"))]
    assert machine._container(pairs) == [1_500]


def test_the_probe_loads_no_framework_and_is_made_once() -> None:
    code = (
        "import sys; from engine import machine; found = machine.this(); assert machine.this() is found;"
        "print(0.01 < found.steady < 100, 0.01 < found.products < 100, found.threads >= 1,"
        "[m for m in ('torch', 'tensorflow', 'lightgbm', 'sklearn', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "True", "[]"]


def test_the_probe_ends_in_time_on_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever one go takes by the clock: after the patience only what is begun is ended."""
    clock = iter(range(1_000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    goes: list[int] = []
    machine._best(lambda: goes.append(1))
    assert len(goes) <= 5
