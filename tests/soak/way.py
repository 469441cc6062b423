"""The whole way of a table: upload, profile, fit, sample, evaluate, write; and what must hold at its end."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from engine import run
from engine.certificate import Certificate, Expected, What, certify
from engine.errors import DataError, MethodError, ReadError
from engine.generators.registry import GENERATORS
from engine.table.infer import infer_schema
from engine.table.profile import profile_table
from engine.table.read import Reading, read_table
from engine.table.write import FORMATS, to_bytes
from tests.contracts.trainings import CHEAP
from tests.soak.files import Upload

BUDGET = 60.0  # seconds of one training
# How often a cell is missing is a matter of chance in so few rows.
CHANCE = {What.MISSING}


@dataclass
class Way:
    """What became of one upload. refused: the sentence that told why it cannot be read."""

    refused: str = ""
    made: int = 0
    used: str = ""
    failed: list[str] = field(default_factory=list)


def go(upload: Upload, method: str, rows: int, format: str, seed: int = 0) -> Way:
    """What becomes of an upload.

    Refused are files that are no table, tables of too few rows, and infinite numbers; with a sentence, else it is a
    defect and passes through.
    """
    try:
        reading = read_table(upload.content, name=upload.name)
    except ReadError as error:
        return Way(refused=error.message)
    try:
        return _on(reading, method, rows, format, seed)
    except (DataError, MethodError) as error:
        if len(reading.frame) >= _needed(method) and "infinite number in row" not in error.message:
            raise
        return Way(refused=error.message)


def _needed(method: str) -> int:
    kinds = [GENERATORS[method]] if method in GENERATORS else GENERATORS.values()
    return min(kind.info.min_rows for kind in kinds)


def _on(reading: Reading, method: str, rows: int, format: str, seed: int) -> Way:
    schema = infer_schema(reading.frame, name=reading.name)
    parsed = schema.parse(reading.frame)
    assert len(profile_table(parsed, schema).columns) == len(schema)
    request = run.RunRequest(method=method, settings=CHEAP.get(method, {}), rows=rows, seed=seed, budget=BUDGET)
    result = run.execute(request, reading.frame, schema)
    assert len(result.synthetic) == rows
    assert result.evaluation is not None
    json.dumps(result.figures, allow_nan=False)
    content = to_bytes(result.synthetic, schema, format)
    assert content == to_bytes(result.synthetic, schema, format)
    going_on = frozenset(result.figures["going_on"])
    certificate = certify(content, format, Expected(schema, parsed, rows, going_on))
    return Way(made=rows, used=str(result.figures["method_used"]), failed=_broken(certificate))


def _broken(certificate: Certificate) -> list[str]:
    """What the certificate finds wrong, less what chance may have done, and what Excel cannot hold."""
    hollow = certificate.format == "xlsx"  # it has no place for rows without any value at the end of a sheet
    allowed = CHANCE | ({What.SIZE} if hollow else set())
    return [f"{column}: {check.sentence}" for column, check in certificate.failed if check.what not in allowed]


QUICK = tuple(key for key, kind in GENERATORS.items() if kind.info.family.value != "deep")
DEEP = tuple(key for key in GENERATORS if key not in QUICK)
WRITTEN: tuple[str, ...] = tuple(FORMATS)
