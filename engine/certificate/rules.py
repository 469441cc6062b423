"""Whether the rules of the schema hold in the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.certificate.result import Check, What
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd


def check(parsed: dict[str, pd.Series], schema: Schema, real: pd.DataFrame | None) -> list[Check]:
    """One check for each rule; none for those that only the real table could tell where it is not at hand."""
    if not schema.constraints:
        return []
    import pandas as pd

    from engine import constraints

    table = pd.DataFrame(parsed)
    checks = []
    for rule in schema.constraints:
        told = f"Rule: {constraints.describe(rule, schema)}."
        if not set(rule.columns) <= set(parsed):
            checks.append(Check(What.RULES, False, f"{told} Not checked, because a column of it cannot be read."))
            continue
        if real is None and constraints.learns(rule, schema):
            continue
        broken = int(constraints.breaking(rule, table, schema, real).sum())
        checks.append(
            Check(What.RULES, not broken, f"{told} {f'{broken:,} rows break it.' if broken else 'All rows.'}")
        )
    return checks
