"""Settings are frozen dataclasses whose fields carry bounds and help.

The form on the page, the command line's help, the saved model and the report are all drawn from the same object.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints

from engine.errors import SettingsError


def option(
    default: Any,
    help: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] | None = None,
    label: str | None = None,
    advanced: bool = False,
) -> Any:
    """A field of a settings dataclass: default, one sentence of help, and bounds (inclusive) or choices."""
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "choices": choices,
            "label": label,
            "advanced": advanced,
        },
    )


@dataclass(frozen=True)
class Settings:
    """Base of every method's settings. Construction checks types and bounds (SettingsError)."""

    def __post_init__(self) -> None:
        for spec in describe(type(self)):
            object.__setattr__(self, spec.name, spec.checked(getattr(self, spec.name)))

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting as plain facts, enough to draw an input for it."""

    name: str
    type: type
    default: Any
    help: str
    label: str
    low: float | None
    high: float | None
    choices: tuple[str, ...] | None
    advanced: bool

    def checked(self, value: Any) -> Any:
        """The value in the field's own type, or SettingsError with what is allowed."""
        try:
            if self.type is bool:
                if not isinstance(value, bool):
                    raise ValueError
            elif self.type is int:
                if isinstance(value, bool) or float(value) != int(float(value)):
                    raise ValueError
                value = int(float(value))
            elif self.type is float:
                if isinstance(value, bool):
                    raise ValueError
                value = float(value)
            else:
                value = str(value)
        except (TypeError, ValueError, OverflowError):
            raise SettingsError(f"Setting “{self.name}” must be {_TYPE_NAMES[self.type]}, not {value!r}.") from None
        if self.choices is not None and value not in self.choices:
            raise SettingsError(f"Setting “{self.name}” must be one of {', '.join(self.choices)}, not {value!r}.")
        # Written so that NaN, for which every comparison is false, is refused too.
        if self.low is not None and not value >= self.low:
            raise SettingsError(f"Setting “{self.name}” must be at least {self.low:g}, not {value!r}.")
        if self.high is not None and not value <= self.high:
            raise SettingsError(f"Setting “{self.name}” must be at most {self.high:g}, not {value!r}.")
        return value


_TYPE_NAMES: dict[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


def describe(settings: type[Settings]) -> tuple[SettingField, ...]:
    """The fields of a settings class in order."""
    hints = get_type_hints(settings)
    return tuple(
        SettingField(
            name=f.name,
            type=hints[f.name],
            default=f.default,
            help=f.metadata["help"],
            label=f.metadata["label"] or f.name.replace("_", " ").capitalize(),
            low=f.metadata["low"],
            high=f.metadata["high"],
            choices=f.metadata["choices"],
            advanced=f.metadata["advanced"],
        )
        for f in dataclasses.fields(settings)
    )


S = TypeVar("S", bound=Settings)


def from_mapping(settings: type[S], values: Mapping[str, Any] | None) -> S:
    """Settings from plain values (a form, a JSON file); unknown names are an error, not ignored."""
    values = dict(values or {})
    known = {f.name for f in dataclasses.fields(settings)}
    if unknown := sorted(set(values) - known):
        names = ", ".join(sorted(known)) or "none"
        raise SettingsError(f"Unknown setting “{unknown[0]}”. This method's settings: {names}.")
    return settings(**values)
