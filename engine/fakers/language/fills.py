"""What is put into slots: kept words that end alike, names and words that no real text has."""

from __future__ import annotations

import numpy as np

from engine.fakers.language import lists
from engine.fakers.language.counting import Ints
from engine.fakers.language.tokens import WORD
from engine.fakers.language.vocabulary import FIRST, FOREIGN, LAST, OTHER, PROPER, SLOT, Entries

Fill = tuple[Ints, Ints]  # entries, and how often each of them is taken

_ENOUGH = 12  # kept words that fit a slot, so that it is filled from them
_COMMONEST = 0.1  # of the kept words, which are no fitting word for a slot


def fills(entries: Entries, occurring: Ints, locale: str | None, real: set[str]) -> tuple[Entries, dict[int, Fill]]:
    """Entries with words from Faker's lists added, and for each slot what it is filled from."""
    strange = lists.foreign(locale, real)
    slots = [i for i, sort in enumerate(entries.sort.tolist()) if sort == SLOT]
    lent: dict[str, tuple[str, ...]] = {OTHER: strange}
    kept = np.flatnonzero(entries.sort == WORD)
    usual = kept[occurring[kept] <= np.quantile(occurring[kept], 1 - _COMMONEST)] if len(kept) else kept
    small = usual[[entries.written[i][:1].islower() for i in usual.tolist()]] if len(usual) else usual
    proper = usual[[entries.written[i][:1].isupper() for i in usual.tolist()]] if len(usual) else usual
    ends: dict[str, list[int]] = {}
    for i in small.tolist():
        ends.setdefault(entries.key[i][-2:], []).append(i)
    chosen: dict[int, Ints | str] = {}
    often = {entries.key[i]: int(occurring[i]) for i in slots}
    persons = often.get(FIRST, 0) + often.get(LAST, 0) >= often.get(PROPER, 0)
    for slot in slots:
        key = entries.key[slot]
        if key in (FIRST, LAST) or (key == PROPER and len(proper) < _ENOUGH and persons):
            which = lists.FIRST if key == FIRST else lists.LAST
            lent.setdefault(which, lists.names(locale, which, real))
            chosen[slot] = which
        elif key == PROPER:
            chosen[slot] = proper if len(proper) >= _ENOUGH else OTHER
        else:
            alike = np.array(ends.get(key[1:], []), dtype=np.int64) if key != OTHER else small
            chosen[slot] = alike if len(alike) >= _ENOUGH else small if len(small) >= 10 * _ENOUGH else OTHER
    start = len(entries.key)
    places: dict[str, Ints] = {}
    added: list[str] = []
    for name, words in lent.items():
        places[name] = np.arange(start + len(added), start + len(added) + len(words))
        added += words
    whole = Entries(
        (*entries.key, *[w.casefold() for w in added]),
        np.append(entries.sort, np.full(len(added), FOREIGN)).astype(np.int64),
        (*entries.written, *added),
        (*entries.title, *[w[:1].upper() + w[1:] for w in added]),
    )
    taken = np.append(occurring, np.ones(len(added), dtype=np.int64))
    found = {slot: places[c] if isinstance(c, str) else np.asarray(c, dtype=np.int64) for slot, c in chosen.items()}
    return whole, {slot: (entry, taken[entry]) for slot, entry in found.items()}
