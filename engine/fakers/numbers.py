"""Account, card and national numbers: valid ones in the layouts of the real ones, none of them real."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.errors import DataError
from engine.fakers import pools
from engine.table import schemes
from engine.table.schema import Column
from engine.table.schemes import SCHEMES, Scheme

_FORMS = 50  # structures and layouts kept, the most frequent
_ROWS = 50_000  # values whose forms are counted
_TEMPLATES = 1_000  # from which values are drawn; more where many are real
_MOST = 50_000
_ROOM = 5  # possible values for each real one
_CROWDED = 0.5  # of the templates are real: shorter holes then
_TRIES = 60  # drawn for one value, on average, before the room is said to be used up
_USUAL = {  # structure and layout of numbers in a column without a valid one; by default eleven digits
    "iban": ("DE" + "#" * 20, "XXXX XXXX XXXX XXXX XXXX XX"),
    "credit_card_number": ("4" + "#" * 15, "XXXX XXXX XXXX XXXX"),
    "it_fiscal_code": ("@@@@@@##@##@###@", "X" * 16),
    "fr_nir": ("#" * 15, "X" * 15),
    "es_nif": ("########@", "X" * 9),
    "in_pan": ("@@@@@####@", "X" * 10),
    "uk_nino": ("@@######@", "XX XX XX XX X"),
    "ch_ahv": ("#" * 13, "XXX.XXXX.XXXX.XX"),
    "in_aadhaar": ("#" * 12, "XXXX XXXX XXXX"),
    "br_cpf": ("#" * 11, "XXX.XXX.XXX-XX"),
    "se_personnummer": ("#" * 10, "XXXXXX-XXXX"),
    "nl_bsn": ("#" * 9, "X" * 9),
    "ca_sin": ("#" * 9, "XXX XXX XXX"),
    "ssn": ("#" * 9, "XXX-XX-XXXX"),
}


class RandomDice:
    """Dice from a numpy generator, many at a time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._drawn: list[float] = []

    def below(self, n: int) -> int:
        if not self._drawn:
            self._drawn = self._rng.random(4_096).tolist()
        return int(self._drawn.pop() * n)


@dataclass(frozen=True)
class Form:
    """Numbers of one structure and layout, their share, and the templates that they come from."""

    structure: str
    layout: str
    weight: float
    templates: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """Where made numbers of a scheme come from. A template fixes all but a few digits, and no real number has it."""

    provider: str
    forms: tuple[Form, ...]

    @classmethod
    def of(cls, values: pd.Series, column: Column, whole: pd.Series | None = None) -> Self:
        """whole: of these, `values` show the forms, and none returns."""
        scheme = pools.scheme(column.provider, column.locale)
        assert scheme is not None
        real = [schemes.plain(str(value)) for value in (values if whole is None else whole).unique()]
        common = _common(scheme, values)
        total = sum(common.values())
        lists = _templates(scheme, real, Counter(structure for structure, _ in common))
        return cls(scheme.provider, tuple(Form(s, how, n / total, lists[s]) for (s, how), n in common.items()))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` different numbers. Raises DataError when the forms have no room for so many."""
        counts = rng.multinomial(n, np.array([f.weight for f in self.forms]) / sum(f.weight for f in self.forms))
        seen: set[str] = set()
        made: list[str] = []
        for form, count in zip(self.forms, counts.tolist(), strict=True):
            made += self._drawn(form, count, seen, rng)
        return np.array([made[i] for i in rng.permutation(n).tolist()], dtype="U")

    def _drawn(self, form: Form, n: int, seen: set[str], rng: np.random.Generator) -> list[str]:
        scheme, left = SCHEMES[self.provider], _TRIES * n + 1_000
        made: list[str] = []
        while len(made) < n:
            batch = min(2 * (n - len(made)) + 16, left)
            if not batch:
                raise DataError(
                    f"There is no room for {n:,} different {scheme.title} beside the real ones. Ask for fewer rows."
                )
            left -= batch
            places = rng.integers(len(form.templates), size=batch).tolist()
            for place, number in zip(places, rng.integers(10**9, size=batch).tolist(), strict=True):
                template = form.templates[place]
                found = scheme.refilled(template, number % 10 ** template.count(schemes.HOLE))
                if found is not None and found not in seen and len(made) < n:
                    seen.add(found)
                    made.append(schemes.laid_out(found, form.layout))
        return made

    def state(self) -> dict[str, Any]:
        lists = {form.structure: list(form.templates) for form in self.forms}
        forms = [[form.structure, form.layout, form.weight] for form in self.forms]
        return {"provider": self.provider, "forms": forms, "templates": lists}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the parts do not fit together."""
        provider = str(state["provider"])
        if provider not in SCHEMES:
            raise ValueError("numbers of an unknown kind")
        lists = {str(key): tuple(str(t) for t in some) for key, some in state["templates"].items()}
        forms = tuple(Form(str(s), str(how), float(weight), lists[s]) for s, how, weight in state["forms"])
        if not forms or not all(f.templates and f.weight > 0 for f in forms):
            raise ValueError("numbers without a form")
        return cls(provider, forms)


def _common(scheme: Scheme, values: pd.Series) -> Counter[tuple[str, str]]:
    """How often valid values have each structure and layout."""
    counts: Counter[tuple[str, str]] = Counter()
    for value in values.iloc[:: max(1, len(values) // _ROWS)]:
        text = str(value).strip()
        if scheme.valid(text):
            counts[scheme.structure(schemes.plain(text)), schemes.layout(text)] += 1
    if not counts:
        counts[_USUAL.get(scheme.provider, ("#" * 11, "X" * 11))] = 1
    return Counter(dict(counts.most_common(_FORMS)))


def _templates(scheme: Scheme, real: list[str], structures: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For each structure, templates that no real number has; with fewer holes where many would be real."""
    made: dict[str, tuple[str, ...]] = {}
    inside = [text for text in real if scheme.form.fullmatch(text)]
    for structure in structures:
        for free in range(scheme.free, -1, -1):
            wanted = min(_MOST, max(_TEMPLATES, _ROOM * len(real) // 10**free))
            fakes = _drawn(scheme.provider, structure, free, 1 << (wanted - 1).bit_length())
            taken = {scheme.template(text, free) for text in inside}
            kept = pools.apart(fakes, taken)
            if kept and (len(kept) >= _CROWDED * len(fakes) or free == 0):
                made[structure] = tuple(kept)
                break
        else:
            raise DataError(f"There are no {scheme.title} left beside the real ones.")
    return made


@lru_cache(maxsize=64)
def _drawn(provider: str, structure: str, free: int, wanted: int) -> tuple[str, ...]:
    """Up to `wanted` templates of numbers, the same for every table."""
    scheme, found = SCHEMES[provider], dict[str, None]()
    dice = RandomDice(np.random.default_rng([pools.SEED, *structure.encode()]))
    for _ in range(3 * wanted):
        text = scheme.fresh(structure, dice)
        if text is None or len(found) == wanted:
            break
        found[scheme.template(text, free)] = None
    return tuple(found)
