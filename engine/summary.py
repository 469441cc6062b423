"""A finished run in a few figures, read without its tables: for lists of runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import files
from engine.results import AUDIT, EVALUATION, FIGURES

SHAPES = "column_shapes"
HEADLINE = ("overall", SHAPES, "pair_trends")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure from 0 to 1, and what fresh real rows get; None where there is none."""

    label: str
    value: float
    fresh: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """method: the label of the one that made the table; rows: of the table; figures: of `HEADLINE`, those that were
    measured; columns: how alike each is, the least alike first; verdict: on privacy, "" where it was not attacked."""

    method: str
    rows: int
    figures: tuple[Figure, ...] = ()
    columns: tuple[tuple[str, float], ...] = ()
    verdict: str = ""


def load(folder: Path) -> Summary:
    """Of a result (see `engine.results`). Raises what `files.DAMAGED` lists where it is absent or damaged."""
    facts = files.read_json(folder / FIGURES)
    evaluation = files.read_json(folder / EVALUATION) or {}
    measured = {found["key"]: found for found in evaluation.get("results", ())}
    return Summary(
        str(facts["method_label"]),
        int(facts["rows"]["synthetic"]),
        tuple(_figure(measured[key]) for key in HEADLINE if key in measured and measured[key]["value"] is not None),
        _columns(measured.get(SHAPES, {})),
        _verdict(folder / AUDIT),
    )


def _figure(found: dict[str, Any]) -> Figure:
    fresh = found.get("reference")
    return Figure(str(found["label"]), float(found["value"]), None if fresh is None else float(fresh))


def _columns(found: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    parts = [(str(part["columns"][0]), float(part["value"])) for part in found.get("parts", ())]
    return tuple(sorted(parts, key=lambda part: part[1]))


def _verdict(path: Path) -> str:
    audit = files.read_json(path) if path.exists() else None
    verdict = audit.get("verdict") if audit else None
    return str(verdict["step"]) if verdict else ""
