"""Texts of a column's own words: which words it has, how they follow each other, and how texts are laid out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers.language import tokens, vocabulary
from engine.fakers.language.chain import Chain
from engine.fakers.language.counting import SHARED, Ints
from engine.fakers.language.digits import Digits
from engine.fakers.language.fills import Fill, fills
from engine.fakers.language.mask import Mask, sentences
from engine.fakers.language.plan import Plan
from engine.fakers.language.tokens import NONE, SHAPE, WORD, Types
from engine.fakers.language.units import SENTENCE, Units, text_of
from engine.fakers.language.vocabulary import FOREIGN, SLOT, Entries, Reading
from engine.fakers.language.writing import Writer

_PIECE = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LEAST_TEXTS = SHARED


@dataclass(frozen=True)
class Language:
    """Made texts have the kept words of the real ones, and no sentence of theirs.

    entries: kept words, shapes of numbers, marks, slots, and foreign words (Faker's, in no real text);
    filling: of each slot, the entries it is filled from; digits: of each shape.
    """

    entries: Entries
    chain: Chain
    plan: Plan
    mask: Mask
    filling: dict[int, Fill]
    digits: dict[int, Digits]

    @classmethod
    def of(cls, values: pd.Series, locale: str | None) -> Self | None:
        """From the texts of a column, missing ones left out. None where they are too few or have no word."""
        types, ids, starts = tokens.read(text.rstrip() for text in values.drop_duplicates())
        if len(starts) <= _LEAST_TEXTS or not len(ids):
            return None
        units = Units.of(types, ids, starts)
        reading = vocabulary.read(types, ids, starts, units, locale)
        if not reading.occurring[reading.entries.sort != tokens.MARK].any():
            return None
        real = {piece for surface in types.surface for piece in _PIECE.findall(surface.casefold())}
        entries, filling = fills(reading.entries, reading.occurring, locale, real)
        plan, chain = _flow(types, ids, starts, units, reading)
        return cls(
            entries, chain, plan, _mask(types, ids, units, reading), filling, _digits(types, ids, starts, reading)
        )

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self.entries, self.chain, self.plan, self.mask, self.filling, self.digits)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` texts, all different."""
        return self._writer.draw(n, rng)

    def words(self) -> list[str]:
        """The real words that this holds, with those that stand at numbers ("br" of "2br")."""
        found: dict[str, None] = {}
        for word, sort in zip(self.entries.written, self.entries.sort.tolist(), strict=True):
            if sort == WORD:
                found[word] = None
            elif sort == SHAPE:
                found |= dict.fromkeys(_LETTERS.findall(word))
        return list(found)

    def state(self) -> dict[str, Any]:
        return {
            "keys": list(self.entries.key),
            "sorts": self.entries.sort.tolist(),
            "written": list(self.entries.written),
            "title": list(self.entries.title),
            "chain": self.chain.state_of(),
            "plan": self.plan.state(),
            "mask": self.mask.state(),
            "filling": [[slot, found.tolist(), often.tolist()] for slot, (found, often) in self.filling.items()],
            "digits": [[entry, digits.state()] for entry, digits in self.digits.items()],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the parts do not fit together."""
        keys, written, title = (tuple(str(word) for word in state[part]) for part in ("keys", "written", "title"))
        entries = Entries(keys, np.asarray(state["sorts"], dtype=np.int64), written, title)
        chain, many = Chain.from_state(state["chain"]), len(keys)
        filling = {int(slot): (_whole(found), _whole(often)) for slot, found, often in state["filling"]}
        digits = {int(entry): Digits.from_state(d) for entry, d in state["digits"]}
        sorts = entries.sort.tolist()
        own = sum(sort != FOREIGN for sort in sorts)
        whole = len(sorts) == len(written) == len(title) == many and chain.tokens == 2 * own + 1
        filled = all(
            len(f) and len(f) == len(w) and f.min() >= 0 and f.max() < many and w.min() > 0 for f, w in filling.values()
        )
        slots = {i for i, sort in enumerate(sorts) if sort == SLOT}
        shapes = {i for i, sort in enumerate(sorts) if sort == SHAPE}
        if not whole or not filled or own == many or slots != set(filling) or shapes != set(digits):
            raise ValueError("the words of made-up texts do not fit together")
        return cls(entries, chain, Plan.from_state(state["plan"]), Mask.from_state(state["mask"]), filling, digits)


def _whole(values: list[int]) -> Ints:
    return np.asarray(values, dtype=np.int64)


def _flow(types: Types, ids: Ints, starts: Ints, units: Units, reading: Reading) -> tuple[Plan, Chain]:
    """How texts are laid out in units, and how their tokens follow each other."""
    unit = np.concatenate([[0], np.cumsum(units.last)[:-1]])
    kept = np.flatnonzero(reading.entry >= 0)
    text, unit = text_of(starts)[kept], unit[kept]
    first = np.append(True, unit[1:] != unit[:-1])
    bounds = np.append(np.flatnonzero(first), len(kept))
    apart = np.append(False, np.diff(kept) > 1) & (reading.entries.sort[reading.entry[kept]] != tokens.MARK)
    token = reading.entry[kept] * 2 + ((types.gap[ids[kept]] != NONE) | first | apart)  # words around a rare mark
    length, of_text = np.diff(bounds), text[first]
    head = token[first]
    gap = [types.breaks[i] for i in ids[np.append(0, np.flatnonzero(units.last)[:-1] + 1)][unit[first]]]
    heads = kept[first]
    opening = (types.sort[types.core[ids[heads]]] == WORD) & (units.style[of_text] == SENTENCE)
    capital = float((types.case[ids[heads[opening]]] != tokens.LOWERED).mean()) if opening.any() else 0.0
    plan, begin = Plan.of(of_text, length, gap, head, units.style, capital)
    unspaced = np.array([tokens.is_unspaced(key) for key in reading.entries.key])
    sorts = np.repeat(reading.entries.sort * 2 + unspaced, 2) * 2 + np.tile([0, 1], len(unspaced))
    return plan, Chain.of(token, bounds, begin, of_text, sorts, plan.begins_many)


def _mask(types: Types, ids: Ints, units: Units, reading: Reading) -> Mask:
    """Of the sentences that are made of kept words and short numbers only; others cannot come out."""
    sort = types.sort[types.core[ids]]
    telling = sort != tokens.MARK
    value = np.where(sort == SHAPE, types.value[ids], 0)
    numbers, sentence = sentences(
        reading.entry.clip(min=0), value.clip(min=0), telling & (reading.entry >= 0), units.fine
    )
    strange = np.bincount(sentence, weights=telling & ~reading.known) > 0
    some = np.bincount(sentence, weights=telling) > 0
    return Mask.of(numbers[~strange & some])


def _digits(types: Types, ids: Ints, starts: Ints, reading: Reading) -> dict[int, Digits]:
    text = text_of(starts)
    found = {}
    shapes = reading.entries.sort == SHAPE
    at = np.flatnonzero((reading.entry >= 0) & shapes[reading.entry])
    at = at[np.argsort(reading.entry[at], kind="stable")]
    for part in np.split(at, np.flatnonzero(np.diff(reading.entry[at])) + 1) if len(at) else []:
        entry = int(reading.entry[part[0]])
        shape = reading.entries.key[entry]
        written = [(types.surface[i], t) for i, t in zip(ids[part].tolist(), text[part].tolist(), strict=True)]
        same = [(w, t) for w, t in written if tokens.shape(w) == shape]
        found[entry] = Digits.of(shape, [w for w, _ in same], np.array([t for _, t in same], dtype=np.int64))
    return found
