"""Free text: words from Faker's lists, in texts of the observed lengths, none of them a real one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.fakers import pools

_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]?$")
_STEPS = 21  # points of the length distribution that are kept: every 5%
_ROWS = 20_000  # texts that lengths and punctuation are taken from
_MANY_WORDS = 1_500
_LONGEST = 20_000  # characters of a made text
_SENTENCE = 9  # words
_LATIN = "la"


@dataclass(frozen=True)
class Prose:
    """Every sentence of a made text has at least one word that no real text has, so it is none of theirs.

    words: of Faker's list, whatever the real texts say; foreign: those among them, and Latin ones, in no real text.
    lengths: characters, at equal steps of share from the shortest to the longest real text.
    """

    words: tuple[str, ...]
    foreign: tuple[str, ...]
    lengths: tuple[float, ...]
    sentences: bool
    capital: bool

    @classmethod
    def of(cls, values: pd.Series, locale: str | None) -> Self:
        real: set[str] = set()
        for text in values:
            real.update(_WORD.findall(text.casefold()))
        words = tuple(dict.fromkeys(word.casefold() for word in pools.words(locale, "word", _MANY_WORDS)))
        latin = pools.words(_LATIN, "word", _MANY_WORDS)
        foreign = pools.without([w for w in dict.fromkeys([*words, *latin]) if _WORD.fullmatch(w)], real)
        some = values.iloc[:: max(1, len(values) // _ROWS)]
        lengths = some.str.len().to_numpy(dtype=float) if len(some) else np.array([40.0])
        steps = np.quantile(lengths, np.linspace(0, 1, _STEPS)).clip(1, _LONGEST)
        sentences = len(some) > 0 and np.mean([bool(_SENTENCE_END.search(text.strip())) for text in some]) > 0.5
        capital = len(some) > 0 and np.mean([text[:1].isupper() for text in some]) > 0.5
        return cls(words, tuple(foreign), tuple(np.round(steps).tolist()), bool(sentences), bool(capital))

    def draw(self, n: int, rng: np.random.Generator) -> NDArray[Any]:
        """`n` texts, all different."""
        texts: dict[str, None] = {}
        stretch = 0  # texts get longer when there are more to make than short ones
        while len(texts) < n:
            before = len(texts)
            more = n - before
            wanted = np.interp(rng.random(more), np.linspace(0, 1, len(self.lengths)), self.lengths) + stretch
            texts |= dict.fromkeys(self._texts(wanted, rng))
            stretch += 0 if len(texts) - before > more / 2 else 8
        return np.array(list(texts)[:n], dtype=object)

    def _texts(self, wanted: NDArray[np.float64], rng: np.random.Generator) -> list[str]:
        """One text of about each length."""
        typical = float(np.mean([len(word) for word in self.words])) + 1
        counts = np.maximum(1, np.round(wanted / typical)).astype(np.int64)
        drawn = rng.integers(len(self.words), size=int(counts.sum())).tolist()
        other = rng.integers(len(self.foreign), size=len(drawn)).tolist()
        place = rng.integers(_SENTENCE, size=len(drawn)).tolist()
        texts, start = [], 0
        for count in counts.tolist():
            sentences = []
            for at in range(start, start + count, _SENTENCE):
                end = min(at + _SENTENCE, start + count)
                words = [self.words[i] for i in drawn[at:end]]
                words[place[at] % (end - at)] = self.foreign[other[at]]
                sentences.append(" ".join(words))
            texts.append(self._text(sentences))
            start += count
        return texts

    def _text(self, sentences: list[str]) -> str:
        if self.sentences:
            return " ".join(f"{part[:1].upper()}{part[1:]}." for part in sentences)
        text = " ".join(sentences)
        return text[:1].upper() + text[1:] if self.capital else text

    def state(self) -> dict[str, Any]:
        return {
            "words": list(self.words),
            "foreign": list(self.foreign),
            "lengths": list(self.lengths),
            "sentences": self.sentences,
            "capital": self.capital,
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        words, foreign = (tuple(str(word) for word in state[part]) for part in ("words", "foreign"))
        lengths = tuple(float(length) for length in state["lengths"])
        if not words or not foreign or not lengths or not all(0 < length <= _LONGEST for length in lengths):
            raise ValueError("words or lengths of a made-up text are absent")
        return cls(words, foreign, lengths, bool(state["sentences"]), bool(state["capital"]))
