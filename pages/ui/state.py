"""The only owner of session keys, and of what stands in the address: which table, which run.

Both are found again after a refresh, since the address names them and the disk holds them; the session only remembers
them between page switches, which clear the address. What a person chose is kept on disk too (see `datasets`).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import datasets
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.table.schema import Schema

DATA, RUN = "data", "run"  # in the address
KEPT, ROWS = "kept", "rows"  # in the address of the library: the opened entry, and the run that makes rows from it
CHAPTER = "chapter"  # in the address of the guide
_DATASET = "twin-dataset"
_RUN = "twin-run"
_OWNER = "twin-owner"  # whose runs the runs of this session are, see `whose`
_START = "twin-start"  # the person pressed “Train”; the train page takes it from there
_FORMULAS = "twin-formulas"  # whether downloads keep cells that a spreadsheet might run
_FRAME = "twin-frame"  # whether the app is drawn around the page that runs now
_ROUND = "twin-round"  # how often the upload page began anew: a fresh uploader each time
_UPLOADED = "twin-uploaded"  # the upload that was dealt with last, and what was wrong with it
_SECRET = "twin-secret"  # a table's id and its pseudonyms' secret: in the session only, never on disk  # nosec B105
_EDITED = "twin-edited"  # what the table of columns showed when the page was opened
_DESCRIBED = "twin-described"  # the schema that the description began with
_DESCRIBED_ROUND = "twin-described-round"  # how often it began anew: a fresh editor each time
_DESCRIBED_MADE = "twin-described-made"  # what was made last: schema as text, rows, seed
_DELETED = "twin-deleted"  # what was deleted from the library just now, and its name
_MAKING = "twin-making"  # by entry of the library: the run that makes rows from it, and what was chosen for it
_GAME = "twin-game"  # by run: how far the game of its rows is
_EDITOR = "twin-editor"  # how often that table was put back by a button: a fresh editor each time
_SENT = "twin-sent"  # when the first value of each seeded widget was sent to the browser last

HEARD = 3.0  # seconds after which the browser surely has what it was sent

UPLOAD_PAGE, CONFIGURE_PAGE = "pages/upload.py", "pages/configure.py"
TRAIN_PAGE, COMPARE_PAGE, GUIDE_PAGE = "pages/train.py", "pages/compare.py", "pages/guide.py"
DESCRIBE_PAGE = "pages/describe.py"
LIBRARY_PAGE = "pages/library.py"


def sync() -> None:
    """Bring address and session together; once at the start of every run of the app."""
    if identity := st.query_params.get(DATA):
        if identity != st.session_state.get(_DATASET):
            st.session_state[_DATASET] = identity
            st.session_state[_RUN] = st.query_params.get(RUN)
        elif run := st.query_params.get(RUN):
            st.session_state[_RUN] = run
    _tell_address()


def _tell_address() -> None:
    wanted = {DATA: st.session_state.get(_DATASET), RUN: st.session_state.get(_RUN)}
    for name, value in wanted.items():
        if value and st.query_params.get(name) != value:
            st.query_params[name] = value
        elif not value and name in st.query_params:
            del st.query_params[name]


def note_frame(drawn: bool) -> None:
    st.session_state[_FRAME] = drawn


def framed() -> bool:
    """Whether the app is drawn around the page that runs now."""
    return bool(st.session_state.get(_FRAME))


# The table


def dataset() -> Dataset | None:
    """The table that this session works on; None before one is chosen, or when it was cleared away."""
    identity = st.session_state.get(_DATASET)
    found = datasets.find(identity) if identity else None
    if found is None and identity:
        forget()
    if found is not None and found.owner:
        st.session_state.setdefault(_OWNER, found.owner)  # after a refresh: still the same one in the queue
    return found


def use(chosen: Dataset) -> None:
    """Work on this table from now on."""
    st.session_state[_DATASET] = chosen.id
    st.session_state[_RUN] = None
    st.session_state[_ROUND] = upload_round() + 1
    st.session_state.pop(_UPLOADED, None)
    _tell_address()


def forget() -> None:
    """Work on no table. What is on disk stays."""
    for name in (_DATASET, _RUN, _START, _UPLOADED, _EDITED, _SECRET):
        st.session_state.pop(name, None)
    st.session_state[_ROUND] = upload_round() + 1
    _tell_address()


def upload_round() -> int:
    return int(st.session_state.get(_ROUND, 0))


def upload_is_new(identity: str) -> bool:
    """Whether this upload (by its own id) has not been dealt with yet."""
    known = st.session_state.get(_UPLOADED)
    return known is None or known[0] != identity


def note_upload(identity: str, problem: str) -> None:
    st.session_state[_UPLOADED] = (identity, problem)


def upload_problem(identity: str) -> str:
    """What was wrong with the upload shown now."""
    known = st.session_state.get(_UPLOADED)
    return known[1] if known is not None and known[0] == identity else ""


def session_owner() -> str:
    """This session among all that share the server. A refresh keeps it by the table in the address."""
    owner: str = st.session_state.setdefault(_OWNER, secrets.token_urlsafe(12))
    return owner


# The run


def run_id() -> str | None:
    """The run that is looked at: the one of the address if it is this table's, else the table's latest."""
    table = dataset()
    if table is None:
        return None
    known = table.runs()
    chosen = st.session_state.get(_RUN)
    found = chosen if chosen in known else known[-1] if known else None
    if found != chosen:
        st.session_state[_RUN] = found
        _tell_address()
    return found


def use_run(identity: str | None) -> None:
    st.session_state[_RUN] = identity
    _tell_address()


def ask_for_start() -> None:
    """Have the train page start a run as soon as it is shown."""
    st.session_state[_START] = True


def take_start() -> bool:
    """Whether a start was asked for; the answer is yes once."""
    return bool(st.session_state.pop(_START, False))


def keep_secret(table: Dataset, secret: str) -> None:
    """Hold the secret for a table's pseudonyms as long as the session lasts."""
    st.session_state[_SECRET] = (table.id, secret)


def secret(table: Dataset) -> str:
    """The secret that was given for a table in this session, or nothing."""
    known = st.session_state.get(_SECRET)
    return known[1] if known is not None and known[0] == table.id else ""


# Downloads


def formulas_kept() -> bool:
    """Whether files are to hold cells that a spreadsheet might run as they are."""
    return bool(st.session_state.get(_FORMULAS, False))


def keep_formulas(kept: bool) -> None:
    st.session_state[_FORMULAS] = kept


def game(run: str) -> dict[str, Any]:
    """How far the game of a run's rows is; whoever plays it writes into this."""
    games: dict[str, dict[str, Any]] = st.session_state.setdefault(_GAME, {})
    return games.setdefault(run, {})


# The library


def kept() -> str | None:
    """The entry of the library that is looked at; None for the list of all."""
    return st.query_params.get(KEPT)


def look_at(entry: str | None) -> None:
    """Open an entry of the library, or go back to the list."""
    for name in (KEPT, ROWS):
        st.query_params.pop(name, None)
    st.session_state.pop(_DELETED, None)
    if entry is None:
        return
    st.query_params[KEPT] = entry
    if known := st.session_state.get(_MAKING, {}).get(entry):
        st.query_params[ROWS] = known[0]


def making() -> str | None:
    """The run that makes, or made, rows from the entry that is looked at."""
    return st.query_params.get(ROWS)


def note_making(entry: str, run: str, choices: Any) -> None:
    """Remember which run makes rows from an entry, and what was chosen for it."""
    st.session_state[_MAKING] = {**st.session_state.get(_MAKING, {}), entry: (run, choices)}
    st.query_params[ROWS] = run


def chosen_for(entry: str) -> Any:
    """What was chosen for the latest rows of an entry in this session; None before any."""
    return st.session_state.get(_MAKING, {}).get(entry, (None, None))[1]


def note_deleted(entry: str, name: str) -> None:
    """Remember what was deleted last, so that it can be brought back with one click."""
    st.session_state[_DELETED] = (entry, name)


def deleted() -> tuple[str, str] | None:
    found = st.session_state.get(_DELETED)
    return None if found is None else (str(found[0]), str(found[1]))


def forget_deleted() -> None:
    st.session_state.pop(_DELETED, None)


# Widgets


def seed(key: str, value: Any) -> str:
    """Give a widget its first value, unless the person has changed it already; returns the key.

    Streamlit sends such a value once. A quick click has the page run anew before the browser heard of it: the browser
    would then show the widget's own default and send that back. So the value is sent again until all is quiet.
    """
    sent: dict[str, float] = st.session_state.setdefault(_SENT, {})
    now = time.monotonic()
    if key not in st.session_state:
        st.session_state[key] = value
    elif now - sent.get(key, -HEARD) >= HEARD:
        return key
    else:
        st.session_state[key] = st.session_state[key]
    sent[key] = now
    return key


def seed_within(key: str, options: Sequence[Any], first: Any = None) -> str:
    """As `seed`, for one of several; a value that is no longer among them gives way. Returns the key."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]
    return seed(key, options[0] if first is None else first)


def keep_within(key: str, options: Sequence[Any], first: Any) -> None:
    """Where a widget holds what is no longer among the options, give it `first`; its own default is for the others."""
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = first


def seed_all_within(key: str, options: Sequence[Any], first: Sequence[Any]) -> str:
    """As `seed_within`, for several of several."""
    held = st.session_state.get(key, ())
    if held is None or any(one not in options for one in held):
        del st.session_state[key]
    return seed(key, list(first))


def put(key: str, value: Any) -> None:
    """Give a widget that is not drawn yet another value."""
    st.session_state[key] = value


def take(key: str) -> Any:
    """What was noted for the next drawing of the page, once; None where nothing was."""
    return st.session_state.pop(key, None)


def clear(*beginnings: str) -> None:
    """Empty all widgets whose keys begin so; before they are drawn."""
    for key in [key for key in st.session_state if str(key).startswith(beginnings)]:
        del st.session_state[key]


def clear_inputs() -> None:
    """Empty the inputs of every page; before they are drawn. What the session itself keeps stays, and so do secrets."""
    for key in [key for key in st.session_state if not str(key).startswith(("twin-", "secret-"))]:
        del st.session_state[key]


def value(key: str, default: Any = None) -> Any:
    """What a widget drawn earlier holds."""
    return st.session_state.get(key, default)


def opened_with(key: str, current: Any) -> Any:
    """What an editor was opened with. It is fed with that throughout, and never with its own output.

    `current` is taken whenever the editor was not on screen before.
    """
    known = st.session_state.get(_EDITED)
    if known is None or known[0] != key or key not in st.session_state:
        known = (key, current)
        st.session_state[_EDITED] = known
    return known[1]


def editor_round() -> int:
    return int(st.session_state.get(_EDITOR, 0))


def renew_editor() -> None:
    """Have the table of columns drawn anew, from what is on disk."""
    st.session_state[_EDITOR] = editor_round() + 1


# A described table


def described_base(first: Callable[[], Schema]) -> Schema:
    """The schema that the description began with; its editor is fed with that throughout."""
    if _DESCRIBED not in st.session_state:
        st.session_state[_DESCRIBED] = first()
    found: Schema = st.session_state[_DESCRIBED]
    return found


def describe(base: Schema) -> None:
    """Begin a description anew with this schema."""
    st.session_state[_DESCRIBED] = base
    st.session_state[_DESCRIBED_ROUND] = described_round() + 1
    st.session_state.pop(_DESCRIBED_MADE, None)


def described_round() -> int:
    return int(st.session_state.get(_DESCRIBED_ROUND, 0))


def note_described(schema: str, rows: int, seed: int) -> None:
    st.session_state[_DESCRIBED_MADE] = (schema, rows, seed)


def described_made() -> tuple[str, int, int] | None:
    made: tuple[str, int, int] | None = st.session_state.get(_DESCRIBED_MADE)
    return made


def at_least(key: str, share: float) -> float:
    """The largest share that was ever given for this key: a bar does not go back, what was open stays open."""
    st.session_state[key] = max(share, st.session_state.get(key, 0.0))
    return float(st.session_state[key])
