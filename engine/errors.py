"""What can go wrong, as one tree. A page or a script catches `TwinError`; anything else is a bug and stays loud.

TwinError                  a sentence for the person: what is wrong, where, and what to do
├── ReadError              a file cannot be read
│   └── LimitError         it could be, but passes a limit that the settings set
├── WriteError             a table cannot be written
├── SchemaError            a schema does not hold together, or does not fit the table
│   └── ConstraintError    a rule cannot be understood, does not fit its columns, or cannot be met
├── DataError              the table's values do not fit what a method needs
├── SettingsError          a setting is unknown or out of its bounds
├── MethodError            there is no such method, or it cannot do what was asked
│   └── MissingPackageError  the method needs a package that is not installed
├── FitError               training failed or did not converge; callers may fall back to another method
├── NotFittedError         `sample` or `save` before `fit`
├── ConditionError         a given value is unknown, or no row can fulfil it
├── ModelError             a saved model is damaged, alien, or of another version
├── StorageError           an uploaded table cannot be kept on this server
├── JobError               a run could not be started or found
├── LibraryError           something cannot be saved, found or changed in the library
├── NotApplicable          a metric has nothing to measure here (carries the reason)
└── Cancelled              the person asked to stop
"""

from __future__ import annotations

_LONGEST, _END = 1_000, 300  # characters of a sentence, and those kept of its end, which says what to do


class TwinError(Exception):
    """Base of every error meant for the person at the screen.

    `column` and `row` (counted from 1, as in the file) say where, when that is known. Whatever of a file is quoted, the
    message stays one line that can be shown: its middle is left out where it is too long.
    """

    def __init__(self, message: str, *, column: str | None = None, row: int | None = None) -> None:
        self.message = _sentence(message)
        super().__init__(self.message)
        self.column = column
        self.row = row

    def __str__(self) -> str:
        return self.message


def _sentence(text: str) -> str:
    text = " ".join(text.splitlines()).encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - _END - 3]} … {text[-_END:]}"


class ReadError(TwinError):
    """A file cannot be read as a table."""


class LimitError(ReadError):
    """A file is readable but larger than the settings allow."""


class WriteError(TwinError):
    """A table cannot be written."""


class SchemaError(TwinError):
    """A schema is inconsistent, or does not fit the table."""


class ConstraintError(SchemaError):
    """A rule across columns cannot be understood, does not fit its columns, or no rows can keep it."""


class DataError(TwinError):
    """The table's values do not fit what was asked."""


class SettingsError(TwinError):
    """A setting is unknown or out of bounds."""


class MethodError(TwinError):
    """There is no such method, or it cannot do what was asked."""


class MissingPackageError(MethodError):
    """The method needs a package that is not installed."""


class FitError(TwinError):
    """Training failed or did not converge."""


class NotFittedError(TwinError):
    """The model has not been trained yet."""


class ConditionError(TwinError):
    """A given value cannot be understood or fulfilled."""


class ModelError(TwinError):
    """A saved model cannot be opened."""


class StorageError(TwinError):
    """An uploaded table, or what was chosen for it, cannot be kept on this server."""


class JobError(TwinError):
    """A run cannot be started or found."""


class LibraryError(TwinError):
    """Something cannot be saved, found or changed in the library."""


class NotApplicable(TwinError):
    """A metric has nothing to measure on these tables; the message is the reason."""


class Cancelled(TwinError):
    """The person asked to stop."""

    def __init__(self, message: str = "Stopped on request.") -> None:
        super().__init__(message)
