"""Tells kinds of files apart by their first bytes, and unpacks what is packed."""

from __future__ import annotations

import re
import unicodedata

from engine.errors import ReadError
from engine.limits import Limits
from engine.table.notes import Notes
from engine.table.source import Source, gunzip, is_gzip, is_zip, open_zip, plain_name, unzip_member

PARQUET, SPREADSHEET, JSON, TEXT = "parquet", "spreadsheet", "json", "text"
_ENDINGS = re.compile(r"(\.(csv|tsv|tab|txt|dat|parquet|pq|xlsx|xlsm|json|jsonl|ndjson|gz|zip))+$", re.IGNORECASE)
_LONGEST_NAME = 100
_TABLE_ENDINGS = (
    ".csv",
    ".tsv",
    ".tab",
    ".txt",
    ".dat",
    ".parquet",
    ".pq",
    ".xlsx",
    ".xlsm",
    ".json",
    ".jsonl",
    ".ndjson",
)

# First bytes of files that are often met under a wrong name, and what to tell the person.
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old or password-protected Excel file; save it as .xlsx without a password",
    ),
    (b"%PDF", "a PDF document; export the table as CSV or Excel"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"SQLite format 3\0", "a SQLite database; export one table as CSV"),
    (b"\x89HDF", "an HDF5 file; export the table as Parquet or CSV"),
    (b"ARROW1", "an Arrow or Feather file; save it as Parquet"),
    (b"ORC", "an ORC file; save it as Parquet"),
    (b"Obj\x01", "an Avro file; save it as Parquet"),
    (b"BZh", "packed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "packed with xz; unpack it first"),
    (b"\x28\xb5\x2f\xfd", "packed with zstandard; unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive; unpack it first"),
    (b"Rar!", "a RAR archive; unpack it first"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"<stata_dta>", "a Stata file; export it as CSV"),
    (b"$FL2", "an SPSS file; export it as CSV"),
    (b"RDX", "an R data file; write it with write.csv"),
    (
        b"\x80\x04\x95",
        "a Python pickle, which can carry programs and is never opened; save the table as Parquet or CSV",
    ),
)
_MARKUP = re.compile(rb"\s*<(!doctype html|html|\?xml|svg|rss|table)", re.IGNORECASE)


def content_type(data: bytes) -> str:
    """PARQUET, SPREADSHEET, JSON or TEXT. Raises ReadError for a file that is known to be something else."""
    for magic, what in _FOREIGN:
        if data.startswith(magic) and not (magic == b"ORC" and data[3:4].isalnum()):
            raise ReadError(f"The file is not a table in a readable form: it is {what}.")
    if data.startswith(b"PAR1"):
        if not data.endswith(b"PAR1"):
            raise ReadError("The Parquet file ends too early; it was probably not transferred completely.")
        return PARQUET
    if is_zip(data):
        return SPREADSHEET
    head = data[:4096].removeprefix(b"\xef\xbb\xbf")
    if match := _MARKUP.match(head):
        kind = "a web page (HTML)" if b"xml" not in match.group().lower() else "an XML document"
        raise ReadError(
            f"The file is not a table in a readable form: it is {kind}; download the data itself as CSV or Excel."
        )
    return JSON if head.lstrip()[:1] in (b"[", b"{") else TEXT


def unpack(source: Source, notes: Notes, limits: Limits) -> Source:
    """The file itself, out of a gzip file or out of a zip file that holds just one table."""
    if is_gzip(source.data):
        data = gunzip(source.data, limits)
        if is_gzip(data):
            raise ReadError("The file is packed with gzip twice; unpack it once.")
        return Source(data, re.sub(r"\.gz$", "", source.name, flags=re.IGNORECASE))
    if is_zip(source.data):
        return _from_zip(source, notes, limits)
    return source


def _from_zip(source: Source, notes: Notes, limits: Limits) -> Source:
    with open_zip(source.data, limits) as archive:
        names = archive.namelist()
        if any(n.lower().startswith("xl/") for n in names):
            return source
        if "mimetype" in names or "content.xml" in names:
            raise ReadError("The file is an OpenDocument file; save it as .xlsx or CSV.")
        tables = [n for n in names if n.lower().endswith(_TABLE_ENDINGS) and not plain_name(n).startswith(("._", "."))]
        if len(tables) != 1:
            count = f"{len(tables)} tables" if tables else "no table"
            raise ReadError(f"The zip file holds {count}; unpack it and choose one file.")
        notes.add("zip", f"“{plain_name(tables[0])}” was taken out of the zip file.")
        return Source(unzip_member(archive, tables[0], limits), plain_name(tables[0]))


def table_name(file_name: str) -> str:
    """The file's name without its endings and what does not show or turns text around, at most 100 characters."""
    shown = "".join(c for c in file_name if unicodedata.category(c)[0] != "C").strip(" .")
    return _ENDINGS.sub("", shown)[:_LONGEST_NAME]
