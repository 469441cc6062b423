"""A finished run in a few figures, as the full result has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import files, results, summary
from engine.run import RunRequest, execute
from tests.engine.tables import CLUB, club


def test_it_tells_what_the_result_holds(tmp_path: Path) -> None:
    made = execute(RunRequest("marginals", rows=40), club(), CLUB, folder=tmp_path)
    assert made.evaluation is not None
    found = summary.load(tmp_path)
    assert (found.rows, found.method, found.verdict) == (40, made.figures["method_label"], "")
    for told, key in zip(found.figures, summary.HEADLINE, strict=True):
        full = made.evaluation.get(key)
        assert (told.label, told.value, told.fresh) == (full.info.label, full.value, full.reference)
    shapes = {part.columns[0]: part.value for part in made.evaluation.get(summary.SHAPES).parts}
    assert dict(found.columns) == shapes
    assert [value for _, value in found.columns] == sorted(shapes.values())
    files.write_json(tmp_path / results.AUDIT, {"verdict": {"step": "look here"}})
    assert summary.load(tmp_path).verdict == "look here"


def test_what_was_not_measured_and_what_is_damaged(tmp_path: Path) -> None:
    execute(RunRequest("marginals", rows=5, figures=False), club(), CLUB, folder=tmp_path)
    assert summary.load(tmp_path).figures == ()
    (tmp_path / results.FIGURES).write_text("{")
    with pytest.raises(files.DAMAGED):
        summary.load(tmp_path)
