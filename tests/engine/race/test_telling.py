"""What people read of a race: on the command line, in the report and on the pages."""

from __future__ import annotations

import pytest

from engine.evaluation import Evaluation, report
from engine.race import Entry, Marks, RaceResult, telling


@pytest.fixture
def race() -> RaceResult:
    fresh = Marks(0.98, None, 1.0, 0.99, 1.0, 0.995, 0.01)
    good = Marks(0.97, None, 0.9, 0.935, 0.9, 0.9175, 0.02, 0.51, (0.48, 0.54), 0.001, 0.002)
    copied = Marks(0.99, None, 0.95, 0.97, 1.0, 0.985, 0.02, 0.9, (0.88, 0.92), 1.0, 0.002)
    entries = (
        Entry("good", "Good", "won", "", 1.25, good),
        Entry("copied", "Copied", "out", "90.0% of its rows lie nearer.", 0.5, copied),
        Entry("broken", "Broken", "failed", "The loss of <b> became infinite.", 2.0),
        Entry("late", "Late", "no time", "The time was over before its turn."),
    )
    return RaceResult("good", "Good has the best mark.", entries, fresh, {"learned": 75, "aside": 25}, 300.0, 80.0, 9.0)


def test_every_method_is_a_line_beside_fresh_real_rows(race: RaceResult) -> None:
    lines = telling.rows(race)
    assert [len(line) for line in lines] == [len(telling.HEADER)] * 5
    assert [line[0] for line in lines] == ["Fresh real rows", "Good", "Copied", "Broken", "Late"]
    assert lines[0][1] == "0.995"
    assert lines[0][7] == "0.20%"
    assert lines[1][6] == "51.0% (48.0% to 54.0%)"
    assert [line[-1] for line in lines[1:]] == [
        "Chosen.",
        "Out: 90.0% of its rows lie nearer.",
        "Failed: The loss of <b> became infinite.",
        "Not begun: The time was over before its turn.",
    ]
    assert set(lines[3][1:8]) == {"–"}


def test_the_report_has_the_table_and_the_reason(race: RaceResult) -> None:
    page = report.html(Evaluation((), {}), facts={"race": race.to_json()})
    assert "The race" in page
    assert "Good has the best mark." in page
    assert "51.0% (48.0% to 54.0%)" in page
    assert "&lt;b&gt;" in page
    assert "<b> became" not in page
    assert "The race" not in report.html(Evaluation((), {}), facts={"race": None})
