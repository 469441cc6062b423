"""Finds columns that tell who somebody is: by their values where those have a form, else by name and values.

Values that many rows share are no personal data but a category to learn, unless their form leaves no doubt. Places and
jobs are personal only beside columns that speak of persons: a table of cities is a table of cities.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from engine.table import locales, namelists, telling, tokens
from engine.table.cellfacts import Cells, name_words
from engine.table.detectors import DETECTORS, Detector
from engine.table.names_hint import hints
from engine.table.schema import Column, Kind

_SAMPLE = 500
_HEAD = 10  # cells of the first cheap look
_LOOK = 60  # cells that common first names are sought in
_NAMED = 15  # different values under a telling name, from which they are personal in however many rows
_UNCHECKED, _LETTERS = ("uk_nino", "in_pan"), 3
PERSONS = frozenset(
    {
        "name", "first_name", "last_name", "email", "user_name", "phone_number", "street_address", "address", "ssn",
        "iban", "credit_card_number", "passport_number", "license_plate",
    }
)  # fmt: skip


def personal(cells: Cells, *, beside: bool = False) -> Column | None:
    """A column of personal data; None for any other. beside: other columns of the table speak of persons."""
    if not len(cells.distinct) or not isinstance(cells.distinct.iloc[0], str):
        return None
    if telling.GOODS & set(cells.words):
        return None
    step = -(-len(cells.distinct) // _SAMPLE)
    sample = [cell.strip() for cell in cells.distinct.iloc[::step]]
    for detector in DETECTORS:
        if detector.beside and not beside:
            continue
        named = telling.speaks_of(detector.hint, cells.words)
        if not (named or detector.alone) or not _worth_a_look(detector, sample, cells.words):
            continue
        share = sum(map(detector.form, sample)) / len(sample)
        if share >= detector.share and _enough(cells, detector, named):
            return _column(cells, detector, named, share)
    return None


def _worth_a_look(detector: Detector, sample: list[str], words: tuple[str, ...]) -> bool:
    # No list of names is read for columns that have none.
    vague = detector.form is namelists.is_person or (detector.form is namelists.is_first and words == ("name",))
    if vague and not namelists.promising(sample[:_LOOK]):
        return False
    if detector.form is namelists.is_person and not namelists.varied(sample):
        return False
    if detector.form is namelists.is_last and sum(len(c.split()) > 2 for c in sample[:_LOOK]) > len(sample[:_LOOK]) / 2:
        return False
    return sum(map(detector.form, sample[:_HEAD])) >= min(len(sample), _HEAD) / 2


def _enough(cells: Cells, detector: Detector, named: bool) -> bool:
    """Whether there are enough different values for personal data, and not so few for their rows as categories have."""
    different = len(cells.distinct)
    if detector.alone and not named and detector.hint in _UNCHECKED and not _varied(cells.distinct):
        return False
    if detector.alone:
        return different >= (min(2, detector.alone) if named else detector.alone)
    if detector.provider == "name" and hints(cells).key:
        return False
    if different < detector.rare * cells.known:
        return False
    return different >= min(_NAMED, max(2, cells.known // 4))


def _varied(distinct: pd.Series) -> bool:
    """Whether letters at both ends vary: without a check digit, articles of one series would pass for numbers."""
    return min(distinct.str[0].nunique(), distinct.str[-1].nunique()) >= _LETTERS


def _column(cells: Cells, detector: Detector, named: bool, share: float) -> Column:
    missing = tokens.among_words(list(cells.found), cells.distinct)
    how = "by the form of its values" if detector.alone and not named else "by its name and values"
    if detector.alone and detector.surely > 0.95:
        how = "by the form of its values"
    return Column(
        cells.name,
        Kind.PERSONAL,
        cells.storage,
        provider=detector.provider,
        locale=locales.guess(cells.distinct, detector.provider),
        missing_tokens=cells.token_tuple(missing),
        reason=f"{detector.title}, {how}; made up anew",
        confidence=round(min(0.98, share * detector.surely), 2),
    )


def beside_persons(columns: list[Column], frame: pd.DataFrame) -> list[Column]:
    """Places and jobs become personal where other columns speak of persons; all without a locale get the table's."""
    if any(c.kind is Kind.PERSONAL and c.provider in PERSONS for c in columns):
        columns = [_place(c, frame.iloc[:, i]) or c for i, c in enumerate(columns)]
    return _spoken(columns)


def _place(column: Column, values: pd.Series) -> Column | None:
    words = name_words(column.name)
    wanted = any(d.beside and telling.speaks_of(d.hint, words) for d in DETECTORS)
    if not wanted or column.kind in (Kind.PERSONAL, Kind.CONSTANT, Kind.BOOLEAN, Kind.DATETIME, Kind.DECIMAL):
        return None
    return personal(Cells.of(values, column.name, column.storage), beside=True)


def _spoken(columns: list[Column]) -> list[Column]:
    """Columns whose values point to no locale get the one that most of the others have."""
    known = [c.locale for c in columns if c.kind is Kind.PERSONAL and c.locale]
    usual = max(dict.fromkeys(known), key=known.count, default=locales.DEFAULT)
    return [replace(c, locale=usual) if c.kind is Kind.PERSONAL and not c.locale else c for c in columns]


def located(cells: Cells, column: Column) -> Column:
    """A column of numbers with a remark where its name and range say that they are points on the map."""
    north = bool(telling.LATITUDE & set(cells.words))
    east = bool(telling.LONGITUDE & set(cells.words))
    if column.kind is not Kind.DECIMAL or not (north or east) or column.decimals < 3:
        return column
    from engine.table.convert import parse_column

    limit = 90 if north else 180
    some = cells.values.dropna().iloc[:: -(-len(cells.values) // _SAMPLE) or 1]
    if not parse_column(some, column).dropna().between(-limit, limit).all():
        return column
    remark = "; points on the map are learned like other numbers, and can show where somebody lives"
    return replace(column, reason=column.reason + remark)
