"""What a column's name hints at. Hints only decide where the values leave a question open."""

from __future__ import annotations

from dataclasses import dataclass

from engine.table.cellfacts import Cells

# fmt: off
_KEYS = frozenset({
    "id", "ids", "uid", "uuid", "guid", "key", "keys", "pk", "rowid", "index", "idx", "no", "nr", "nbr", "number",
    "nummer", "numero", "número", "serial", "sku", "isbn", "ean", "upc", "imei", "vin", "ref", "reference", "hash",
    "token", "barcode",
})
_CODES = frozenset({
    "code", "codes", "cd", "class", "klasse", "category", "categorie", "cat", "type", "typ", "kind", "group", "grp",
    "cluster", "segment", "zip", "zipcode", "postcode", "plz", "postal", "district", "region", "ward", "zone", "sector",
    "channel", "label", "target", "status", "state", "flag", "mode", "naics", "sic", "fips", "msa", "department",
    "dept", "store", "shop", "branch",
})
_DATES = frozenset({
    "date", "dates", "time", "timestamp", "ts", "datetime", "epoch", "day", "dt", "created", "updated", "modified",
    "at", "when", "since", "until", "start", "end", "born", "birth", "dob", "datum", "zeit", "fecha", "hora", "data",
    "jour",
})
# fmt: on
_CODE_ENDS = ("class", "code", "type", "group", "category", "zip", "cluster", "label")
_ID_ENDS = ("Id", "ID", "_id", "-id", " id", ".id")


@dataclass(frozen=True, slots=True)
class Hints:
    """key: names one thing; code: names a group of things; date: a moment."""

    key: bool
    code: bool
    date: bool


def hints(cells: Cells) -> Hints:
    plain = cells.name.lower().rstrip("0123456789_ ")
    ends_in_id = plain.endswith("id") and (len(plain) <= 3 or cells.name.endswith(_ID_ENDS))
    key = bool(cells.words & _KEYS) or ends_in_id
    code = bool(cells.words & _CODES) or plain.endswith(_CODE_ENDS)
    date = bool(cells.words & _DATES) or plain.endswith(("date", "time", "timestamp"))
    return Hints(key, code, date)
