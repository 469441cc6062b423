"""Which words are kept, how they are written, and what stands for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language import lists
from engine.fakers.language.counting import SHARED, Ints, counted
from engine.fakers.language.tokens import BREAK, DIGIT, LINK, LOWERED, MAIL, MARK, SHAPE, WORD, Types
from engine.fakers.language.units import SENTENCE, SMALL, TITLE, Units, text_of

SLOT, FOREIGN = 10, 11  # sorts of entries beside those of tokens
FIRST, LAST, PROPER, OTHER = "first", "last", "proper", "other"  # slots; "-ng" and the like: rare words by their end
_VERY_MANY, _VERY_MANY_SHARE = 100, 0.02  # texts that a word of the name lists needs to be kept
_COMMON = 0.5  # share in small letters that shows that it is no name
_NUMBER = DIGIT * 2  # for numbers written in rare ways
_ENOUGH = 8  # kept words that end alike, to fill a slot from


@dataclass(frozen=True)
class Entries:
    """What texts are made of. `key`: folded word, shape, mark, or slot; written: own form; title: in titles."""

    key: tuple[str, ...]
    sort: Ints
    written: tuple[str, ...]
    title: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """entry: of each token, -1 where nothing stands for it; known: whether the token itself may be made again."""

    entries: Entries
    entry: Ints
    known: NDArray[np.bool_]
    occurring: Ints  # how often each entry occurs


def read(types: Types, ids: Ints, starts: Ints, units: Units, locale: str | None) -> Reading:
    """Entries of the tokens of different texts."""
    text = text_of(starts)
    core = types.core[ids]
    many = np.zeros(len(types.cores), dtype=np.int64)
    found, _, texts = counted(core, text)
    many[found] = texts
    forms = _Forms.of(types, ids, text, units)
    kept = many >= SHARED
    stands: list[str] = []
    names = lists.known_names(locale)
    bar = max(_VERY_MANY, _VERY_MANY_SHARE * (len(starts) - 1))
    for i, key in enumerate(types.cores):
        slot = ""
        if types.sort[i] == WORD:
            slot = _slot(key, bool(kept[i]), forms, i, names, many[i] >= bar)
        elif types.sort[i] == SHAPE and not kept[i]:
            slot = _NUMBER
        stands.append(slot)
    return _entries(types, ids, core, text, kept, stands, forms)


def _slot(
    key: str, kept: bool, forms: _Forms, i: int, names: tuple[frozenset[str], frozenset[str]], very_many: bool
) -> str:
    """What stands for a word; empty: itself."""
    bare = key.removesuffix("'s").removesuffix("’s")
    common = forms.small[i] >= max(SHARED, _COMMON * forms.seen[i]) if kept else False
    if not common and not (very_many and kept):
        if bare in names[0]:
            return FIRST
        if bare in names[1]:
            return LAST
    if kept:
        return ""
    if forms.seen[i] and forms.small[i] < _COMMON * forms.seen[i]:
        return PROPER
    return f"-{key[-2:]}" if len(key) > 3 else OTHER


@dataclass(frozen=True)
class _Forms:
    """Per core, behind the first word of sentences: texts with it, and with it in small letters; its written forms."""

    seen: Ints
    small: Ints
    own: dict[int, str]
    title: dict[int, str]

    @classmethod
    def of(cls, types: Types, ids: Ints, text: Ints, units: Units) -> _Forms:
        inside = np.append(False, ~units.fine[:-1]) & (types.gap[ids] != BREAK)
        inside &= (types.sort[types.core] == WORD)[ids]
        style = units.style[text]
        cores = len(types.cores)
        seen, small = np.zeros(cores, dtype=np.int64), np.zeros(cores, dtype=np.int64)
        plain = inside & ((style == SENTENCE) | (style == SMALL))
        kinds, _, many = counted(ids[plain], text[plain])
        capitals = np.isin(kinds, ids[inside & (style == SENTENCE)])
        np.add.at(seen, types.core[kinds], many)
        low = (types.case[kinds] == LOWERED) & capitals
        np.add.at(small, types.core[kinds[low]], many[low])
        titles = inside & (style == TITLE)
        return cls(
            seen, small, _commonest(types, kinds, many), _commonest(types, *counted(ids[titles], text[titles])[::2])
        )


def _commonest(types: Types, kinds: Ints, many: Ints) -> dict[int, str]:
    """Per core the way in which most texts write it, where enough do."""
    best: dict[int, str] = {}
    for at in np.argsort(many, kind="stable").tolist():
        if many[at] >= SHARED:
            best[int(types.core[kinds[at]])] = types.surface[kinds[at]]
    return best


def _entries(
    types: Types, ids: Ints, core: Ints, text: Ints, kept: NDArray[np.bool_], stands: list[str], forms: _Forms
) -> Reading:
    """Slots that too few texts share give way to broader ones."""
    slots = sorted({s for s in stands if s})
    number = {slot: i for i, slot in enumerate(slots)}
    of_core = np.array([number.get(s, -1) for s in stands], dtype=np.int64)[core]
    found, _, texts = counted(of_core[of_core >= 0], text[of_core >= 0])
    good = {slots[i] for i, n in zip(found.tolist(), texts.tolist(), strict=True) if n >= SHARED}
    keys: dict[tuple[str, int], int] = {}
    of = np.full(len(types.cores), -1, dtype=np.int64)
    written, title = [], []
    for i, (key, slot) in enumerate(zip(types.cores, stands, strict=True)):
        sort = int(types.sort[i])
        if slot:
            broad = slot if slot in good or slot == _NUMBER else OTHER
            name = (broad, SHAPE if slot == _NUMBER else SLOT)
        elif kept[i]:
            name = (key, sort)
        else:
            continue
        if name not in keys:
            keys[name] = len(keys)
            own = forms.own.get(i, key) if name[1] == WORD else name[0]
            written.append(own)
            title.append(forms.title.get(i, own[:1].upper() + own[1:]) if name[1] == WORD else own)
        of[i] = keys[name]
    if (".", MARK) not in keys:  # ends sentences that would else run on
        keys[".", MARK] = len(keys)
        written.append(".")
        title.append(".")
    entry = of[core]
    sorts = np.array([sort for _, sort in keys], dtype=np.int64)
    known = (kept & np.array([not s for s in stands]) & ~np.isin(types.sort, [MAIL, LINK]))[core]
    known &= (types.sort[core] != SHAPE) | (types.value[ids] >= 0)
    occurring = np.bincount(entry[entry >= 0], minlength=len(keys))
    return Reading(Entries(tuple(k for k, _ in keys), sorts, tuple(written), tuple(title)), entry, known, occurring)
