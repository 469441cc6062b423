"""Made texts written out from a language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.chain import Chain
from engine.fakers.language.counting import Ints
from engine.fakers.language.digits import Digits
from engine.fakers.language.fills import Fill
from engine.fakers.language.mask import CLOSED, Mask, sentences
from engine.fakers.language.plan import PLACES, Drawn, Plan
from engine.fakers.language.tokens import LINK, MAIL, MARK, SHAPE, WORD
from engine.fakers.language.units import SENTENCE, SMALL, TITLE, UPPERED, closers, ends, mark_ends
from engine.fakers.language.vocabulary import FOREIGN, SLOT, Entries

_TOKENS = 2_000_000  # written at once
_CELLS = 16_000_000  # of a table of units by tokens
_CANDIDATES = (1, 1, 2, 4, 8)  # draws of a sentence in each turn; if all fall on closed ones, a foreign word comes in
_EVEN = 3  # turns after which numbers are drawn evenly
_PATIENT, _SHORT = 2, 0.6  # turns in which units of less than this share of the wanted tokens are drawn anew
_FRUITLESS = 3  # rounds with hardly a new text, before foreign words make texts different
_WORDED = re.compile(r"[^\W_]")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“„", "”"), ("«", "»"), ('"', ""))


@dataclass
class _Units:
    """Tokens of some units, one after the other. piece: what numbers and addresses are written as."""

    unit: Ints
    entry: Ints
    spaced: NDArray[np.bool_]
    value: Ints
    piece: NDArray[Any]

    def at(self, which: NDArray[Any]) -> _Units:
        return _Units(self.unit[which], self.entry[which], self.spaced[which], self.value[which], self.piece[which])

    @classmethod
    def joined(cls, parts: list[_Units]) -> _Units:
        """In the order of the units."""
        fields = ("unit", "entry", "spaced", "value", "piece")
        whole = cls(*(np.concatenate([getattr(p, f) for p in parts]) for f in fields))
        return whole.at(np.argsort(whole.unit, kind="stable"))


class Writer:
    """A language made ready for writing."""

    def __init__(
        self,
        entries: Entries,
        chain: Chain,
        plan: Plan,
        mask: Mask,
        filling: dict[int, Fill],
        digits: dict[int, Digits],
    ) -> None:
        self._chain, self._plan, self._mask = chain, plan, mask
        self._digits = digits
        self._filling = {slot: (found, np.cumsum(often)) for slot, (found, often) in filling.items()}
        self._sort = entries.sort
        self._foreign = np.flatnonzero(entries.sort == FOREIGN)
        self._end, self._closer = mark_ends(entries.key), closers(entries.key)
        self._wide = np.array([key in "。！？" for key in entries.key], dtype=bool)
        self._dot = entries.key.index(".")
        place = {key: i for i, key in enumerate(entries.key) if entries.sort[i] == MARK}
        self._pairs = [tuple([place[k] for k in keys if k in place] for keys in pair) for pair in _PAIRS]
        self._telling = np.isin(entries.sort, [WORD, SHAPE, FOREIGN])
        self._forms = _forms(entries)
        self._begin = _begins(chain, plan)
        self._typical = max(float(np.mean(plan.total)), 1.0)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` texts, all different."""
        texts: dict[str, None] = {}
        fruitless = 0
        while len(texts) < n:
            before = len(texts)
            more = min(n - before, max(1, int(_TOKENS / self._typical)))
            # What has no word or number is not masked, and would be a real text where one consists of such marks.
            texts |= {t: None for t in self._texts(more, max(0, fruitless - _FRUITLESS), rng) if _WORDED.search(t)}
            fruitless += len(texts) - before < 0.2 * more
        return np.array(list(texts)[:n], dtype=object)

    def _texts(self, n: int, foreign: int, rng: np.random.Generator) -> list[str]:
        """foreign: words from Faker's list that are put into each text."""
        plan = self._plan.draw(n, rng)
        made = self._units(plan, rng)
        for _ in range(foreign):
            self._put(made, plan.text[made.unit], rng)
        return self._write(plan, self._stopped(plan, made), rng)

    def _units(self, plan: Drawn, rng: np.random.Generator) -> _Units:
        """Tokens of all units, none with a sentence that is closed."""
        waiting = np.argsort(plan.wanted, kind="stable")
        parts: list[_Units] = []
        for turn, each in enumerate(_CANDIDATES):
            left = []
            for some in self._batches(waiting, plan.wanted, each):
                made, good = self._candidates(some, each, turn, plan, rng)
                parts.append(made)
                left.append(some[~good])
            waiting = np.concatenate(left) if left else waiting[:0]
            if not len(waiting):
                break
        return _Units.joined(parts)

    def _candidates(
        self, some: Ints, each: int, turn: int, plan: Drawn, rng: np.random.Generator
    ) -> tuple[_Units, NDArray[np.bool_]]:
        """The first that fits of `each` draws of some units, and (units,) whether one did; in the last turn all do."""
        tried = np.repeat(some, each)
        made = self._numbered(self._paired(self._walk(tried, plan, rng)), turn >= _EVEN, rng)
        length = np.bincount(made.unit, minlength=len(tried))
        bad = length == 0
        bad[made.unit[self._closed(made, rng)]] = True
        if turn < _PATIENT:
            bad |= length < _SHORT * plan.wanted[tried]
        if turn == len(_CANDIDATES) - 1:
            self._open(made, bad, rng)
            bad[:] = False
        first = (~bad).reshape(len(some), each).argmax(axis=1) + np.arange(len(some)) * each
        good = ~bad[first]
        chosen = np.zeros(len(tried), dtype=bool)
        chosen[first[good]] = True
        made = made.at(chosen[made.unit])
        made.unit = tried[made.unit]
        return made, good

    def _batches(self, units: Ints, wanted: Ints, each: int) -> list[Ints]:
        parts, at = [], 0
        while at < len(units):
            size = max(1, min(len(units) - at, _CELLS // (each * (2 * int(wanted[units[-1]]) + 20))))
            parts.append(units[at : at + size])
            at += size
        return parts

    def _walk(self, some: Ints, plan: Drawn, rng: np.random.Generator) -> _Units:
        token, length = self._chain.draw(self._begin[plan.begin[some]], plan.wanted[some], rng)
        entry = token // 2
        slots = np.flatnonzero(self._sort[entry] == SLOT)
        slots = slots[np.argsort(entry[slots], kind="stable")]
        for here in np.split(slots, np.flatnonzero(np.diff(entry[slots])) + 1) if len(slots) else []:
            found, upto = self._filling[int(entry[here[0]])]
            entry[here] = found[np.searchsorted(upto, rng.random(len(here)) * upto[-1], side="right")]
        empty = np.full(len(entry), None, dtype=object)
        return _Units(
            np.repeat(np.arange(len(some)), length), entry, token % 2 == 1, np.zeros(len(entry), dtype=np.int64), empty
        )

    def _numbered(self, made: _Units, evenly: bool, rng: np.random.Generator) -> _Units:
        """Digits of numbers, and made addresses."""
        sort = self._sort[made.entry]
        numbers = np.flatnonzero(sort == SHAPE)
        numbers = numbers[np.argsort(made.entry[numbers], kind="stable")]
        for here in np.split(numbers, np.flatnonzero(np.diff(made.entry[numbers])) + 1) if len(numbers) else []:
            digits = self._digits[int(made.entry[here[0]])]
            made.piece[here] = digits.draw(len(here), rng, evenly)
            if digits.short:
                made.value[here] = [int("".join(c for c in w if c.isdecimal())) for w in made.piece[here]]
        keys = self._forms[SMALL][1]
        for kind, form in ((MAIL, "{}.{}@example.com"), (LINK, "https://example.com/{}/{}")):
            here = np.flatnonzero(sort == kind)
            words = keys[self._foreign[rng.integers(len(self._foreign), size=(len(here), 2))]]
            made.piece[here] = [form.format(*pair) for pair in words.tolist()]
        return made

    def _closed(self, made: _Units, rng: np.random.Generator | None = None) -> NDArray[np.bool_]:
        """(tokens,) whether the token's sentence may not come out.

        With `rng` sentences that no real text can have are closed as often as the others: else they would crowd these.
        """
        if not len(made.unit):
            return np.empty(0, dtype=bool)
        numbers, sentence = sentences(made.entry, made.value, self._telling[made.entry], self._ends(made))
        telling = np.bincount(sentence, weights=self._telling[made.entry]) > 0
        new = np.bincount(sentence, weights=self._new(made)) > 0
        stopped = self._mask.stops(numbers) & telling
        stopped[new] = False if rng is None else rng.random(int(new.sum())) < CLOSED
        return np.asarray(stopped[sentence])

    def _new(self, made: _Units) -> NDArray[np.bool_]:
        """Tokens that no real text has: foreign words, long numbers, addresses."""
        long = np.zeros(len(self._sort), dtype=bool)
        long[[entry for entry, digits in self._digits.items() if not digits.short]] = True
        sort = self._sort[made.entry]
        return np.asarray(np.isin(sort, [FOREIGN, MAIL, LINK]) | long[made.entry])

    def _ends(self, made: _Units) -> NDArray[np.bool_]:
        """Ends of sentences, as `Units.fine` has them."""
        last = np.append(made.unit[1:] != made.unit[:-1], True)
        ended = ends(self._end[made.entry], self._closer[made.entry], ~made.spaced)
        return np.asarray(last | (ended & np.append(made.spaced[1:], True)) | self._wide[made.entry])

    def _open(self, made: _Units, bad: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """Put a foreign word in place of one of each closed sentence."""
        closed = self._closed(made) & bad[made.unit]
        sentence = np.concatenate([[0], np.cumsum(self._ends(made))[:-1]]) if len(made.unit) else made.unit
        word = self._telling[made.entry] & (self._sort[made.entry] != SHAPE)
        wordless = np.bincount(sentence, weights=word) == 0
        self._replace(
            made, np.flatnonzero(closed & (word | wordless[sentence] & self._telling[made.entry])), sentence, rng
        )

    def _put(self, made: _Units, text: Ints, rng: np.random.Generator) -> None:
        self._replace(made, np.flatnonzero(self._telling[made.entry] & (self._sort[made.entry] != SHAPE)), text, rng)

    def _replace(self, made: _Units, among: Ints, group: Ints, rng: np.random.Generator) -> None:
        """One token of each group becomes a foreign word."""
        shuffled = rng.permutation(among)
        picked = shuffled[np.unique(group[shuffled], return_index=True)[1]]
        made.entry[picked] = self._foreign[rng.integers(len(self._foreign), size=len(picked))]
        made.value[picked], made.piece[picked] = 0, None

    def _stopped(self, plan: Drawn, made: _Units) -> _Units:
        """A dot behind units that need one: without it, two would read as one sentence."""
        last = np.flatnonzero(np.append(made.unit[1:] != made.unit[:-1], True))
        ended = ends(self._end[made.entry], self._closer[made.entry], ~made.spaced)
        unit = made.unit[last]
        follows = np.append(plan.gap[1:] > 0, False)[unit]
        broken = np.array([any(c in "\n\r" for c in gap) for gap in self._plan.gaps], dtype=bool)
        needs = unit[follows & ~broken[np.append(plan.gap[1:], 0)[unit]] & ~ended[last]]
        dots = np.full(len(needs), self._dot)
        flags = np.zeros(len(needs), dtype=bool)
        return _Units.joined(
            [made, _Units(needs, dots, flags, np.zeros_like(needs), np.full(len(needs), None, dtype=object))]
        )

    def _paired(self, made: _Units) -> _Units:
        """Without brackets and quotes that stand alone in their unit."""
        drop = np.zeros(len(made.unit), dtype=bool)
        units = int(made.unit.max(initial=-1)) + 1
        for opening, closing in self._pairs:
            here = np.flatnonzero(np.isin(made.entry, opening + closing))
            unit = made.unit[here]
            if closing:
                signs = np.where(np.isin(made.entry[here], opening), 1, -1)
                odd = np.bincount(unit, weights=signs, minlength=units) != 0
            else:
                odd = np.bincount(unit, minlength=units) % 2 == 1
            drop[here] = odd[unit]
        blanks = np.cumsum(drop & made.spaced)[~drop]
        gone = np.cumsum(drop)[~drop]
        kept = made.at(~drop)
        between = (np.diff(gone, prepend=0) > 0) & (self._sort[kept.entry] != MARK)  # two words would run together
        kept.spaced |= (np.diff(blanks, prepend=0) > 0) | between
        return kept

    def _write(self, plan: Drawn, made: _Units, rng: np.random.Generator) -> list[str]:
        first = np.append(True, made.unit[1:] != made.unit[:-1])[: len(made.unit)]
        text = plan.text[made.unit]
        style = plan.style[text]
        written = np.empty(len(made.unit), dtype=object)
        for s, (spaced, bare) in self._forms.items():
            here = style == s
            written[here] = np.where(made.spaced[here], spaced[made.entry[here]], bare[made.entry[here]])
        own = np.flatnonzero(np.array([p is not None for p in made.piece], dtype=bool))
        written[own] = np.where(made.spaced[own], " ", "").astype(object) + made.piece[own]
        heads = np.flatnonzero(first)
        capital = (style[heads] != SMALL) & ((style[heads] != SENTENCE) | (rng.random(len(heads)) < self._plan.capital))
        gaps = np.array(self._plan.gaps, dtype=object)[plan.gap[made.unit[heads]]]
        words = [w.lstrip() for w in written[heads].tolist()]
        capital &= made.piece[heads] == None  # noqa: E711  elementwise
        begun = [w[:1].upper() + w[1:] if c else w for w, c in zip(words, capital.tolist(), strict=True)]
        written[heads] = gaps + np.array(begun, dtype=object)
        bounds = np.searchsorted(text, np.arange(len(plan.style) + 1)).tolist()
        pieces = written.tolist()
        return ["".join(pieces[a:b]).lstrip() for a, b in pairwise(bounds)]


def _begins(chain: Chain, plan: Plan) -> Ints:
    """For each way to begin a unit the one that is taken: another of its kind where real texts do not know it."""
    begins = np.arange(plan.begins_many)
    known = np.array([b for b in begins.tolist() if chain.begins(b)], dtype=np.int64)
    away = np.abs(known[None, :] - begins[:, None]) + np.where(
        known[None, :] // PLACES == begins[:, None] // PLACES, 0, len(begins)
    )
    return np.asarray(known[away.argmin(axis=1)])


def _forms(entries: Entries) -> dict[int, tuple[NDArray[Any], NDArray[Any]]]:
    """For each style of text all entries as written, behind a blank and without one."""
    words = np.isin(entries.sort, [WORD, FOREIGN, SLOT])
    made = {}
    for style in (SENTENCE, TITLE, UPPERED, SMALL):
        bare = np.array(entries.title if style == TITLE else entries.written, dtype=object)
        if style in (UPPERED, SMALL):
            bare = np.array(
                [
                    (w.upper() if style == UPPERED else w.lower()) if is_word else w
                    for w, is_word in zip(entries.written, words, strict=True)
                ],
                dtype=object,
            )
        made[style] = (np.array([f" {w}" for w in bare], dtype=object), bare)
    return made
