"""The settings of a run as a file: all that repeats it on the same table, and no row of that table.

A recipe holds what was asked for, the schema (with the values that a schema itself holds: labels in order, constants,
rules), how the file was read and written, the seed and the versions. A secret of pseudonyms is not part of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from engine import plainjson, versions
from engine.errors import SettingsError, TwinError
from engine.race import RACE
from engine.request import RunRequest
from engine.table import formulas
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    from engine.progress import Listener
    from engine.run import RunResult

WHAT, VERSION = "settings of Tabular Twin", 1
MOST_BYTES = 20_000_000  # of a settings file that is read
_TEXTS = ("method", "release", "balance", "depth")
_SWITCHES = ("charts", "figures", "fallback", "drop_near")
_LISTS = ("given", "guess", "known", "person")


@dataclass(frozen=True, slots=True)
class Recipe:
    """file: name of the table's file; options: of `engine.table.read.ReadOptions`; formulas: as in `to_bytes`.

    method_used: what made the table, after “auto”, a race or a fallback; fell_back, ended_early: whether another method
    took over, and whether the person ended the training, which a repetition does not do by itself.
    """

    request: RunRequest
    schema: Schema
    file: str
    options: Mapping[str, Any] = field(default_factory=dict)
    formulas: str = formulas.NEUTRALISE
    made_by: Mapping[str, str] = field(default_factory=versions.packages)
    method_used: str = ""
    fell_back: bool = False
    ended_early: bool = False

    @classmethod
    def of_run(cls, request: RunRequest, schema: Schema, file: str, **more: Any) -> Self:
        """schema: that the run worked with. Pseudonyms are categories in it; here they are personal data again."""
        columns = (
            replace(c, kind=Kind.PERSONAL) if c.pseudonym and c.kind is Kind.CATEGORICAL else c for c in schema.columns
        )
        return cls(request, replace(schema, columns=tuple(columns)), file, **more)

    @property
    def pseudonymous(self) -> bool:
        return any(c.pseudonym for c in self.schema.selected)

    def reservations(self) -> tuple[str, ...]:
        """What a repetition may do otherwise, as sentences."""
        found = []
        if self.pseudonymous:
            found.append(
                "Where a secret was given for the pseudonyms, give it again: it is not part of the settings. Without "
                "it the pseudonyms are other ones."
            )
        if self.request.method == RACE:
            found.append("A race goes by the clock: on another machine, or a busy one, another method may win.")
        if self.request.budget is not None:
            found.append("The time limit may end the training at another point.")
        if self.fell_back:
            found.append(
                f"The chosen method failed and “{self.method_used}” took over; where it does not fail, its table comes."
            )
        if self.ended_early:
            found.append("The training was ended by hand, which a repetition does not do.")
        return tuple(found)

    def carry_out(
        self, data: bytes | str | Path, secret: bytes | None = None, progress: Listener | None = None
    ) -> RunResult:
        """The run again, on a file of the table. Raises what reading, `RunRequest.check` and training raise."""
        from engine.run import execute
        from engine.table.read import ReadOptions, read_table

        reading = read_table(data, name=self.file, options=ReadOptions(**self.options))
        return execute(self.request, reading.frame, self.schema, progress=progress, secret=secret)

    # As a file

    def to_json(self) -> dict[str, Any]:
        return {
            "what": WHAT,
            "version": VERSION,
            "file": self.file,
            "read": dict(self.options),
            "request": self.request.to_json(),
            "formulas": self.formulas,
            "method_used": self.method_used,
            "fell_back": self.fell_back,
            "ended_early": self.ended_early,
            "versions": dict(self.made_by),
            "schema": self.schema.to_json(),
        }

    def dumps(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Raises SettingsError for what is no recipe, or one of a later version."""
        if not isinstance(data, Mapping) or data.get("what") != WHAT:
            raise SettingsError("This is no settings file of Tabular Twin. Take the one that “Settings” downloads.")
        if type(data.get("version")) is not int or data["version"] != VERSION:  # True equals 1
            raise SettingsError("These settings are of another version of Tabular Twin, which reads them.")
        try:
            request = RunRequest.from_json(data["request"])
            _check(request)
            options = dict(data["read"])
            _check_options(options)
            formulas.check(data["formulas"])
            return cls(
                request,
                Schema.from_json(data["schema"]),
                str(data["file"]),
                options,
                str(data["formulas"]),
                {str(name): str(version) for name, version in data["versions"].items()},
                str(data["method_used"]),
                bool(data["fell_back"]),
                bool(data["ended_early"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SettingsError("This settings file is damaged. Download it again.") from error
        except TwinError as error:
            raise SettingsError(f"This settings file does not hold together: {error}") from error

    @classmethod
    def loads(cls, text: str | bytes) -> Self:
        """Raises SettingsError."""
        if len(text) > MOST_BYTES:
            raise SettingsError("This file is too large for a settings file.")
        try:
            return cls.from_json(plainjson.loads(text.encode() if isinstance(text, str) else text))
        except (ValueError, RecursionError) as error:
            raise SettingsError("This is no settings file of Tabular Twin, but another kind of file.") from error


def _check(request: RunRequest) -> None:
    """Types that the request itself takes for granted. Raises TypeError."""
    data = asdict(request)
    sound = all(isinstance(data[name], str) for name in _TEXTS)
    sound &= all(isinstance(data[name], bool) for name in _SWITCHES)
    sound &= all(isinstance(text, str) for name in _LISTS for text in data[name])
    sound &= (
        all(data[name] is None or type(data[name]) is int for name in ("rows", "splits")) and type(request.seed) is int
    )
    sound &= all(data[n] is None or type(data[n]) in (int, float) for n in ("holdout", "budget"))
    sound &= request.target is None or isinstance(request.target, str)
    if not sound:
        raise TypeError("an entry of the request has another type")


def _check_options(options: dict[str, Any]) -> None:
    from engine.table.read import ReadOptions

    ReadOptions(**options)
