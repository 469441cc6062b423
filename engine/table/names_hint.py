"""What a column's name hints at. Hints only decide where the values leave a question open."""

from __future__ import annotations

from dataclasses import dataclass

from engine.table.cellfacts import Cells

# fmt: off
_KEYS = frozenset({
    "id", "ids", "uid", "uuid", "guid", "key", "keys", "pk", "rowid", "serial", "sku", "isbn", "ean", "upc", "imei",
    "vin", "hash", "barcode",
})
_LAST = frozenset({  # keys only at the end of a name: "order number", but not "number of orders"
    "index", "idx", "no", "nr", "nbr", "number", "nummer", "numero", "número", "ref", "reference", "token",
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
    words = set(cells.words)
    key = bool(words & _KEYS) or bool({*cells.words[-1:]} & _LAST) or ends_in_id
    code = bool(words & _CODES) or plain.endswith(_CODE_ENDS)
    date = bool(words & _DATES) or plain.endswith(("date", "time", "timestamp"))
    return Hints(key, code, date)
