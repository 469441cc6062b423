"""A run's result on disk: what the worker leaves behind and the page picks up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from engine import files
from engine.reports import FitReport
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.evaluation import Evaluation
    from engine.privacy import Audit
    from engine.run import RunResult

SYNTHETIC = "synthetic.parquet"
EVALUATION = "evaluation.json"
AUDIT = "audit.json"
REPORT = "report.json"
FIGURES = "figures.json"
MODEL = "model.zip"


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result read back. `synthetic` is parsed; `model` is the saved model's path, for `Synthesizer.load`."""

    synthetic: pd.DataFrame
    evaluation: Evaluation | None
    report: FitReport
    figures: dict[str, Any]
    model: Path
    audit: Audit | None = None


def store(result: RunResult, folder: Path) -> None:
    """Write a result into `folder`, which is made when absent."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_table(folder / SYNTHETIC, result.synthetic)
    files.write_json(folder / EVALUATION, None if result.evaluation is None else result.evaluation.to_json())
    files.write_json(folder / AUDIT, None if result.audit is None else result.audit.to_json())
    files.write_json(folder / REPORT, result.report.to_json())
    files.write_json(folder / FIGURES, result.figures)
    result.synthesizer.save(folder / MODEL)


def load(folder: Path, schema: Schema) -> StoredResult:
    """Read what `store` wrote. Raises OSError or ValueError when it is absent or damaged."""
    evaluation = files.read_json(folder / EVALUATION)
    return StoredResult(
        files.read_table(folder / SYNTHETIC, schema.selected),
        None if evaluation is None else _evaluation(evaluation),
        FitReport.from_json(files.read_json(folder / REPORT)),
        files.read_json(folder / FIGURES),
        folder / MODEL,
        _audit(folder / AUDIT),
    )


def _audit(path: Path) -> Audit | None:
    """None as well for results of earlier versions, which had no attacks."""
    data = files.read_json(path) if path.exists() else None
    if data is None:
        return None
    from engine.privacy import Audit

    return Audit.from_json(data)


def _evaluation(data: dict[str, Any]) -> Evaluation:
    from engine.evaluation import Evaluation

    return Evaluation.from_json(data)
