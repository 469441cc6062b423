"""A race among stand-ins whose quality is known: who wins, who is out, who failed, and what is told of it."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import psutil
import pytest

from engine import advice, cli, console, results
from engine.advice import Advice
from engine.errors import Cancelled, DataError, FitError, MethodError, SettingsError
from engine.generators import registry
from engine.generators.base import Capability, Family, Generator
from engine.progress import CancelToken, Progress
from engine.race import RACE, RaceResult, heat, running
from engine.race.choosing import choose
from engine.race.heat import Heat, HeatFailed
from engine.race.judge import Judged
from engine.reports import Fallback
from engine.run import RunRequest, execute
from engine.stages import stages
from engine.synthesizer import Synthesizer
from tests.engine.doubles import Broken, Rows
from tests.engine.race.judges import NoJudge, marks
from tests.engine.tables import CLUB, club


def double(name: str, base: type[Generator] = Rows, **changes: Any) -> type[Generator]:
    """A method of that key, with other hooks or facts."""
    facts = {f: changes.pop(f) for f in list(changes) if f in Rows.info.__dataclass_fields__}
    info = replace(base.info, key=name, label=name.capitalize(), **facts)
    return type(name.capitalize(), (base,), {"info": info, **changes})


def _fresh(self: Rows, n: int, *, seed: int, **how: Any) -> pd.DataFrame:
    """As good as can be: new rows of the same population."""
    return CLUB.parse(club(n, seed + 99))[list(self.table.columns)]


def _shuffled(self: Rows, n: int, *, seed: int, **how: Any) -> pd.DataFrame:
    """Columns without relations."""
    made, rng = _fresh(self, n, seed=seed), np.random.default_rng(seed)
    return pd.DataFrame({name: made[name].array[rng.permutation(n)] for name in made})


@pytest.fixture(autouse=True)
def methods(monkeypatch: pytest.MonkeyPatch) -> dict[str, type[Generator]]:
    """Only stand-ins, in this order."""
    known = {
        "shuffled": double("shuffled", _sample=_shuffled),
        "true": double("true", _sample=_fresh),
        "rows": Rows,
        "broken": Broken,
    }
    monkeypatch.setattr(registry, "GENERATORS", known)
    suited = tuple(Advice(key, True, "In tests.") for key in known)
    monkeypatch.setattr(advice, "advise", lambda *args: tuple(a for a in suited if a.method in known))
    return known


def parsed(rows: int = 240) -> pd.DataFrame:
    return CLUB.parse(club(rows))


MODELLED = CLUB.modelled
TABLE = parsed()[list(MODELLED.names)]


def outcomes(race: RaceResult) -> dict[str, str]:
    return {entry.method: entry.outcome for entry in race.entries}


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """One race, kept for several tests."""
    return {}


class TestHold:
    @pytest.fixture
    def race(self, whole: dict[str, Any]) -> RaceResult:
        if not whole:
            heard: list[Progress] = []
            whole["race"], whole["heard"] = running.hold(parsed(), CLUB, seed=0, progress=heard.append), heard
        return whole["race"]

    def test_the_best_wins_and_the_others_are_told(self, race: RaceResult) -> None:
        assert race.winner == "true"
        assert outcomes(race) == {"shuffled": "judged", "true": "won", "rows": "out", "broken": "failed"}
        assert "True has the best mark" in race.reason
        assert "Shuffled" in race.reason

    def test_marks_are_in_the_order_of_quality_beside_fresh_rows(self, race: RaceResult) -> None:
        marks = {entry.method: entry.marks for entry in race.entries if entry.marks is not None}
        assert marks["shuffled"].mark < marks["true"].mark
        assert abs(marks["true"].mark - race.fresh.mark) < 0.1
        assert race.fresh.utility == pytest.approx(1.0)
        assert marks["shuffled"].utility is not None
        assert marks["shuffled"].utility < 0.2

    def test_a_method_that_learns_by_heart_is_out_however_good_its_rows(self, race: RaceResult) -> None:
        entry = next(e for e in race.entries if e.method == "rows")
        assert entry.marks is not None
        assert entry.marks.nearer_interval is not None
        assert entry.marks.nearer_interval[0] > 0.6
        assert entry.marks.copies == 1.0
        assert "remembers rows" in entry.reason

    def test_a_failure_is_listed_with_its_reason(self, race: RaceResult) -> None:
        entry = next(e for e in race.entries if e.method == "broken")
        assert (entry.reason, entry.marks) == ("The loss became infinite at step 2.", None)

    def test_it_is_plain_data(self, race: RaceResult) -> None:
        assert RaceResult.from_json(json.loads(console.dumps(race.to_json()))) == race
        assert race.rows == {"learned": 180, "aside": 60}
        assert "true" in race.note
        assert "broken failed" in race.note
        assert "rows" in race.note
        assert "(out)" in race.note

    def test_progress_says_whose_turn_it_is(self, race: RaceResult, whole: dict[str, Any]) -> None:
        heard: list[Progress] = whole["heard"]
        assert any(event.message.startswith("2 of 4: True") for event in heard)
        assert [event.step for event in heard] == sorted(event.step for event in heard)
        assert {event.total for event in heard} == {400}

    def test_the_same_seed_gives_the_same_choice_and_marks(
        self, race: RaceResult, methods: dict[str, type[Generator]]
    ) -> None:
        for name in ("shuffled", "rows"):
            del methods[name]
        again = running.hold(parsed(), CLUB, seed=0)
        assert again.winner == race.winner
        assert again.fresh == race.fresh
        assert [e.marks for e in again.entries] == [e.marks for e in race.entries if e.method in methods]


class TestTurns:
    def test_methods_that_do_not_suit_are_named(
        self, methods: dict[str, type[Generator]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            advice, "advise", lambda *args: (Advice("rows", False, "Too few."), Advice("true", True, ""))
        )
        racing, others = running.entrants(TABLE, MODELLED, False)
        assert racing == ("true",)
        assert [(e.method, e.outcome, e.reason) for e in others] == [("rows", "not raced", "Too few.")]

    def test_with_given_values_only_those_race_that_can(self, methods: dict[str, type[Generator]]) -> None:
        methods["true"] = double("true", capabilities=frozenset({Capability.GIVEN}))
        racing, others = running.entrants(TABLE, MODELLED, True)
        assert racing == ("true",)
        assert all("given values" in entry.reason for entry in others)
        del methods["true"]
        with pytest.raises(MethodError, match="can do what was asked"):
            running.entrants(TABLE, MODELLED, True)

    def test_what_failed_earlier_in_the_run_does_not_race_again(self) -> None:
        racing, others = running.entrants(TABLE, MODELLED, False, [Fallback("true", "It was killed.")])
        assert "true" not in racing
        assert [(e.method, e.outcome, e.reason) for e in others] == [("true", "failed", "It was killed.")]

    def test_quick_ones_first_and_deep_ones_last(self, methods: dict[str, type[Generator]]) -> None:
        methods.clear()
        for name in ("transformer", "other", "cascade", "vae", "marginals"):
            deep = name in ("vae", "transformer")
            methods[name] = double(name, family=Family.DEEP if deep else Family.STATISTICAL)
        assert sorted(methods, key=running._pace) == ["marginals", "cascade", "other", "vae", "transformer"]

    def test_each_gets_a_share_of_what_is_left_and_none_when_it_is_over(
        self, methods: dict[str, type[Generator]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shares: dict[str, float] = {}

        def run(self: Heat, method: str, seconds: float, progress: object) -> pd.DataFrame:
            shares[method] = seconds
            if method == "true":
                race_budget[0]._start -= 1_000.0
            return self.table

        race_budget: list[Any] = []
        made = running.Budget

        def budget(seconds: float) -> Any:
            race_budget.append(made(seconds))
            return race_budget[-1]

        monkeypatch.setattr(running, "Budget", budget)
        monkeypatch.setattr(Heat, "run", run)
        monkeypatch.setattr(running, "Judge", NoJudge)
        race = running.hold(parsed(), CLUB, seed=0, seconds=400.0)
        assert shares["shuffled"] == pytest.approx(100.0, abs=5.0)
        assert shares["true"] == pytest.approx(400.0 / 3, abs=5.0)
        assert outcomes(race)["rows"] == outcomes(race)["broken"] == "no time"
        assert race.share == shares[race.winner]

    def test_the_first_races_even_without_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "Judge", NoJudge)
        race = running.hold(parsed(), CLUB, seed=0, seconds=1e-9)
        assert race.winner == "shuffled"
        assert set(outcomes(race).values()) == {"won", "no time"}

    def test_when_all_fail_every_reason_is_told(
        self, methods: dict[str, type[Generator]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "Judge", NoJudge)
        for name in ("shuffled", "true", "rows"):
            del methods[name]
        with pytest.raises(FitError, match="broken: The loss became infinite"):
            running.hold(parsed(), CLUB, seed=0)

    def test_too_few_rows(self) -> None:
        with pytest.raises(DataError, match="at least 80 rows"):
            running.hold(parsed(79), CLUB, seed=0)

    def test_cancel(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(running, "Judge", NoJudge)
        token = CancelToken()

        def stop(event: Progress) -> None:
            if event.message.startswith("2 of"):
                token.cancel()

        with pytest.raises(Cancelled):
            running.hold(parsed(), CLUB, seed=0, progress=stop, cancel=token)


class TestChoosing:
    LABELS: ClassVar = {"quick": "Quick", "slow": "Slow"}

    def judged(self, mark: float, seed: int, noise: float, out: str = "") -> Judged:
        rng = np.random.default_rng(seed)
        return Judged(marks(mark), (noise * rng.normal(size=400), noise * rng.normal(size=400)), out)

    def test_a_clear_difference_goes_to_the_better(self) -> None:
        found = {"quick": self.judged(0.8, 0, 0.1), "slow": self.judged(0.9, 1, 0.1)}
        winner, reason = choose(found, self.LABELS, 0.95)
        assert winner == "slow"
        assert "0.900" in reason
        assert "0.950" in reason

    def test_a_difference_within_noise_goes_to_the_quicker(self) -> None:
        found = {"quick": self.judged(0.895, 0, 0.1), "slow": self.judged(0.9, 1, 0.1)}
        winner, reason = choose(found, self.LABELS, 0.95)
        assert winner == "quick"
        assert "within noise" in reason

    def test_noise_that_both_share_does_not_count(self) -> None:
        shared = np.random.default_rng(0).normal(size=400)
        found = {k: Judged(marks(m), (shared, np.zeros(400))) for k, m in (("quick", 0.895), ("slow", 0.9))}
        assert choose(found, self.LABELS, 0.95)[0] == "slow"

    def test_who_is_out_does_not_win(self) -> None:
        found = {"quick": self.judged(0.5, 0, 0.1), "slow": self.judged(0.9, 1, 0.1, out="It remembers rows.")}
        assert choose(found, self.LABELS, 0.95)[0] == "quick"

    def test_where_all_are_out_the_reason_warns(self) -> None:
        found = {k: self.judged(m, 0, 0.1, out="It remembers.") for k, m in (("quick", 0.9), ("slow", 0.5))}
        winner, reason = choose(found, self.LABELS, 0.95)
        assert winner == "slow"
        assert "Look closely" in reason


class TestRun:
    def test_the_winner_goes_the_usual_way_and_everything_tells(
        self, tmp_path: Path, methods: dict[str, type[Generator]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "Judge", NoJudge)
        del methods["rows"], methods["shuffled"]
        heard: list[Progress] = []
        request = RunRequest(RACE, rows=30, release="audited")
        result = execute(request, club(300), CLUB, progress=heard.append, folder=tmp_path / "result")
        assert tuple(dict.fromkeys(event.stage for event in heard)) == stages(request, 300)
        assert stages(request, 300) == ("race", "train", "sample", "evaluate")
        assert result.race is not None
        assert result.report.used == result.race.winner == "true"
        assert result.report.asked == RACE
        assert result.report.chosen_because == result.race.reason
        assert result.report.rows == 240
        assert result.race.rows == {"learned": 180, "aside": 60}
        assert result.figures["method_asked"] == RACE
        assert RaceResult.from_json(json.loads(console.dumps(result.figures["race"]))) == result.race
        stored = results.load(tmp_path / "result", CLUB)
        assert stored.figures["race"]["winner"] == "true"
        assert result.race.note in Synthesizer.load(stored.model).report.notes

    def test_the_command_line_tells_the_table_and_the_reason(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "Judge", NoJudge)
        club().to_csv(tmp_path / "club.csv", index=False)
        command = [
            "generate",
            tmp_path / "club.csv",
            "--out",
            tmp_path / "twin.csv",
            "--method",
            RACE,
            "--budget",
            "60",
        ]
        assert cli.main([str(part) for part in command]) == 0
        said = capsys.readouterr().out
        assert "Fresh real rows" in said
        assert "Failed: The loss became infinite at step 2." in said
        assert "Shuffled has the best mark" in said
        assert len(pd.read_csv(tmp_path / "twin.csv")) == 200

    def test_rows_held_out_never_enter_the_race(self, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []

        def hold(table: pd.DataFrame, *args: object, **how: object) -> RaceResult:
            seen.append(len(table))
            raise Cancelled

        monkeypatch.setattr(running, "hold", hold)
        with pytest.raises(Cancelled):
            execute(RunRequest(RACE), club(300), CLUB)
        with pytest.raises(Cancelled):
            execute(RunRequest(RACE, figures=False), club(300), CLUB)
        assert seen == [240, 300]

    def test_settings_belong_to_a_method(self) -> None:
        with pytest.raises(SettingsError, match="default settings"):
            execute(RunRequest(RACE, {"steps": 2}), club(), CLUB)

    def test_the_winner_gets_its_time_by_the_row(self) -> None:
        race = RaceResult("true", "", (), marks(0.9), {"learned": 100, "aside": 30}, 300.0, 80.0, 1.0)
        assert race.seconds_for(150) == pytest.approx(150.0)
        assert race.seconds_for(50) == pytest.approx(100.0)


class TestApart:
    """A method in a process of its own; a light one, declared to be deep, so that no framework need be loaded."""

    @pytest.fixture
    def marginals(self, methods: dict[str, type[Generator]]) -> str:
        from engine.generators.marginals import Marginals

        methods["marginals"] = type("Deep", (Marginals,), {"info": replace(Marginals.info, family=Family.DEEP)})
        return "marginals"

    @pytest.fixture
    def slow(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int | None]:
        """Processes that only wait; gives the number of the latest one, None before there is any."""
        import subprocess
        import sys

        from engine import processes

        started: list[int] = []

        def start(folder: Path, *args: object, **how: object) -> subprocess.Popen[bytes]:
            code = "import sys; sys.stdin.buffer.read()"
            child = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE)
            started.append(child.pid)
            return child

        monkeypatch.setattr(processes, "start", start)
        return lambda: started[-1] if started else None

    def heat(self, cancel: CancelToken | None = None) -> Heat:
        schema = CLUB.modelled
        return Heat(parsed()[list(schema.names)], schema, 0, cancel)

    def test_its_rows_come_back(self, marginals: str) -> None:
        heard: list[Progress] = []
        made = self.heat().run(marginals, 30.0, heard.append)
        assert list(made.columns) == list(CLUB.modelled.names)
        assert len(made) == 240
        assert made["fee"].dtype == parsed()["fee"].dtype

    def test_its_failure_has_a_reason(self, methods: dict[str, type[Generator]]) -> None:
        methods["broken"] = double("broken", Broken, family=Family.DEEP)  # which the process does not know
        with pytest.raises(HeatFailed, match="no method “broken”"):
            self.heat().run("broken", 30.0, lambda event: None)

    @pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs POSIX signals")
    def test_a_killed_one_counts_as_failed(self, marginals: str, slow: Callable[[], int | None]) -> None:
        def kill() -> None:
            while (pid := slow()) is None:
                time.sleep(0.01)
            os.kill(pid, signal.SIGKILL)

        threading.Thread(target=kill).start()
        with pytest.raises(HeatFailed, match="most likely because memory ran out"):
            self.heat().run(marginals, 30.0, lambda event: None)

    def test_one_that_does_not_end_is_ended(
        self, marginals: str, slow: Callable[[], int | None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(heat, "GRACE", 0.1)
        with pytest.raises(HeatFailed, match="did not end"):
            self.heat().run(marginals, 0.1, lambda event: None)
        assert not psutil.pid_exists(slow() or 0)

    def test_cancel_ends_it(self, marginals: str, slow: Callable[[], int | None]) -> None:
        class WhenStarted(CancelToken):
            @property
            def cancelled(self) -> bool:
                return slow() is not None

        with pytest.raises(Cancelled):
            self.heat(WhenStarted()).run(marginals, 30.0, lambda event: None)
        assert not psutil.pid_exists(slow() or 0)

    def test_it_ends_with_the_process_that_started_it(self, tmp_path: Path) -> None:
        from engine import processes
        from engine.runfolder import RunFolder

        folder = RunFolder(tmp_path / "orphan")
        folder.create(RunRequest("marginals", figures=False), parsed(), CLUB)
        child = processes.start(folder.path, folder.log, module="engine.race.heat", leashed=True)
        assert child.stdin is not None
        child.stdin.close()  # as when the starting process is gone
        assert child.wait(timeout=60) == 1
        assert folder.outcome() is None
