"""What the columns of a table are: kinds, formats and roles, as plain data that is saved as JSON.

Three forms of a table appear in the engine, and a Schema turns each into the next:

raw        as read: from text files every cell is a string ("1.234,50 €"), from typed files the file's own dtypes
parsed     `Schema.parse(raw)`: one canonical dtype per kind (see `CANONICAL_DTYPES`); what codecs, generators,
           metrics and charts work on
restored   `Schema.restore(parsed)`: typed again as the source was (int32 from Parquet stays int32; columns that came as
           text stay parsed); `Schema.to_text(parsed)`: every cell a string in the source's own format, for CSV

`parse` accepts all three forms, so it may be called again without harm.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from engine import plainjson
from engine.errors import SchemaError
from engine.typed import check_fields

if TYPE_CHECKING:
    import pandas as pd

VERSION = 2  # 1: before constraints, methods of single columns and descriptions; is still read
TEXT = "text"  # storage of a column that came from a text file
TREATMENTS = ("drop", "repair", "ignore")  # of real rows that break a constraint
COLUMN_METHODS = ("", "marginals", "kde", "pattern")  # "": learned together with the others
_DIGITS = 400  # of a number as text, at most: no float has more before its decimal mark
TEXT_STYLES = ("own", "faker")


class Kind(StrEnum):
    """What a column is; decides how it is modelled."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"  # free text
    IDENTIFIER = "identifier"  # unique keys
    PERSONAL = "personal"  # names, e-mails, phones, ...; `provider` says which
    CONSTANT = "constant"

    @property
    def modelled(self) -> bool:
        """Whether a generator learns it; the others are made up anew (see `engine.fakers`)."""
        return self not in {Kind.TEXT, Kind.IDENTIFIER, Kind.PERSONAL}

    @property
    def numeric(self) -> bool:
        """Whether values have an order and distances (dates included)."""
        return self in {Kind.INTEGER, Kind.DECIMAL, Kind.DATETIME}


# What a date's pattern may hold; `engine.table.dates` reads and writes each of these.
DATE_TOKEN = re.compile(r"%[-:36]?[a-zA-Z%]")
DATE_TOKENS = frozenset(
    ("%Y", "%y", "%m", "%-m", "%d", "%-d", "%b", "%B", "%a", "%A", "%H", "%-H", "%I", "%-I", "%M", "%S", "%f", "%6f",
     "%3f", "%p", "%P", "%z", "%:z", "%%")
)  # fmt: skip
_EPOCHS = tuple(f"epoch:{unit}" for unit in ("s", "ms", "us", "ns"))
_RESOLUTIONS = ("Y", "M", "D", "h", "m", "s", "ms", "us")
_PATTERN_LENGTH, _KEY_LENGTH = 400, 10_000  # characters

# The dtype of each kind in a parsed table. Missing is pd.NA, NaN or NaT as the dtype has it. A categorical's labels
# are text ("3" for the integer 3); dates are microseconds, with the column's time zone where it has one.
CANONICAL_DTYPES: Mapping[Kind, str] = {
    Kind.INTEGER: "Int64",
    Kind.DECIMAL: "float64",
    Kind.CATEGORICAL: "str",
    Kind.BOOLEAN: "boolean",
    Kind.DATETIME: "datetime64[us]",
    Kind.TEXT: "str",
    Kind.IDENTIFIER: "str",
    Kind.PERSONAL: "str",
    Kind.CONSTANT: "str",
}


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a number is written. Percentages keep their written value (45 for "45 %").

    decimals: the most digits behind the mark (17: as many as the number needs, nothing is rounded);
    fixed: always that many ("1.50"), else without trailing zeros but with at least `least` digits ("18.0" by "18.75").
    Signs: `plus` before numbers above zero; `negative` is "-", "−" or "()"; `sign_inside`: behind the prefix ("$-5").
    `bare`: no zero before the mark (".5"); `width`: digits before the mark, filled up with zeros ("007").
    exponent: "e" or "E": always with one, behind `mantissa` digits ("1.50e+05"); "auto": only for very large and
    very small numbers ("1e-05"), as programs write them.
    """

    decimals: int = 0
    fixed: bool = False
    decimal_mark: str = "."
    thousands: str = ""
    prefix: str = ""
    suffix: str = ""
    least: int = 0
    plus: bool = False
    negative: str = "-"
    sign_inside: bool = False
    bare: bool = False
    width: int = 0
    exponent: str = ""
    mantissa: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> NumberFormat:
        """Raises TypeError for entries that are unknown or of another type, ValueError for absurdly many digits."""
        made = cls(**data)
        check_fields(made)
        if not all(0 <= digits <= _DIGITS for digits in (made.decimals, made.least, made.width, made.mantissa)):
            raise ValueError(f"a number has from 0 to {_DIGITS} digits")
        return made


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How a date is written.

    pattern: a strptime pattern, or "epoch:s", "epoch:ms", "epoch:us", "epoch:ns" for counts since 1970. Beyond
    strptime: "%-d", "%-m", "%-H", "%-I" are without a leading zero, "%3f" is milliseconds, "%P" is am or pm in small
    letters, "%:z" is an offset with a colon;
    resolution: the finest unit in use: "Y", "M", "D", "h", "m", "s", "ms" or "us"; timezone: an IANA name or "+02:00".
    """

    pattern: str = "%Y-%m-%d"
    resolution: str = "D"
    timezone: str | None = None

    @property
    def has_day(self) -> bool:
        """Whether there is a date, and not only a time of day (which stands on 1970-01-01)."""
        return self.pattern.startswith("epoch:") or "%Y" in self.pattern or "%y" in self.pattern

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> DateFormat:
        """Raises TypeError for entries that are unknown or of another type, ValueError for what dates do not have."""
        made = cls(**data)
        check_fields(made)
        known = made.pattern in _EPOCHS or (
            not made.pattern.startswith("epoch:") and set(DATE_TOKEN.findall(made.pattern)) <= DATE_TOKENS
        )
        if not known or len(made.pattern) > _PATTERN_LENGTH:
            raise ValueError(f"“{made.pattern[:40]}” is no pattern of a date")
        if made.resolution not in _RESOLUTIONS:
            raise ValueError(f"“{made.resolution[:40]}” is no resolution of a date")
        if made.timezone is not None:
            from engine.table.dates import zone_of

            zone_of(made.timezone)
        return made


@dataclass(frozen=True, slots=True)
class Description:
    """What a person says of the values of a column that no table shows; numbers and dates as text of the column's kind.

    distribution: a family of `engine.statistics.families`, "uniform" when empty, with its `parameters` in that order;
    low, high: bounds that hold in every row; labels: of a category, truth value or date-like choice, with `weights`
    (equal when empty); missing: share of rows, 0 to 1; unique: whether no value comes twice.
    """

    distribution: str = ""
    parameters: tuple[float, ...] = ()
    low: str | None = None
    high: str | None = None
    labels: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    missing: float = 0.0
    unique: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Description:
        """Raises TypeError for unknown entries."""
        fields = dict(data)
        for key in ("parameters", "labels", "weights"):
            if key in fields:
                fields[key] = tuple(fields[key])
        return cls(**fields)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A rule that every made row keeps, as plain data; what its kind means lives in `engine.constraints`.

    kind: key of a registered kind of rule; columns: those it speaks of, in the order that the kind defines;
    options: its parameters, JSON values; treat: what is done with real rows that break it before anything is learned,
    "drop", "repair" or "ignore".
    """

    kind: str
    columns: tuple[str, ...]
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)
    treat: str = "drop"

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "options", dict(self.options))

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "columns": list(self.columns), "options": dict(self.options), "treat": self.treat}

    @classmethod
    def from_json(cls, data: Any) -> Constraint:
        """Raises SchemaError for what cannot be a rule."""
        if not isinstance(data, Mapping) or not isinstance(data.get("kind"), str):
            raise SchemaError("Each constraint of a schema needs a “kind” and a list “columns”.")
        columns, options = data.get("columns"), data.get("options", {})
        if not isinstance(columns, list) or not columns or not all(isinstance(c, str) for c in columns):
            raise SchemaError(f"Constraint “{data['kind']}”: “columns” must be a list of column names.")
        if not isinstance(options, Mapping):
            raise SchemaError(f"Constraint “{data['kind']}”: “options” must be an object.")
        treat = data.get("treat", "drop")
        if treat not in TREATMENTS:
            raise SchemaError(f"Constraint “{data['kind']}”: “treat” must be one of {', '.join(TREATMENTS)}.")
        return cls(data["kind"], tuple(columns), options, treat)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its kind with reason and confidence, and all that is needed to write it as the source did."""

    name: str
    kind: Kind
    storage: str = TEXT  # TEXT, or the dtype of a typed source (see engine.table.dtypes)
    selected: bool = True
    number: NumberFormat | None = None  # integer and decimal
    date: DateFormat | None = None  # datetime
    labels: tuple[str, str] | None = None  # boolean: how false and true are written
    levels: tuple[str, ...] | None = None  # source with declared categories: all of them, in order, also unused ones
    value: str | None = None  # constant: its one value as text (None: the column is empty throughout)
    provider: str | None = None  # personal: a Faker provider such as "email"
    locale: str | None = None  # personal: such as "de_DE"
    pattern: str | None = None  # identifier: "A" letter, "a" small letter, "9" digit, "*" either, others literal
    missing_tokens: tuple[str, ...] = ("",)  # text storage: what counts as missing; the first is written back
    reason: str = ""
    confidence: float = 1.0  # 0 to 1
    chosen: bool = False  # the person overrode the guess
    method: str = ""  # modelled kinds: one of COLUMN_METHODS
    distribution: str = ""  # of method "marginals": "best" when empty, "empirical" or a family's key
    pseudonym: bool = False  # personal: each real value has one made value of its own, and is learned as a category
    text: str = "own"  # text: from the column's own words that are not rare, or "faker"
    description: Description | None = None  # where no table shows the values

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(self.kind))
        if not 0.0 <= self.confidence <= 1.0:
            raise SchemaError(f"Column “{self.name}”: confidence must lie between 0 and 1.", column=self.name)
        if self.method not in COLUMN_METHODS:
            known = ", ".join(COLUMN_METHODS[1:])
            raise SchemaError(f"Column “{self.name}”: method must be one of {known}, or empty.", column=self.name)
        if self.text not in TEXT_STYLES:
            raise SchemaError(f"Column “{self.name}”: text must be own or faker.", column=self.name)

    @property
    def modelled(self) -> bool:
        return self.selected and self.kind.modelled

    @property
    def decimals(self) -> int:
        return self.number.decimals if self.number else 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; what equals the default is left out."""
        plain = asdict(self)
        default = asdict(Column(self.name, self.kind))
        return {
            key: str(value) if isinstance(value, Kind) else value
            for key, value in plain.items()
            if key in ("name", "kind") or value != default[key]
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Column:
        fields = dict(data)
        unknown = sorted(set(fields) - set(cls.__dataclass_fields__))
        name = fields.get("name")
        if unknown:
            raise SchemaError(f"Column “{name}”: unknown entry “{unknown[0]}” in the schema.", column=name)
        try:
            if fields.get("number") is not None:
                fields["number"] = NumberFormat.from_json(fields["number"])
            if fields.get("date") is not None:
                fields["date"] = DateFormat.from_json(fields["date"])
            if fields.get("description") is not None:
                fields["description"] = Description.from_json(fields["description"])
            for key in ("labels", "levels", "missing_tokens"):
                if fields.get(key) is not None:
                    fields[key] = tuple(fields[key])
            made = cls(**fields)
            check_fields(made)
            if made.pattern is not None and len(made.pattern) > _KEY_LENGTH:
                raise ValueError(f"a pattern of keys has at most {_KEY_LENGTH:,} characters")
            return made
        except (TypeError, ValueError) as error:
            raise SchemaError(f"Column “{name}”: the schema entry cannot be read ({error}).", column=name) from error


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table in order. Immutable; `override` and `select` give changed copies."""

    columns: tuple[Column, ...]
    name: str = ""  # of the table
    constraints: tuple[Constraint, ...] = ()
    _index: dict[str, Column] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", tuple(self.columns))
        object.__setattr__(self, "constraints", tuple(self.constraints))
        for column in self.columns:
            if column.name in self._index:
                raise SchemaError(f"Column “{column.name}” appears twice in the schema.", column=column.name)
            self._index[column.name] = column

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def __getitem__(self, name: str) -> Column:
        try:
            return self._index[name]
        except KeyError:
            known = ", ".join(list(self._index)[:20])
            raise SchemaError(f"There is no column “{name}”. Columns: {known}.", column=name) from None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._index)

    @property
    def selected(self) -> Schema:
        """Only the columns that the person wants in the result, with the constraints that speak of no other."""
        return self._of(tuple(c for c in self.columns if c.selected))

    @property
    def modelled(self) -> Schema:
        """Only the columns that are learned, with the constraints that speak of no other."""
        return self._of(tuple(c for c in self.columns if c.modelled))

    @property
    def joint(self) -> Schema:
        """Only the columns that are learned together; the others that are learned have methods of their own."""
        return self._of(tuple(c for c in self.columns if c.modelled and not c.method))

    def _of(self, columns: tuple[Column, ...]) -> Schema:
        names = {c.name for c in columns}
        return Schema(columns, self.name, tuple(c for c in self.constraints if names.issuperset(c.columns)))

    def select(self, names: Iterable[str]) -> Schema:
        """A copy in which exactly `names` are selected. Raises SchemaError for an unknown or no name."""
        wanted = list(names)
        for name in wanted:
            self[name]
        if not wanted:
            raise SchemaError("Choose at least one column.")
        return replace(self, columns=tuple(replace(c, selected=c.name in wanted) for c in self.columns))

    def override(self, name: str, **changes: Any) -> Schema:
        """A copy in which column `name` has `changes` (fields of Column), marked as chosen by the person."""
        self[name]
        changed = tuple(
            replace(c, chosen=True, confidence=1.0, reason="chosen by you", **changes) if c.name == name else c
            for c in self.columns
        )
        return replace(self, columns=changed)

    def to_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"version": VERSION, "name": self.name, "columns": [c.to_json() for c in self.columns]}
        if self.constraints:
            plain["constraints"] = [c.to_json() for c in self.constraints]
        return plain

    def dumps(self) -> str:
        return json.dumps(self.to_json(), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, data: Any) -> Schema:
        """Raises SchemaError when `data` is no schema, or one of a later version."""
        if not isinstance(data, Mapping) or not isinstance(data.get("columns"), list):
            raise SchemaError("This is not a schema: an object with a list “columns” is needed.")
        version = data.get("version", VERSION)
        if type(version) is not int or version not in range(1, VERSION + 1):  # True is an int, and equals 1
            raise SchemaError(
                f"This schema has version {str(version)[:40]}; this program reads versions 1 to {VERSION}."
            )
        for entry in data["columns"]:
            if not isinstance(entry, Mapping) or not isinstance(entry.get("name"), str) or "kind" not in entry:
                raise SchemaError("Each column of a schema needs at least a “name” and a “kind”.")
        listed = data.get("constraints", [])
        if not isinstance(listed, list):
            raise SchemaError("The “constraints” of a schema must be a list.")
        columns = tuple(Column.from_json(c) for c in data["columns"])
        return cls(columns, str(data.get("name", "")), tuple(Constraint.from_json(c) for c in listed))

    @classmethod
    def loads(cls, text: str | bytes) -> Schema:
        try:
            return cls.from_json(plainjson.loads(text.encode() if isinstance(text, str) else text))
        except (ValueError, RecursionError) as error:
            raise SchemaError(f"The schema is not valid JSON ({error}).") from error

    # The conversions live in engine.table.convert, which needs pandas; they are reached from here for convenience.

    def parse(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The table with one canonical dtype per kind, all columns of the schema, in its order.

        Raises SchemaError when a column is absent, and DataError (column, row) when a value does not fit its kind.
        """
        from engine.table import convert

        return convert.parse(frame, self)

    def restore(self, table: pd.DataFrame) -> pd.DataFrame:
        """A parsed table with the dtypes of the typed source back (columns from text files stay parsed)."""
        from engine.table import convert

        return convert.restore(table, self)

    def to_text(self, table: pd.DataFrame) -> pd.DataFrame:
        """A parsed table with every cell a string in the source's format (missing as its token), for CSV."""
        from engine.table import convert

        return convert.to_text(table, self)
