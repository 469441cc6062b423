"""Sound files, and what becomes of them where bytes, parts and values are changed: the inputs of `fuzz.py`.

The same kind and seed always give the same file.
"""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError

from engine.constraints import parse_rule
from engine.recipe import Recipe
from engine.request import RunRequest
from engine.table.infer import infer_schema
from engine.table.read import read_table
from engine.table.schema import Schema
from engine.table.write import to_bytes
from tests.hostile.tampering import tampered

_BUNDLES = Path(__file__).resolve().parent.parent / "tests/data/bundles"

Change = Callable[[random.Random, bytes], bytes]
NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 1e308, float("nan"), float("inf"), "", "x", "\x00",
    "é" * 300, "\ud800", "=1+1", "1e999", "9999-12-31T23:59:60Z", "%Y%%", [], {}, [[]], [None], {"a": {"b": {"c": 1}}},
    [{}] * 3, {"": 1}, {"a.b": 1, "a": {"b": 2}},
)  # fmt: skip
_BYTES = (b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff" * 4, b"\xff\xff\xff\x7f", b"\xfe\xff\xff\xff\x0f", b"\x01")
_NUMBERS = ("-1", "0", "1", "65536", "1048577", "2147483648", "18446744073709551616", "1e9", "", "x", "9" * 400)
_ATTRIBUTES = tuple(f'"{value}"' for value in ("A1048576", "XFD1", "ZZZZ1", "s", "inlineStr", "n", "d", "e", "9" * 40))
_MARKS = (*"<>\"'\x00é", *["</c>", "<c/>", "<row>", "</row>", "&#0;", "&amp;", "&x;", "]]>", "<![CDATA[", "<!--"])
_NOTHING_TO_CHANGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, SafetensorError)


def made(kind: str, seed: int) -> bytes:
    """The changed file of this kind (a key of KINDS) and seed."""
    rng = random.Random(f"{kind} {seed}")
    bases, changes = KINDS[kind]
    found = bases()
    body = found[rng.randrange(len(found))]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        try:
            body = rng.choice(changes)(rng, body)
        except _NOTHING_TO_CHANGE:  # a change before this one left nothing that can be taken apart or put together
            body = flipped(rng, body)
    return body


# Any bytes


def flipped(rng: random.Random, body: bytes) -> bytes:
    """A few bytes are others, somewhere or close to the end, where many formats keep their directories."""
    changed = bytearray(body)
    first = max(0, len(changed) - rng.choice((64, 1_000))) if rng.random() < 0.5 else 0
    for _ in range(rng.choice((1, 1, 2, 8, 40))):
        if changed:
            place = rng.randrange(min(first, len(changed) - 1), len(changed))
            piece = rng.choice(_BYTES) if rng.random() < 0.5 else bytes([changed[place] ^ 1 << rng.randrange(8)])
            changed[place : place + len(piece)] = piece
    return bytes(changed)


def cut(rng: random.Random, body: bytes) -> bytes:
    return body[: rng.randrange(len(body) + 1)]


def spliced(rng: random.Random, body: bytes) -> bytes:
    """A stretch is missing, comes twice, or comes very often."""
    start = rng.randrange(len(body) + 1)
    end = min(len(body), start + rng.choice((1, 4, 30, 500)))
    return body[:start] + body[start:end] * rng.choice((0, 0, 2, 2, 1_000)) + body[end:]


# Zip archives


def _members(body: bytes) -> list[tuple[str, bytes]] | None:
    """None for what is no zip any more, or holds more than a change is worth."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(info.file_size for info in archive.infolist()) > 30_000_000:
                return None
            return [(info.filename, archive.read(info)) for info in archive.infolist()]
    except Exception:  # whatever is wrong with it is the business of the reader, not of the one who changes it
        return None


def _zipped(members: list[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return out.getvalue()


def rearranged(rng: random.Random, body: bytes) -> bytes:
    """A member is missing, comes twice, is exchanged for another, or has a name that leads out."""
    members = _members(body)
    if not members:
        return flipped(rng, body)
    place, other = rng.randrange(len(members)), rng.randrange(len(members))
    name, content = members[place]
    change = rng.randrange(6)
    if change == 0:
        del members[place]
    elif change == 1:
        members.append((name, members[other][1]))
    elif change == 2:
        members[place], members[other] = (name, members[other][1]), (members[other][0], content)
    elif change == 3:
        members[place] = (rng.choice(("../", "/", "C:\\", "xl/../", "\x00", "é", "")) + name, content)
    elif change == 4:
        members[place] = (name, rng.choice((b"", b"\0" * 5_000_000, b"<a>" * 200_000, content * 50, content[::-1])))
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return _zipped(members, method)


def inside(change: Change) -> Change:
    """The change made to the content of one member, in an archive that is sound."""

    def changed(rng: random.Random, body: bytes) -> bytes:
        members = _members(body)
        if not members:
            return flipped(rng, body)
        place = rng.randrange(len(members))
        members[place] = (members[place][0], change(rng, members[place][1]))
        return _zipped(members)

    return changed


def changed_xml(rng: random.Random, body: bytes) -> bytes:
    """A number is absurd, an attribute or a tag is another, or an element comes often or within itself."""
    text = body.decode("utf-8", "replace")
    change = rng.randrange(5)
    found = list(
        re.finditer((r'(?<=[">])-?\d+', r'"[^"]*"', r"<[^>]+>", r"<(\w+)\b[^>]*>[^<]*</\1>", r"[^<>]+")[change], text)
    )
    if not found:
        return flipped(rng, body)
    one, other = rng.choice(found), rng.choice(found)
    new = (
        rng.choice(_NUMBERS),
        rng.choice((other[0], *_ATTRIBUTES)),
        rng.choice((other[0], "", one[0] * 2, *_MARKS)),
        one[0] * rng.choice((0, 2, 2_000)) if rng.random() < 0.7 else one[0][:-1] * 500,
        rng.choice((other[0], "x" * 40_000, *_MARKS, "1e400", "NaN", "-0", "2958466", "1e300")),
    )[change]  # fmt: skip
    return (text[: one.start()] + new + text[one.end() :]).encode("utf-8", "surrogatepass")


# JSON


def changed_value(rng: random.Random, body: bytes) -> bytes:
    """One value is another: of another type, absurd, absent, nested, or very often there."""
    try:
        document = {"": json.loads(body)}
        holder, key = rng.choice(list(_places(document)))
    except (ValueError, RecursionError):
        return flipped(rng, body)
    change = rng.randrange(5)
    if change == 0 and holder is not document:
        del holder[key]
    elif change == 1:
        for _ in range(rng.choice((1, 5, 200))):
            holder[key] = [holder[key]] if rng.random() < 0.5 else {"x": holder[key]}
    elif change == 2 and isinstance(holder[key], list):
        holder[key] = holder[key] * rng.choice((0, 2, 500))
    elif change == 3 and isinstance(holder[key], dict):
        holder[key] = {
            f"{name}{i}": value for i in range(rng.choice((1, 3_000))) for name, value in holder[key].items()
        }
    else:
        holder[key] = copy.deepcopy(rng.choice(NASTY))
    return json.dumps(document.get("")).encode()


def deepened(rng: random.Random, body: bytes) -> bytes:
    """Brackets, far more than a parser that calls itself can hold, in place of one value."""
    depth, (opening, closing) = rng.choice((900, 20_000)), rng.choice((("[", "]"), ('{"x":', "}"), ("[", "")))
    numbers = list(re.finditer(rb"(?<=[:\[, ])\d+", body)) or list(re.finditer(rb"^", body))
    place = rng.choice(numbers)
    return body[: place.start()] + (opening * depth + "1" + closing * depth).encode() + body[place.end() :]


def _places(value: Any) -> Any:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from _places(value[key])


# Parquet


def changed_footer(rng: random.Random, body: bytes) -> bytes:
    """Bytes of the footer are others, its length and the last mark as they were."""
    if len(body) < 20:
        return flipped(rng, body)
    length = int.from_bytes(body[-8:-4], "little")
    start = max(4, len(body) - 8 - length)
    return body[:start] + flipped(rng, body[start:-8])[: max(0, len(body) - 8 - start)] + body[-8:]


def changed_page(rng: random.Random, body: bytes) -> bytes:
    """Bytes of the data and its headers are others."""
    length = int.from_bytes(body[-8:-4], "little")
    start = max(4, len(body) - 8 - length)
    return body[:4] + flipped(rng, body[4:start]) + body[start:] if start > 4 else flipped(rng, body)


# Sound files

_ROWS = [(f"n{i}", i, i / 4, dt.datetime(2024, 1, 1 + i % 28, i % 24), "ab"[i % 2], i % 3 == 0) for i in range(24)]
_HEAD = ("name", "count", "price", "day", "class", "paid")


@cache
def _texts() -> tuple[bytes, ...]:
    rows = "\n".join(",".join(map(str, row)) for row in (_HEAD, *_ROWS)) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table.csv", rows)
    quoted = rows.replace("n1", '"n, ""1"""').encode()
    return (
        rows.encode(),
        quoted,
        rows.replace(",", ";").encode("utf-16"),
        gzip.compress(rows.encode(), mtime=0),
        out.getvalue(),
    )


@cache
def _workbooks() -> tuple[bytes, ...]:
    frame = read_table(_texts()[0], name="t.csv").frame
    schema = infer_schema(frame)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["A title"])
    sheet.append([])
    for row in (_HEAD, *_ROWS):
        sheet.append(row)
    sheet["H5"], sheet["A8"] = "=SUM(B4:B9)", dt.time(12, 30)
    sheet.merge_cells("E6:E9")
    hidden = book.create_sheet("Hidden")
    hidden.append(["x"])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return to_bytes(schema.parse(frame), schema, "xlsx"), out.getvalue()


@cache
def _parquets() -> tuple[bytes, ...]:
    plain = pa.table({name: [row[i] for row in _ROWS] for i, name in enumerate(_HEAD)})
    every = range(24)
    rich = pa.table(
        {
            "record": [{"a": i, "b": [i, None]} for i in every],
            "lists": [[i] * (i % 3) for i in every],
            "map": pa.array([[("k", i)] for i in every], pa.map_(pa.string(), pa.int64())),
            "label": pa.array(["x", "y", None] * 8).dictionary_encode(),
            "exact": [decimal.Decimal(i) / 8 for i in every],
            "moment": pa.array([i * 10**15 for i in every], pa.timestamp("us", "Europe/Rome")),
            "span": pa.array(list(every), pa.duration("ms")),
            "time": pa.array(list(every), pa.time32("s")),
            "bytes": [bytes([i, 255 - i]) for i in every],
            "half": pa.array([1.5] * 24, pa.float16()),
            "large": pa.array([2**64 - 1 - i for i in every], pa.uint64()),
            "none": pa.nulls(24),
        }
    )
    files = []
    for table, settings in (
        (plain, {}),
        (rich, {"compression": "zstd"}),
        (rich, {"row_group_size": 7, "version": "1.0"}),
        (plain, {"use_dictionary": False, "compression": "gzip", "data_page_version": "2.0"}),
    ):
        out = io.BytesIO()
        pq.write_table(table, out, **settings)
        files.append(out.getvalue())
    return tuple(files)


@cache
def _jsons() -> tuple[bytes, ...]:
    records = [dict(zip(_HEAD, row, strict=True)) | {"more": {"x": row[1], "y": [row[2]]}} for row in _ROWS]
    columns = {name: [record[name] for record in records] for name in (*_HEAD, "more")}
    split = {"columns": list(_HEAD), "data": [list(row) for row in _ROWS]}
    documents = (
        records,
        columns,
        split,
        {str(i): r for i, r in enumerate(records)},
        {"made": "by hand", "rows": records},
    )
    whole = tuple(json.dumps(document, default=str).encode() for document in documents)
    return (*whole, b"\n".join(json.dumps(record, default=str).encode() for record in records))


@cache
def _schemas() -> tuple[bytes, ...]:
    inferred = infer_schema(read_table(_texts()[0], name="t.csv").frame)
    kinds = {"name": "text", "count": "integer", "paid": "boolean", "price": "decimal", "day": "datetime"}
    told = {"columns": [{"name": name, "kind": kind} for name, kind in kinds.items()]}
    schema = Schema.from_json(told)
    rules = ("price > count", "if paid then count > 3", 'matches(name, "n[0-9]+")', "unique(name)", "day > 2023-01-01")
    ruled = replace(schema, constraints=tuple(parse_rule(rule, schema) for rule in rules))
    described = {
        "a": ("decimal", {"number": {"decimals": 2}}, {"distribution": "normal", "parameters": [1, 2], "low": "0"}),
        "b": ("categorical", {}, {"labels": ["x", "y"], "weights": [1, 2], "missing": 0.1}),
        "c": ("datetime", {"date": {"pattern": "%d.%m.%Y"}}, {"low": "2020-01-01", "high": "2021-01-01"}),
        "d": ("personal", {"provider": "name", "locale": "de_DE"}, {}),
        "e": ("identifier", {"pattern": "AA-999"}, {"unique": True}),
    }
    columns = [{"name": n, "kind": k, **more, "description": said} for n, (k, more, said) in described.items()]
    described_file = json.dumps({"version": 2, "columns": columns}).encode()
    return inferred.dumps().encode(), ruled.dumps().encode(), described_file


@cache
def _settings() -> tuple[bytes, ...]:
    request = RunRequest(method="marginals", rows=10, given=("price > 1",), settings={"steps": 3})
    return tuple(Recipe(request, Schema.loads(body), "t.csv", {"header": 1}).dumps().encode() for body in _schemas())


@cache
def _models() -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(_BUNDLES.glob("*.zip")))


def _tampered(rng: random.Random, body: bytes) -> bytes:
    """One value or array is another, and the hashes fit."""
    members = dict(_members(body) or ())
    return tampered(members, rng.randrange(10**9)) if len(members) > 1 else flipped(rng, body)


_ANY: tuple[Change, ...] = (flipped, flipped, cut, spliced)
_ZIP: tuple[Change, ...] = (*_ANY, rearranged, inside(flipped), inside(spliced))
_JSON: tuple[Change, ...] = (flipped, spliced, cut, *[changed_value] * 6, deepened)
KINDS: dict[str, tuple[Callable[[], tuple[bytes, ...]], tuple[Change, ...]]] = {
    "text": (_texts, (*_ANY, rearranged)),
    "xlsx": (_workbooks, (*_ZIP, *[inside(changed_xml)] * 10)),
    "parquet": (_parquets, (*_ANY, *[changed_footer] * 4, *[changed_page] * 4)),
    "json": (_jsons, _JSON),
    "schema": (_schemas, _JSON),
    "settings": (_settings, _JSON),
    "model": (_models, (*_ZIP, *[_tampered] * 12)),
}
