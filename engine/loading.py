"""A saved model made whole again: its schema, report, rules, methods and fakers, from the members of its zip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine import models, parts
from engine.constraints.plan import Plan
from engine.errors import ModelError
from engine.generators import bundle, registry
from engine.parts import Parts
from engine.reports import FitReport
from engine.table.schema import Schema

if TYPE_CHECKING:
    from engine.fakers import Fakers


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a saved model consists of. parts: None where no column is learned."""

    schema: Schema
    report: FitReport
    rules: Plan
    parts: Parts | None
    fakers: Fakers


def load(source: str | Path | bytes) -> Loaded:
    """Read what `Synthesizer.save` wrote, from a path or from the zip's bytes.

    Raises ModelError when it is damaged, alien or of a later version, MissingPackageError when its method needs a
    package that is not installed.
    """
    with models.opened(source) as opened:
        with bundle.reading():
            schema = Schema.from_json(opened.manifest["schema"])
            report = FitReport.from_json(opened.manifest["report"])
            rules = _rules(opened, schema)
        learned = _parts(report.used, rules.reduced_schema, opened)
        from engine.fakers import Fakers  # slow to import, and of no use where the rest is damaged

        with bundle.reading():
            fakers = Fakers(schema.selected).from_state(schema, opened.fakers)
    return Loaded(schema, report, rules, learned, fakers)


def _rules(opened: models.Opened, schema: Schema) -> Plan:
    """The plan of a model; models of tables without rules, and of earlier versions, have none."""
    if "rules" not in opened.manifest:
        return Plan(replace(schema.selected, constraints=()))
    return Plan.from_state(opened.manifest["rules"], schema.selected)


def _parts(used: str | None, schema: Schema, opened: models.Opened) -> Parts | None:
    if (used is None) != (opened.generator is None) or (used is None) != (not len(schema.joint)):
        raise ModelError("The saved model is damaged: its report and its content do not agree.")
    if not len(schema.modelled):
        return None
    joint = None
    if used is not None and opened.generator is not None:
        if used not in registry.GENERATORS:
            raise ModelError(f"The saved model was made by the method “{used}”, which this version does not have.")
        joint = registry.get(used).load(opened.generator)
        if joint.schema is None or joint.schema.names != schema.joint.names:
            raise ModelError("The saved model is damaged: its parts know different columns.")
    return parts.load(schema, joint, opened.own)
