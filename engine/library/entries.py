"""What an entry of the library is: its facts, its headline figures, and names that are fit for people and for files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import LibraryError

if TYPE_CHECKING:
    from engine.evaluation import Evaluation

HEADLINE = ("overall", "column_shapes", "pair_trends", "missing_similarity")  # keys of the figures that an entry shows
NAME_LENGTH, NOTE_LENGTH = 120, 2_000  # characters
_UNFIT = re.compile(r"[^\w .,()+-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # Windows keeps these for itself
_FILE_LENGTH = 80
_SPACES = str.maketrans("\t\r\v\f", "    ")
_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn"})
_TURNS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class ItemKind(StrEnum):
    DATASET = "dataset"
    MODEL = "model"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Headline:
    """One figure with the one that fresh real rows get; each None where there is none. Shares from 0 to 1."""

    key: str
    label: str
    value: float | None
    reference: float | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Where an entry comes from.

    method: as people call it; source: title of the real table; rows, columns: of the dataset, of the table that the
    model learned, or of the one that the report is on; facts: JSON values, such as seed and given values.
    """

    method: str
    source: str
    rows: int
    columns: int
    figures: tuple[Headline, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be saved. write: puts the entry's files into an empty folder that it is given."""

    kind: ItemKind
    name: str
    about: About
    write: Callable[[Path], None]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One saved thing. created, deleted: seconds since 1970, deleted None while it is not; bytes: on disk."""

    id: str
    kind: ItemKind
    name: str
    note: str
    created: float
    bytes: int
    about: About
    deleted: float | None = None

    def mentions(self, words: str) -> bool:
        """Whether every one of these words stands somewhere in what an entry says of itself, small or capital."""
        said = " ".join((self.name, self.note, self.kind, self.about.method, self.about.source)).casefold()
        return all(word in said for word in words.casefold().split())


def figures_to_json(figures: tuple[Headline, ...]) -> list[dict[str, Any]]:
    return [asdict(figure) for figure in figures]


def headlines(evaluation: Evaluation | None) -> tuple[Headline, ...]:
    """The few figures that say most; none where nothing was measured."""
    return tuple(
        Headline(result.info.key, result.info.label, result.value, result.reference)
        for result in (evaluation.results if evaluation is not None else ())
        if result.info.key in HEADLINE and not result.not_applicable
    )


def fit_name(text: str) -> str:
    """A name as it is kept: one line, without control characters. Raises LibraryError for one that is empty or long."""
    name = " ".join(_printable(text).split())
    if not name:
        raise LibraryError("Give it a name, so that you find it again.")
    if len(name) > NAME_LENGTH:
        raise LibraryError(f"The name has {len(name):,} characters; at most {NAME_LENGTH} are kept. Shorten it.")
    return name


def fit_note(text: str) -> str:
    """A note as it is kept. Raises LibraryError for one that is too long."""
    note = _printable(text).strip()
    if len(note) > NOTE_LENGTH:
        raise LibraryError(f"The note has {len(note):,} characters; at most {NOTE_LENGTH:,} are kept. Shorten it.")
    return note


def file_stem(name: str) -> str:
    """A name for a downloaded file, whatever the entry is called: no folders, nothing that a system reserves."""
    stem = _UNFIT.sub("-", unicodedata.normalize("NFC", name)).strip(" .-")[:_FILE_LENGTH].strip(" .-")
    return f"_{stem}" if _RESERVED.fullmatch(stem) else stem or "entry"


def _printable(text: str) -> str:
    """Without control characters (line ends stay) and without marks that turn the direction of what follows."""
    spaced = unicodedata.normalize("NFC", text).replace("\r\n", "\n").translate(_SPACES)
    return "".join(c for c in spaced if c == "\n" or (unicodedata.category(c) not in _HIDDEN and c not in _TURNS))
