"""Whose the runs of this page are in the queue: the person's who logged in, else this browser session's.

So one who uploads three tables has one share of the server, not three. A session is known by a random name, which is
kept with the tables that it brings: a refresh finds the table by its address, and goes on as the same one. A new tab
without an address is somebody new, as far as a server without a log-in can tell.
"""

from __future__ import annotations

import hashlib
import secrets

from pages.ui import state

_KEY = secrets.token_bytes(32)  # of this server's life: nobody finds out from a run's folder who it was


def owner() -> str:
    """The name under which `engine.jobs` is to count a run."""
    from pages.ui import shelf

    said = shelf.claims()
    person = shelf.identity(said) if said else ""
    if not person:
        return state.session_owner()
    return hashlib.blake2b(person.encode(), key=_KEY, digest_size=16).hexdigest()
