"""FIGURES.json: seconds, method used after any fallback, every metric, and all that is needed to repeat the run."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import conditions, versions
from engine.generators import registry
from engine.reports import FitReport

if TYPE_CHECKING:
    from engine.balance import Balance
    from engine.constraints.making import Books
    from engine.evaluation import Evaluation
    from engine.privacy import Audit, Dropped
    from engine.race import RaceResult
    from engine.run import RunRequest, Split
    from engine.table.schema import Schema

FORMAT = "tabular-twin-figures"
VERSION = 1


def of_run(
    request: RunRequest,
    schema: Schema,
    split: Split,
    *,
    measured: FitReport,
    released: FitReport,
    evaluation: Evaluation | None,
    synthetic_rows: int,
    seconds: Mapping[str, float],
    balance: Balance | None = None,
    race: RaceResult | None = None,
    made: Books | None = None,
    audit: Audit | None = None,
    dropped: Dropped | None = None,
) -> dict[str, Any]:
    """The figures of a run, as JSON values.

    measured and released: reports of the model that the figures are of, and of the one that made the table (the same
    where there was one training only); balance: with its shares written out; made: what it took to make the rows keep
    the rules.
    """
    train, holdout = len(split.train), len(split.holdout)
    return {
        "format": FORMAT,
        "version": VERSION,
        "method_asked": request.method,
        "method_used": released.used,
        "method_label": label(released),
        "chosen_because": released.chosen_because,
        "race": None if race is None else race.to_json(),
        "settings": dict(released.settings),
        "fallbacks": [{"method": f.method, "reason": f.reason} for f in released.fallbacks],
        "notes": [*released.notes, *redrawn(made)],
        "release": request.release,
        "figures_of": " ".join(
            [
                figures_of(train, holdout, measured is not released, evaluation is not None),
                *other_method(measured, released, evaluation is not None),
                *([freely(request)] if evaluation is not None and (request.given or request.balance) else ()),
            ]
        ),
        "measured_model": measured.to_json() if evaluation is not None else None,
        "rows": {"real": train + holdout, "train": train, "holdout": holdout, "synthetic": synthetic_rows},
        "holdout_reason": split.reason if evaluation is not None else "",
        "rules": rule_facts(released, made),
        "own_methods": dict(released.own),
        "protection": dict(released.protection),
        "pseudonyms": [c.name for c in schema.selected if c.pseudonym],
        "columns": {"selected": len(schema.selected), "learned": len(schema.modelled)},
        "given": list(request.given),
        "balance": balance_facts(request.balance, balance, synthetic_rows, schema),
        "budget": request.budget,
        "fallback_allowed": request.fallback,
        "seed": request.seed,
        "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
        "depth": request.depth,
        "metrics": metrics(evaluation),
        "privacy": None if audit is None else audit.to_json(),
        "dropped": None if dropped is None else dropped.to_json(),
        "peak_memory_bytes": peak_memory(),
        "versions": versions.packages(),
    }


def of_sample(
    report: FitReport,
    rows: int,
    seed: int,
    given: tuple[str, ...],
    seconds: Mapping[str, float],
    balance: dict[str, Any] | None = None,
    made: Books | None = None,
) -> dict[str, Any]:
    """The figures of rows made from a saved model, where nothing is measured. balance: see `balance_facts`."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "method_asked": report.asked,
        "method_used": report.used,
        "method_label": label(report),
        "settings": dict(report.settings),
        "fallbacks": [{"method": f.method, "reason": f.reason} for f in report.fallbacks],
        "notes": [*report.notes, *redrawn(made)],
        "figures_of": figures_of(report.rows, 0, refit=False, measured=False),
        "rows": {"real": report.rows, "synthetic": rows},
        "given": list(given),
        "balance": balance,
        "rules": rule_facts(report, made),
        "seed": seed,
        "seconds": {stage: round(value, 3) for stage, value in seconds.items()},
        "metrics": {},
        "peak_memory_bytes": peak_memory(),
        "versions": versions.packages(),
    }


def redrawn(made: Books | None) -> list[str]:
    """That rows were drawn again because of rules, as a sentence; none where that was not so."""
    return [made.told()] if made is not None and made.told() else []


def rule_facts(report: FitReport, made: Books | None) -> dict[str, Any] | None:
    """The rules that all made rows keep, what came of real rows that break them, and how many rows were drawn again."""
    if not report.rules:
        return None
    return {
        "kept": [rule["sentence"] for rule in report.rules],
        "real": [dict(rule) for rule in report.rules],
        "made": None if made is None else made.to_json(),
    }


def balance_facts(asked: str, balance: Balance | None, rows: int, schema: Schema) -> dict[str, Any] | None:
    """What was asked for, and how many of `rows` rows each value got; an empty value stands for missing."""
    if balance is None:
        return None
    column = schema[balance.column]
    made = [{"value": conditions.spelled(value, column), "rows": count} for value, count in balance.rows(rows)]
    return {"asked": asked, "column": balance.column, "rows": made}


def freely(request: RunRequest) -> str:
    """What the measured rows were made without, as a sentence."""
    without = [*(["given values"] if request.given else []), *(["rebalancing"] if request.balance else [])]
    return f"They compare rows made without {' and '.join(without)}, so that they are of the method alone."


def metrics(evaluation: Evaluation | None) -> dict[str, Any]:
    """Key -> everything about the metric."""
    return {} if evaluation is None else {r.info.key: r.to_json() for r in evaluation.results}


def label(report: FitReport) -> str:
    """The method's name for people."""
    if report.used:
        return registry.GENERATORS[report.used].info.label
    return "Each column on its own" if report.own else "No method (nothing to learn)"


def figures_of(train: int, holdout: int, refit: bool, measured: bool = True) -> str:
    """Which model the figures are of, as a sentence."""
    if not measured:
        return "Nothing was measured."
    if not holdout:
        return f"The figures are of the model that made this table, trained on all {train:,} rows; none was held out."
    if refit:
        return (
            f"The figures are of a model trained in the same way on {train:,} rows, with {holdout:,} held out; "
            f"the table itself comes from a model trained again on all {train + holdout:,} rows."
        )
    return f"The figures are of the model that made this table, trained on {train:,} rows with {holdout:,} held out."


def other_method(measured: FitReport, released: FitReport, told: bool) -> tuple[str, ...]:
    """A sentence where the second training ended with another method than the measured one."""
    if not told or measured.used == released.used:
        return ()
    return (f"They are of {label(measured)}, which failed in the second training; {label(released)} made the table.",)


def peak_memory() -> int:
    """The most memory this process has held, in bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)
