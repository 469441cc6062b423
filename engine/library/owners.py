"""Whose entries: one folder and one key for each user, from which nobody can tell who it is.

A user's key is a keyed hash of what the log-in says, so that neither folders nor the index hold names or addresses, and
a list of addresses cannot be tried without the library's own secret (the file “key” beside the index).
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from pathlib import Path

from engine.errors import LibraryError

LOCAL = "local"  # the one user of a library without log-in
KEY = "key"
OWNER = re.compile(rf"{LOCAL}|u-[0-9a-f]{{40}}")
_KEY_BYTES = 32


def owner_of(folder: Path, identity: str | None) -> str:
    """The user's key. identity: what the log-in says of the user, always the same and nobody else's; None without one.

    Raises LibraryError when the secret can be neither read nor made.
    """
    if identity is None:
        return LOCAL
    if not identity.strip():
        raise LibraryError("The log-in does not say who you are, so there is no library of yours to open.")
    return f"u-{hashlib.blake2b(identity.encode(), key=_secret(folder), digest_size=20).hexdigest()}"


def _secret(folder: Path) -> bytes:
    """The library's secret, made at its first use; of two that are made at once the first one holds."""
    path = folder / KEY
    try:
        if not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _make(path)
        found = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"The library's key cannot be read: {error.strerror or error}.") from error
    if len(found) != _KEY_BYTES:
        raise LibraryError("The library's key is damaged; the file “key” in its folder has to be restored.")
    return found


def _make(path: Path) -> None:
    part = path.with_name(f".{secrets.token_hex(4)}.{path.name}")
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        _place(part, path)
    finally:
        part.unlink(missing_ok=True)


def _place(part: Path, path: Path) -> None:
    """Give the file its name, unless another process was quicker. Moving it would replace the other's."""
    try:
        os.link(part, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            os.replace(part, path)
