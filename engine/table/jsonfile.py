"""Reads JSON: a list of records, columns, the layouts that pandas writes, and one record per line.

Records may hold records: those become columns "outer.inner", one level deep; what is nested deeper stays JSON text.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from engine.errors import ReadError
from engine.limits import Limits
from engine.table.bounds import cell_error
from engine.table.names import clean_names
from engine.table.notes import Notes, counted, excerpt
from engine.table.source import limit_error
from engine.table.typed import typed_column

_JSON_ENDINGS = (".json", ".jsonl", ".ndjson")
_SPACE = re.compile(r"[ \t\r\n]*")
_LONGEST_INTEGER = 400  # digits; longer ones are kept as text
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_TOO_DEEP = "The JSON is nested too deeply to be a table."


@dataclass(frozen=True, slots=True)
class JsonTable:
    frame: pd.DataFrame
    format: str  # "json" or "jsonl"
    facts: dict[str, Any] = field(default_factory=dict)


def read_json(data: bytes, name: str, notes: Notes, limits: Limits) -> JsonTable | None:
    """The table in `data` (UTF-8), or None when this is no JSON and the name does not claim that it is.

    Raises ReadError (with the line) for broken JSON, and for JSON that holds no table; LimitError.
    """
    claimed = name.lower().endswith(_JSON_ENDINGS)
    reader = _Reader(_without_half_characters(data.decode("utf-8"), notes), notes, limits)
    try:
        lines = reader.lines_are_values()
        frame, layout = (reader.lines(), "lines") if lines else reader.whole()
        reader.tell_constants()
        return JsonTable(frame, "jsonl" if lines else "json", {"layout": layout})
    except json.JSONDecodeError as error:
        if not claimed and not reader.began_well:
            return None
        message = f"The JSON breaks off or is not valid at line {error.lineno:,}, column {error.colno:,} ({error.msg})."
        raise ReadError(message, row=error.lineno) from error
    except RecursionError as error:
        raise ReadError(_TOO_DEEP) from error


def _without_half_characters(text: str, notes: Notes) -> str:
    """Escapes of one half of a surrogate pair stand for no character; they become the replacement character."""
    if not _SURROGATE.search(text):
        return text
    mended = _ESCAPES.sub(lambda m: "\\ufffd" if m[1] else m[0], text)
    if mended != text:
        notes.repaired("half_character", "Escapes of half a character were replaced by “\ufffd”.")
    return mended


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else digits


class _Reader:
    """Decodes value by value, so that limits are noticed early."""

    def __init__(self, text: str, notes: Notes, limits: Limits) -> None:
        self._text, self._notes, self._limits = text, notes, limits
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant, parse_int=_integer
        )
        self._position = 0
        self._constants: Counter[str] = Counter()
        self.began_well = False  # at least one complete value was found, so this is meant to be JSON

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [k for k, _ in pairs]
            twice = next(k for k in made if keys.count(k) > 1)
            line = self._line()
            message = f"A record has the key “{excerpt(twice)}” more than once; the last value was taken."
            self._notes.warn("duplicate_key", message, row=line, column=twice)
        return made

    def _constant(self, word: str) -> float | None:
        self._constants[word] += 1
        return None if word == "NaN" else float(word.replace("Infinity", "inf"))

    def tell_constants(self) -> None:
        """NaN and Infinity are no JSON, but often found in it."""
        missing = self._constants.pop("NaN", 0)
        if missing:
            self._notes.add("nan", f"{counted(missing, 'value NaN was', 'values NaN were')} read as missing.")
        if self._constants:
            self._notes.warn("infinite", f"{counted(self._constants.total(), 'value is', 'values are')} infinite.")

    def _line(self) -> int:
        return self._text.count("\n", 0, self._position) + 1

    def _value(self) -> Any:
        """The value at the current position; moves behind it and the blanks that follow."""
        value, end = self._decoder.raw_decode(self._text, self._position)
        self._position = self._skip(end)
        return value

    def _skip(self, position: int) -> int:
        match = _SPACE.match(self._text, position)
        return match.end() if match else position

    # One value per line

    def lines_are_values(self) -> bool:
        """Whether the first two filled lines are each a complete object or list."""
        lines = [line.strip() for line in _first_lines(self._text, 2)]
        if len(lines) < 2 or not all(line[:1] in "[{" for line in lines):
            return False
        try:
            return all(isinstance(json.loads(line, parse_int=_integer), (dict, list)) for line in lines)
        except (json.JSONDecodeError, RecursionError):
            return False

    def lines(self) -> pd.DataFrame:
        self._position = self._skip(0)
        return self._from_values(self._line_values())

    def _line_values(self) -> Iterator[tuple[int, Any]]:
        line, counted = 1, 0
        while self._position < len(self._text):
            start = self._position
            line += self._text.count("\n", counted, start)
            counted = start
            try:
                value = self._value()
            except json.JSONDecodeError as error:
                self._bad_line(error, line, start)
                continue
            yield line, value

    def _bad_line(self, error: json.JSONDecodeError, line: int, start: int) -> None:
        """A broken line among good ones is set aside; a file of which little can be read is an error."""
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end
        message = f"The line is not valid JSON ({error.msg}) and was set aside: {excerpt(self._text[start:end])}"
        self._notes.warn("set_aside", message, row=line)
        if len(self._notes.rows["set_aside"]) > 1000:
            raise ReadError(f"More than 1,000 lines are not valid JSON, the last at line {line:,}.", row=line)
        self._position = self._skip(end)

    # One value for the whole file

    def whole(self) -> tuple[pd.DataFrame, str]:
        self._position = self._skip(0)
        if self._text.startswith("[", self._position):
            return self._from_values(self._elements()), "records"
        value = self._value()
        self._end()
        return self._from_object(value)

    def _end(self) -> None:
        if self._position < len(self._text):
            raise json.JSONDecodeError("more text behind the end", self._text, self._position)

    def _elements(self) -> Iterator[tuple[int, Any]]:
        """The elements of the outermost list with the lines they begin on."""
        self._position = self._skip(self._position + 1)
        line, counted = 1, 0
        if self._text.startswith("]", self._position):
            self._position = self._skip(self._position + 1)
        else:
            while True:
                line += self._text.count("\n", counted, self._position)
                counted = self._position
                yield line, self._value()
                self.began_well = True
                mark = self._text[self._position : self._position + 1]
                if mark not in (",", "]"):
                    raise json.JSONDecodeError("a comma or the end of the list is missing", self._text, self._position)
                self._position = self._skip(self._position + 1)
                if mark == "]":
                    break
        self._end()

    def _from_object(self, value: Any) -> tuple[pd.DataFrame, str]:
        if not isinstance(value, dict) or not value:
            raise ReadError("The JSON holds no table: a list of records or an object of columns is needed.")
        if isinstance(value.get("columns"), list) and isinstance(value.get("data"), list):
            return self._from_split(value["columns"], value["data"]), "split"
        contents = list(value.values())
        if all(isinstance(v, list) for v in contents) and not all(isinstance(x, dict) for v in contents for x in v):
            return self._from_columns(value), "columns"
        if all(isinstance(v, dict) for v in contents):
            return self._from_objects(value)
        lists = [k for k, v in value.items() if isinstance(v, list) and v and all(isinstance(x, dict) for x in v)]
        if len(lists) == 1:
            self._notes.add(
                "wrapped", f"The records were taken from “{excerpt(lists[0])}”; the rest of the file was left out."
            )
            return self._from_values((None, v) for v in value[lists[0]]), "records"
        if any(isinstance(v, list) for v in contents):
            raise ReadError(
                "The JSON holds several lists besides single values; save the one table as a list of records."
            )
        return self._from_values([(None, value)]), "record"

    def _from_split(self, columns: Sequence[Any], rows: Sequence[Any]) -> pd.DataFrame:
        names = [str(c) for c in columns]
        for number, row in enumerate(rows, start=1):
            if not isinstance(row, list) or len(row) != len(names):
                raise ReadError(f"The JSON's row {number:,} does not have {len(names)} values.", row=number)
        return self._frame(dict(enumerate(zip(*rows, strict=True))) if rows else {}, names, len(rows))

    def _from_columns(self, columns: Mapping[str, list[Any]]) -> pd.DataFrame:
        lengths = {k: len(v) for k, v in columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f"“{excerpt(k, most=30)}” {n:,}" for k, n in list(lengths.items())[:5])
            raise ReadError(f"The JSON's columns have different lengths ({listed}).")
        rows = next(iter(lengths.values()))
        return self._frame(dict(enumerate(columns.values())), list(columns), rows)

    def _from_objects(self, value: Mapping[str, Mapping[str, Any]]) -> tuple[pd.DataFrame, str]:
        """pandas' own layout, column by column, when the inner keys are row numbers; else row by row with names."""
        inner = list(next(iter(value.values())))
        if inner and all(k.isdecimal() for k in inner):
            keys = list(dict.fromkeys(k for column in value.values() for k in column))
            columns = {i: [column.get(k) for k in keys] for i, column in enumerate(value.values())}
            return self._frame(columns, list(value), len(keys)), "columns"
        if all(k.isdecimal() for k in value):
            return self._from_values((None, v) for v in value.values()), "index"
        self._notes.add("index", "The keys of the records became the column “key”.", column="key")
        return self._from_values((None, {"key": k, **v}) for k, v in value.items()), "index"

    # Rows to columns

    def _from_values(self, values: Iterable[tuple[int | None, Any]]) -> pd.DataFrame:
        rows = _Rows(self._notes, self._limits)
        for line, value in values:
            rows.add(value, line)
        if not rows.columns:
            raise ReadError("The JSON names no columns: it is an empty list, or one of empty records.")
        return self._frame(dict(enumerate(rows.columns.values())), list(rows.columns), rows.count)

    def _frame(self, columns: Mapping[int, Sequence[Any]], names: Sequence[str], rows: int) -> pd.DataFrame:
        check_size(rows, len(names), self._limits)
        clean = clean_names(names, self._notes)
        series = {
            i: typed_column(_scalars(columns.get(i, ()), name, self._notes, self._limits), name, self._notes)
            for i, name in enumerate(clean)
        }
        frame = pd.DataFrame(series)
        frame.columns = pd.Index(clean, dtype="str")
        return frame


def _first_lines(text: str, count: int) -> list[str]:
    found: list[str] = []
    for match in re.finditer(r"[^\r\n]*\S[^\r\n]*", text):
        found.append(match.group())
        if len(found) == count:
            break
    return found


def check_size(rows: int, columns: int, limits: Limits) -> None:
    if columns > limits.max_columns:
        raise limit_error(
            f"The JSON has more than {limits.max_columns:,} columns", limits.max_columns, "columns", "max_columns"
        )
    if rows * columns > limits.max_cells:
        raise limit_error(f"The JSON has more than {limits.max_cells:,} cells", limits.max_cells, "cells", "max_cells")


class _Rows:
    """Records in, columns out: a key that appears late is missing above, one that disappears is missing below."""

    def __init__(self, notes: Notes, limits: Limits) -> None:
        self.columns: dict[str, list[Any]] = {}
        self.count = 0
        self._notes, self._limits = notes, limits
        self._told: set[str] = set()
        self._header: list[str] | None = None  # names in the first of several lists

    def add(self, value: Any, line: int | None) -> None:
        if isinstance(value, list):
            if self._header is None and self.count == 0 and value and all(isinstance(v, str) for v in value):
                self._header = value
                self._notes.add("header_assumed", "The first list was taken for the names.", row=line)
                self.columns = {name: [] for name in value}
                return
            value = self._listed(value)
        if not isinstance(value, dict):
            raise ReadError(
                f"The JSON's element {self.count + 1:,} is no record but {excerpt(json.dumps(value))}.", row=line
            )
        for key, cell in self._flat(value):
            column = self.columns.get(key)
            if column is None:
                column = self.columns[key] = []
                check_size(self.count + 1, len(self.columns), self._limits)
            column.extend([None] * (self.count - len(column)))
            column.append(cell)
        self.count += 1
        if self.count % 1000 == 0:
            check_size(self.count, len(self.columns), self._limits)
            self._even()

    def _even(self) -> None:
        for column in self.columns.values():
            column.extend([None] * (self.count - len(column)))

    def _listed(self, values: list[Any]) -> dict[str, Any]:
        names = self._header or []
        return {names[i] if i < len(names) else f"column_{i + 1}": v for i, v in enumerate(values)}

    def _flat(self, record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for key, value in record.items():
            if not isinstance(value, dict) or not value:
                yield key, value
                continue
            if key not in self._told:
                self._told.add(key)
                name = excerpt(key, most=40)
                self._notes.add("nested", f"The records in “{name}” became columns “{name}.…”.", column=key)
            for inner, cell in value.items():
                yield f"{key}.{inner}", cell


def _scalars(values: Sequence[Any], name: str, notes: Notes, limits: Limits) -> list[Any]:
    """Lists and deeper records as JSON text; everything else as it is. Watches the length of cells."""
    out = list(values)
    nested = False
    for place, value in enumerate(out):
        if isinstance(value, (dict, list)):
            nested = True
            out[place] = value = json.dumps(value, ensure_ascii=False)
        if isinstance(value, str) and len(value) > limits.max_cell_characters:
            raise cell_error(place + 1, name, limits)
    if nested:
        notes.add("nested", f"Column “{excerpt(name)}” holds lists or records; it was read as JSON text.", column=name)
    return out
