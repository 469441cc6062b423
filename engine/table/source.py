"""Bytes of a table file from wherever they come, within the limits, unpacked where they are packed."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import BinaryIO

from engine.errors import LimitError, ReadError
from engine.limits import PREFIX, Limits

_PIECE = 1 << 20
_HARMLESS = 100_000_000  # unpacked bytes up to which any ratio is taken
_MOST_TIMES = 250
# What the standard library raises for damaged zip files.
DAMAGED_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    OverflowError,
    NotImplementedError,
)
_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's bytes and its name without folders ("" when unknown)."""

    data: bytes
    name: str


def limit_error(what: str, limit: int, unit: str, setting: str, *, row: int | None = None) -> LimitError:
    """One sentence that names the limit and the setting that moves it."""
    return LimitError(f"{what}; the limit is {limit:,} {unit} (setting {PREFIX}{setting.upper()}).", row=row)


def load(source: bytes | bytearray | BinaryIO | str | Path, name: str | None, limits: Limits) -> Source:
    """Reads everything into memory, at most `limits.max_bytes`. Raises ReadError and LimitError."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        data, own_name = bytes(source), ""
    elif isinstance(source, (str, Path)):
        data, own_name = _load_path(Path(source), limits), str(source)
    elif hasattr(source, "read"):
        data, own_name = _load_stream(source, limits), str(getattr(source, "name", "") or "")
    else:
        raise ReadError(f"A table is read from bytes, a path or an open file, not from {type(source).__name__}.")
    _check_size(len(data), limits)
    return Source(data, plain_name(name or own_name))


def plain_name(name: str) -> str:
    """The last part of a path written with either kind of slash."""
    return PurePath(name.replace("\\", "/")).name


def _check_size(size: int, limits: Limits) -> None:
    if size > limits.max_bytes:
        raise limit_error(f"The file has more than {limits.max_bytes:,} bytes", limits.max_bytes, "bytes", "max_bytes")


def _load_path(path: Path, limits: Limits) -> bytes:
    try:
        if path.is_dir():
            raise ReadError(f"“{path.name}” is a folder; choose a file.")
        _check_size(path.stat().st_size, limits)
        with path.open("rb") as stream:
            return stream.read(limits.max_bytes + 1)
    except FileNotFoundError:
        raise ReadError(f"There is no file “{path}”.") from None
    except (OSError, ValueError) as error:
        raise ReadError(f"The file “{path.name}” cannot be opened ({error}).") from error


def _load_stream(stream: BinaryIO, limits: Limits) -> bytes:
    try:
        if stream.seekable():
            stream.seek(0)
        data = stream.read(limits.max_bytes + 1)
    except (OSError, ValueError, AttributeError) as error:
        raise ReadError(f"The open file cannot be read ({error}).") from error
    if isinstance(data, str):
        raise ReadError("The file was opened as text; open it in binary mode (“rb”).")
    return bytes(data)


def is_gzip(data: bytes) -> bool:
    return data.startswith(_GZIP_MAGIC)


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def gunzip(data: bytes, limits: Limits) -> bytes:
    """Unpacks a gzip file of one or more members and stops as soon as the limit on unpacked bytes is passed."""
    out = bytearray()
    rest = data
    try:
        # Zero bytes behind the last member are padding; other bytes there are ignored by gzip itself, too.
        while rest.startswith(_GZIP_MAGIC):
            unpacker = zlib.decompressobj(wbits=31)
            _inflate(unpacker, rest, out, len(data), limits)
            if not unpacker.eof:
                raise ReadError("The gzip file ends too early; it was probably not transferred completely.")
            rest = unpacker.unused_data.lstrip(b"\0")
    except zlib.error as error:
        raise ReadError(f"The gzip file is damaged ({error}).") from error
    return bytes(out)


def _inflate(unpacker: zlib._Decompress, data: bytes, out: bytearray, packed: int, limits: Limits) -> None:
    pending = data
    while pending and not unpacker.eof:
        out += unpacker.decompress(pending, _PIECE)
        pending = unpacker.unconsumed_tail
        check_unpacked(len(out), packed, limits)
    while not unpacker.eof and (piece := unpacker.decompress(b"", _PIECE)):
        out += piece
        check_unpacked(len(out), packed, limits)


def check_unpacked(size: int, packed: int, limits: Limits) -> None:
    """Raises LimitError for more unpacked bytes than allowed, or than any table has that was packed into so few."""
    if size > limits.max_unpacked_bytes:
        raise limit_error(
            f"The file unpacks to more than {limits.max_unpacked_bytes:,} bytes",
            limits.max_unpacked_bytes,
            "bytes once unpacked",
            "max_unpacked_bytes",
        )
    if size > _HARMLESS and size > _MOST_TIMES * packed:
        raise LimitError(
            f"The file unpacks to more than {_MOST_TIMES} times its size, as no table does; the rest was left. "
            "If it is in order, unpack it yourself and read what comes out."
        )


def open_zip(data: bytes, limits: Limits) -> zipfile.ZipFile:
    """The zip's directory, after checking the sizes it declares."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED_ZIP as error:
        raise ReadError(f"The file is a damaged zip or Excel file ({error}).") from error
    check_unpacked(sum(entry.file_size for entry in archive.infolist()), len(data), limits)
    return archive


def unzip_member(archive: zipfile.ZipFile, name: str, limits: Limits) -> bytes:
    """One member's bytes; the real size is bounded too, since the directory may lie."""
    out = bytearray()
    try:
        with archive.open(name) as stream:
            while piece := stream.read(_PIECE):
                out += piece
                check_unpacked(len(out), archive.getinfo(name).compress_size, limits)
    except DAMAGED_ZIP as error:
        raise ReadError(f"The zip file is damaged ({error}).") from error
    except RuntimeError as error:  # zipfile's way of saying that a password is needed
        raise ReadError("The zip file is protected by a password; unpack it first.") from error
    return bytes(out)
