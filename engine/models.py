"""A saved model: one zip of JSON and arrays, never pickle, opened with distrust.

    manifest.json     format, version, versions of the packages, sizes and hashes of the other members, schema, report
    fakers.json       what is known about identifiers, personal and text columns (no value of theirs)
    generator/...     what the method's own `save` wrote; absent when no columns are learned together
    own-0/...         the same of each method of columns that are learned apart (see `engine.parts`)

An opened zip may come from anyone: every member must have an expected name, be listed in the manifest with its size
and hash, and stay under the limits, before a single one is used.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import plainjson, versions
from engine.errors import ModelError
from engine.limits import Limits

FORMAT = "tabular-twin-model"
VERSION = 2  # 1: before columns learned apart; is still read
MANIFEST = "manifest.json"
FAKERS = "fakers.json"
GENERATOR = "generator"
OWN = "own-"

_MEMBER = re.compile(rf"(?:{re.escape(FAKERS)}|(?:{GENERATOR}|{OWN}[0-9]{{1,4}})/[A-Za-z0-9_-][A-Za-z0-9._-]*)")
_MANIFEST_BYTES = 50_000_000
_MEMBERS = 1_000
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: the same model gives the same bytes
_CHUNK = 1 << 20
# What zipfile raises for a damaged, encrypted or unusual archive.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A checked bundle, unpacked. `generator` is a folder, None when no columns are learned together; own: those of
    the columns that are learned apart, in order."""

    manifest: dict[str, Any]
    fakers: dict[str, Any]
    generator: Path | None
    own: tuple[Path, ...] = ()


def write(
    path: Path,
    content: dict[str, Any],
    fakers: dict[str, Any],
    generator: Path | None,
    own: Sequence[Path] = (),
) -> None:
    """Write a bundle. `content` goes into the manifest; `generator` and `own` are folders that methods saved into."""
    members: dict[str, bytes | Path] = {FAKERS: _dump(fakers)}
    if generator is not None:
        members |= {f"{GENERATOR}/{file.name}": file for file in sorted(generator.iterdir())}
    for place, folder in enumerate(own):
        members |= {f"{OWN}{place}/{file.name}": file for file in sorted(folder.iterdir())}
    listed = {name: _facts(body) for name, body in members.items()}
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "packages": versions.packages(),
        "members": listed,
        **content,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(_entry(MANIFEST), _dump(manifest))
        for name, body in members.items():
            with bundle.open(_entry(name), "w", force_zip64=True) as out:
                for chunk in _chunks(body):
                    out.write(chunk)


@contextmanager
def opened(source: str | Path | bytes, limits: Limits | None = None) -> Iterator[Opened]:
    """Unpack a bundle into a private folder that is gone afterwards.

    Raises ModelError for anything that is not a sound bundle of this version.
    """
    limits = limits or Limits.from_environment()
    with tempfile.TemporaryDirectory(prefix="tabular-twin-") as name:
        try:
            with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as bundle:
                found = _unpack(bundle, Path(name), limits)
        except FileNotFoundError:
            raise ModelError(f"There is no saved model at “{source!s}”.") from None
        except _DAMAGED as error:
            raise ModelError("This is no saved model, or the file is damaged.") from error
        yield found


def _unpack(bundle: zipfile.ZipFile, folder: Path, limits: Limits) -> Opened:
    manifest = _manifest(bundle)
    members = _checked(bundle, manifest, limits)
    for name in {info.filename.partition("/")[0] for info in members if "/" in info.filename}:
        (folder / name).mkdir()
    for info in members:
        _extract(bundle, info, manifest["members"][info.filename], folder / info.filename)
    fakers = _load((folder / FAKERS).read_bytes(), FAKERS)
    generator = folder / GENERATOR
    own = sorted(folder.glob(f"{OWN}*"), key=lambda f: int(f.name.removeprefix(OWN)))
    if [f.name for f in own] != [f"{OWN}{place}" for place in range(len(own))]:
        raise ModelError("The saved model is damaged: a part of it is absent.")
    return Opened(manifest, fakers, generator if generator.exists() else None, tuple(own))


def _manifest(bundle: zipfile.ZipFile) -> dict[str, Any]:
    try:
        info = bundle.getinfo(MANIFEST)
    except KeyError:
        raise ModelError(f"This zip is no saved model: it has no {MANIFEST}.") from None
    if info.file_size > _MANIFEST_BYTES:
        raise ModelError("The saved model's manifest is too large to be one of ours.")
    manifest = _load(b"".join(_member_chunks(bundle, info)), MANIFEST)
    if manifest.get("format") != FORMAT:
        raise ModelError("This zip is no saved model of Tabular Twin.")
    version = manifest.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ModelError("The saved model does not say which version it has.")
    if version > VERSION:
        raise ModelError(
            f"The model was saved by a later version of Tabular Twin (format {version}; "
            f"this one reads up to {VERSION}). Update it to open the model."
        )
    if not isinstance(manifest.get("members"), dict):
        raise ModelError("The saved model's manifest lists no members.")
    return manifest


def _checked(bundle: zipfile.ZipFile, manifest: dict[str, Any], limits: Limits) -> list[zipfile.ZipInfo]:
    """The members other than the manifest, after all checks that need no unpacking."""
    members = [info for info in bundle.infolist() if info.filename != MANIFEST]
    names = [info.filename for info in members]
    if len(bundle.infolist()) != len(members) + 1 or len(set(names)) != len(names):
        raise ModelError("The saved model holds a member twice.")
    if any(info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in bundle.infolist()):
        raise ModelError("The saved model is packed in a way that this program does not use.")
    if len(members) > _MEMBERS:
        raise ModelError(f"The saved model holds more than {_MEMBERS} members.")
    for name in names:
        if not _MEMBER.fullmatch(name):
            raise ModelError(f"The saved model holds an unexpected member “{name}”; it is not opened.")
    if set(names) != set(manifest["members"]) or FAKERS not in names:
        raise ModelError("The saved model's members are not those that its manifest lists.")
    if sum(info.file_size for info in members) > limits.max_unpacked_bytes:
        raise ModelError(f"The saved model unpacks to more than {limits.max_unpacked_bytes:,} bytes, the limit here.")
    return members


def _extract(bundle: zipfile.ZipFile, info: zipfile.ZipInfo, listed: Any, target: Path) -> None:
    """Copy one member out, and compare size and hash with what the manifest says."""
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as out:
        for chunk in _member_chunks(bundle, info):
            size += len(chunk)
            digest.update(chunk)
            out.write(chunk)
    if not isinstance(listed, dict) or listed != {"bytes": size, "sha256": digest.hexdigest()}:
        raise ModelError(f"Member “{info.filename}” of the saved model is damaged or was changed.")


def _member_chunks(bundle: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in pieces; zipfile never gives more than the size that the header states."""
    with bundle.open(info) as member:
        while chunk := member.read(_CHUNK):
            yield chunk


def _load(body: bytes, name: str) -> dict[str, Any]:
    try:
        data = plainjson.loads(body)
    except (ValueError, MemoryError) as error:
        raise ModelError(f"The saved model's {name} is damaged.") from error
    if not isinstance(data, dict):
        raise ModelError(f"The saved model's {name} is damaged.")
    return data


def _dump(data: dict[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


def _facts(body: bytes | Path) -> dict[str, Any]:
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(body):
        digest.update(chunk)
        size += len(chunk)
    return {"bytes": size, "sha256": digest.hexdigest()}


def _chunks(body: bytes | Path) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body
        return
    with body.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
