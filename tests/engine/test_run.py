"""A whole run: what is held out, which model is measured, which one is released, and what the figures say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import console, results
from engine.errors import Cancelled, ConditionError, DataError, MethodError, SettingsError
from engine.generators import registry
from engine.limits import Limits
from engine.progress import CancelToken, Progress
from engine.run import RunRequest, Split, execute
from engine.stages import seconds_left, stages
from engine.synthesizer import Synthesizer
from tests.engine.doubles import Broken, Rows
from tests.engine.tables import CLUB, club


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
    monkeypatch.setitem(registry.GENERATORS, "broken", Broken)
    monkeypatch.setattr(Rows, "fits", 0)


class TestSplit:
    def test_every_row_is_in_one_part(self) -> None:
        split = Split.of(500, None, 0)
        assert len(split.holdout) == 100
        assert sorted([*split.train, *split.holdout]) == list(range(500))

    def test_the_seed_decides(self) -> None:
        assert np.array_equal(Split.of(500, 0.3, 4).holdout, Split.of(500, 0.3, 4).holdout)
        assert not np.array_equal(Split.of(500, 0.3, 4).holdout, Split.of(500, 0.3, 5).holdout)

    @pytest.mark.parametrize(
        ("count", "share", "held", "reason"),
        [
            (99, None, 0, "fewer than 100"),
            (100, None, 20, ""),
            (99, 0.2, 20, ""),
            (500, 0.0, 0, "No rows"),
            (2, 0.1, 0, "less than one"),
        ],
    )
    def test_when_nothing_is_held_out_there_is_a_reason(
        self, count: int, share: float | None, held: int, reason: str
    ) -> None:
        split = Split.of(count, share, 0)
        assert len(split.holdout) == held
        assert reason in split.reason
        assert bool(split.reason) == (held == 0)


class TestRequest:
    def test_json_round_trip(self) -> None:
        request = RunRequest(
            "rows", {"steps": 2}, 10, 5, 0.1, "audited", ("city=Delft",), 3.5, False, balance="active=equal"
        )
        assert RunRequest.from_json(json.loads(json.dumps(request.to_json()))) == request

    @pytest.mark.parametrize(
        ("request_", "error"),
        [
            (RunRequest("magic"), MethodError),
            (RunRequest("rows", {"steps": 0}), SettingsError),
            (RunRequest("rows", rows=0), SettingsError),
            (RunRequest("rows", rows=11), SettingsError),
            (RunRequest("rows", seed=-1), SettingsError),
            (RunRequest("rows", holdout=0.6), SettingsError),
            (RunRequest("rows", holdout=float("nan")), SettingsError),
            (RunRequest("rows", release="none"), SettingsError),  # type: ignore[arg-type]
            (RunRequest("rows", budget=0), SettingsError),
            (RunRequest("rows", budget=float("nan")), SettingsError),
            (RunRequest("rows", given=("colour=red",)), ConditionError),
        ],
    )
    def test_mistakes_are_found_before_training(self, request_: RunRequest, error: type[Exception]) -> None:
        with pytest.raises(error):
            execute(request_, club(), CLUB, limits=Limits(max_rows_to_make=10))
        assert Rows.fits == 0


class TestExecute:
    def test_the_whole_way(self) -> None:
        heard: list[Progress] = []
        request = RunRequest("rows", rows=70)
        result = execute(request, club(), CLUB, progress=heard.append)
        assert result.synthetic.shape == (70, len(CLUB))
        assert result.evaluation is not None
        assert result.figures["rows"] == {"real": 200, "train": 160, "holdout": 40, "synthetic": 70}
        assert result.evaluation.overall.reference is not None
        assert result.report.rows == 200
        assert result.figures["measured_model"]["rows"] == 160
        assert tuple(dict.fromkeys(event.stage for event in heard)) == stages(request, 200)
        assert set(result.seconds) == {*stages(request, 200), "total"}
        assert Rows.fits == 2

    def test_figures_are_strict_json_and_complete(self) -> None:
        figures = json.loads(console.dumps(execute(RunRequest("rows"), club(), CLUB).figures))
        assert {"column_shapes", "pair_trends", "missing_similarity", "overall"} <= set(figures["metrics"])
        assert {"value", "interval", "reference", "sentence"} <= set(figures["metrics"]["overall"])
        assert figures["method_asked"] == figures["method_used"] == "rows"
        assert figures["settings"] == {"steps": 3}
        assert figures["seed"] == 0
        assert figures["peak_memory_bytes"] > 10_000_000
        assert "pandas" in figures["versions"]
        assert "trained again on all 200 rows" in figures["figures_of"]

    def test_the_table_is_the_same_with_and_without_figures(self) -> None:
        with_figures = execute(RunRequest("rows", seed=5), club(), CLUB)
        without = execute(RunRequest("rows", seed=5, figures=False), club(), CLUB)
        pd.testing.assert_frame_equal(with_figures.synthetic, without.synthetic)
        assert without.evaluation is None
        assert Rows.fits == 3

    def test_the_audited_model_never_sees_the_held_out_rows(self) -> None:
        frame = club()
        split = Split.of(len(frame), None, 0)
        frame["fee"] = "10.00"
        frame.loc[split.holdout, "fee"] = "99.00"
        for figures in (True, False):
            request = RunRequest("rows", rows=400, release="audited", figures=figures)
            result = execute(request, frame, CLUB)
            assert set(result.synthetic["fee"]) == {10.0}
        assert "99" not in str(result.synthesizer.passport()["fee"])

    def test_audited_with_figures_trains_once(self) -> None:
        result = execute(RunRequest("rows", release="audited"), club(), CLUB)
        assert Rows.fits == 1
        assert result.report.rows == 160
        assert "with 40 held out" in result.figures["figures_of"]

    def test_few_rows_are_all_trained_on_and_the_reason_stands(self) -> None:
        result = execute(RunRequest("rows"), club(60), CLUB)
        assert Rows.fits == 1
        assert "fewer than 100 rows" in result.figures["holdout_reason"]
        assert result.evaluation is not None
        assert result.evaluation.overall.reference is None

    def test_given_values_hold_in_the_table_and_not_in_the_measured_sample(self) -> None:
        result = execute(RunRequest("forest", rows=40, given=("city=Delft",)), club(), CLUB)
        assert set(result.synthetic["city"]) == {"Delft"}
        shape = result.evaluation.get("column_shapes")  # type: ignore[union-attr]
        city = next(part for part in shape.parts if part.columns == ("city",))
        assert city.value > 0.6  # were all measured rows from Delft, it would be about 0.2

    def test_a_fallback_is_in_the_figures(self) -> None:
        figures = execute(RunRequest("broken", rows=5), club(), CLUB).figures
        assert figures["method_asked"] == "broken"
        assert figures["method_used"] != "broken"
        assert "infinite" in figures["fallbacks"][0]["reason"]

    def test_an_empty_table(self) -> None:
        with pytest.raises(DataError, match="no rows"):
            execute(RunRequest("rows"), club().iloc[:0], CLUB)

    def test_cancel(self) -> None:
        token = CancelToken()

        def stop(event: Progress) -> None:
            if event.stage == "evaluate":
                token.cancel()

        with pytest.raises(Cancelled):
            execute(RunRequest("rows"), club(), CLUB, progress=stop, cancel=token)
        assert Rows.fits == 1

    def test_a_stored_result_comes_back(self, tmp_path: Path) -> None:
        result = execute(RunRequest("rows", rows=33), club(), CLUB, folder=tmp_path / "result")
        stored = results.load(tmp_path / "result", CLUB)
        pd.testing.assert_frame_equal(stored.synthetic, result.synthetic)
        assert stored.evaluation is not None
        assert result.evaluation is not None
        assert stored.evaluation.to_json() == result.evaluation.to_json()
        assert stored.report == result.report
        assert stored.figures == json.loads(console.dumps(result.figures))
        pd.testing.assert_frame_equal(Synthesizer.load(stored.model).sample(5), result.synthesizer.sample(5))


class TestSecondsLeft:
    NAMES = ("train", "sample", "evaluate", "train again", "sample again")

    def test_what_comes_again_counts_as_long_as_it_lasted(self) -> None:
        assert seconds_left(self.NAMES, [Progress("train", 1, 4, seconds=2.0, seconds_left=6.0)]) == 6.0 + 8.0

    def test_late_stages_know_the_early_ones(self) -> None:
        history = [
            Progress("train", 4, 4, seconds=9.0, seconds_left=0.0),
            Progress("sample", 1, 1, seconds=2.0, seconds_left=0.0),
            Progress("evaluate", 1, 2, seconds=1.0, seconds_left=1.0),
        ]
        assert seconds_left(self.NAMES, history) == 1.0 + 9.0 + 2.0

    def test_it_is_not_made_up(self) -> None:
        assert seconds_left(self.NAMES, []) is None
        assert seconds_left(self.NAMES, [Progress("train")]) is None


class TestFinishing:
    def run(self, stage: str) -> tuple[object, list[str]]:
        token, seen = CancelToken(), []

        def listen(event: Progress) -> None:
            seen.append(event.stage)
            if event.stage == stage:
                token.finish()

        result = execute(RunRequest("rows", rows=20), club(), CLUB, progress=listen, cancel=token)
        return result.figures, list(dict.fromkeys(seen))

    def test_in_the_first_training_there_is_no_second(self) -> None:
        figures, seen = self.run("train")
        assert seen == ["train", "sample", "evaluate"]
        assert Rows.fits == 1
        assert figures["rows"]["synthetic"] == 20  # type: ignore[index]

    def test_in_the_second_training_the_first_one_stands(self) -> None:
        figures, seen = self.run("train again")
        assert "train again" in seen
        assert figures["rows"]["synthetic"] == 20  # type: ignore[index]
        assert figures["figures_of"] == self.run("train")[0]["figures_of"]  # type: ignore[index]


def test_auto_takes_the_same_method_for_the_measured_and_the_released_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The four rows in five that are measured would be too few for trees by themselves."""
    doubles = {key: type(key, (Rows,), {"info": replace(Rows.info, key=key)}) for key in ("copula", "forest")}
    monkeypatch.setattr(registry, "GENERATORS", doubles)
    result = execute(RunRequest("auto", charts=False), club(230), CLUB)
    assert result.figures["rows"]["train"] == 184
    assert result.figures["measured_model"]["used"] == result.figures["method_used"] == "forest"
