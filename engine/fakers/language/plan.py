"""How long texts are, in how many sentences and lines, what stands between them, and how they are capitalised."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.counting import Ints, counted, shared

PLACES = 24  # ways in which a unit begins: behind (the text's start, blank, break) x before (blank, other) x length
_HEADS, _OFTEN = 40, 20  # first words of units whose order is kept, at most; texts that each of them needs
_STEPS, _FINE_STEPS = 21, 101  # points of a distribution that are kept: every 5%, every 1%
_BANDS, _LENGTHS = 10, 4  # of texts by length, each with its own number of sentences; of units by length
_LONGEST = 10_000  # tokens of a text
_STYLES = 4

Shares = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """text, gap, begin, wanted: of each unit; gap: number into `Plan.gaps`, 0 at a text's start. style: of texts."""

    text: Ints
    gap: Ints
    begin: Ints
    wanted: Ints
    style: Ints


@dataclass(frozen=True)
class Plan:
    """total: tokens of texts; units: how many, by band of length; ratio: a unit's length to its text's mean.

    gaps: blanks between units, the first stands for the text's start; heads: how many first words of units are told
    apart, of which the number 0 stands for all others. A node is a gap and a head; following: (nodes, node, times) how
    often one comes after another inside a text, and (closing) as its last unit; node 0 is the text's start.
    edges: of units' bands of length; styles: shares; capital: of sentences that begin with one.
    """

    total: tuple[int, ...]
    units: tuple[tuple[int, ...], ...]
    ratio: tuple[float, ...]
    edges: tuple[int, ...]
    gaps: tuple[str, ...]
    heads: int
    following: tuple[tuple[int, int, int], ...]
    closing: tuple[tuple[int, int, int], ...]
    styles: tuple[float, ...]
    capital: float

    @classmethod
    def of(cls, text: Ints, length: Ints, gap: list[str], head: Ints, style: Ints, capital: float) -> tuple[Self, Ints]:
        """From all units: text, tokens, blanks before, first token. Also the way in which each of them begins."""
        texts, where, many = np.unique(text, return_inverse=True, return_counts=True)
        totals = np.bincount(where, weights=length)
        steps = _quantiles(totals, _FINE_STEPS)
        band = _band(totals, steps)
        units = tuple(_quantiles(many[band == b] if (band == b).any() else many, _STEPS) for b in range(_BANDS))
        several = many[where] > 1
        ratio = length[several] / (totals / many)[where][several]
        first, last = np.append(True, text[1:] != text[:-1]), np.append(text[1:] != text[:-1], True)
        gaps, number = _gaps(gap, first, text)
        heads, kind = _heads(head, text)
        node = 1 + number * heads + kind
        before = np.where(first, 0, np.append(0, node[:-1]))
        shares = np.bincount(style[texts], minlength=_STYLES) / len(texts)
        made = cls(
            steps,
            units,
            tuple(np.quantile(ratio, np.linspace(0, 1, _STEPS)).round(3).tolist()) if len(ratio) else (1.0,),
            tuple(int(e) for e in np.quantile(length, np.arange(1, _LENGTHS) / _LENGTHS)),
            gaps,
            heads,
            _triples(before[~last], node[~last]),
            _triples(before[last], node[last]),
            tuple(shares.tolist()),
            capital,
        )
        return made, made.begins(node, first, length)

    @property
    def begins_many(self) -> int:
        return PLACES * self.heads

    @property
    def _nodes(self) -> int:
        return 1 + len(self.gaps) * self.heads

    def begins(self, node: Ints, first: NDArray[np.bool_], length: Ints) -> Ints:
        """(units,) way in which each begins, below `begins_many`; of those with a head only its length tells more."""
        gap, kind = (node - 1) // self.heads, (node - 1) % self.heads
        broken = np.array([any(c in "\n\r" for c in g) for g in self.gaps], dtype=bool)[gap]
        behind = np.where(first, 0, np.where(broken, 2, 1))
        before = ~np.append(first[1:] | broken[1:], True)
        place = np.where(kind == 0, behind * 2 + before, 0)
        band = np.searchsorted(np.asarray(self.edges), length, side="left")
        return np.asarray(kind * PLACES + place * _LENGTHS + band, dtype=np.int64)

    def draw(self, n: int, rng: np.random.Generator) -> Drawn:
        """The plan of `n` texts."""
        at = np.linspace(0, 1, len(self.total))
        total = np.interp(rng.random(n), at, self.total)
        band, chance = _band(total, self.total), rng.random(n)
        many = np.ones(n, dtype=np.int64)
        for b, steps in enumerate(self.units):
            many[band == b] = np.interp(chance[band == b], np.linspace(0, 1, len(steps)), steps).round()
        many = np.minimum(many, np.maximum(total.round(), 1)).astype(np.int64)
        text = np.repeat(np.arange(n), many)
        ratio = np.interp(rng.random(len(text)), np.linspace(0, 1, len(self.ratio)), self.ratio).clip(1e-3)
        wanted = ratio * (total / np.bincount(text, weights=ratio, minlength=n))[text]
        first = np.append(True, text[1:] != text[:-1])[: len(text)]
        node = self._draw_nodes(many, rng)
        length = np.maximum(wanted.round(), 1).astype(np.int64)
        shares = np.asarray(self.styles)
        style = rng.choice(len(shares), size=n, p=shares / shares.sum())
        gap = np.where(first, 0, (node - 1) // self.heads)
        begin = self.begins(node, first, length) if n else node
        return Drawn(text, gap.astype(np.int64), begin, length, style.astype(np.int64))

    def _draw_nodes(self, many: Ints, rng: np.random.Generator) -> Ints:
        """(units,) gap and head of each, one after the other in all texts at once."""
        inside, closing = _Steps(self.following, self._nodes), _Steps(self.closing, self._nodes)
        node = np.zeros(int(many.sum()), dtype=np.int64)
        start = np.cumsum(many) - many
        before = np.zeros(len(many), dtype=np.int64)
        for place in range(int(many.max(initial=0))):
            here = np.flatnonzero(many > place)
            last = many[here] == place + 1
            drawn = np.where(last, closing.draw(before[here], place, rng), inside.draw(before[here], place, rng))
            node[start[here] + place] = before[here] = drawn
        return node

    def state(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when the figures cannot be lengths and shares."""
        made = cls(
            tuple(int(v) for v in state["total"]),
            tuple(tuple(int(v) for v in part) for part in state["units"]),
            tuple(float(v) for v in state["ratio"]),
            tuple(int(v) for v in state["edges"]),
            tuple(str(v) for v in state["gaps"]),
            int(state["heads"]),
            _read(state["following"]),
            _read(state["closing"]),
            tuple(float(v) for v in state["styles"]),
            float(state["capital"]),
        )
        counts = [*made.total, *made.edges, *[v for part in made.units for v in part]]
        shares = len(made.styles) == _STYLES and min(made.styles) >= 0 and sum(made.styles) > 0
        full = made.total and made.ratio and len(made.units) == _BANDS and all(made.units) and made.gaps
        steps = (*made.following, *made.closing)
        sound = all(0 <= a < made._nodes and 0 < b < made._nodes and n > 0 for a, b, n in steps) and made.closing
        if not (sound and shares and full and 0 < made.heads <= _HEADS + 1) or len(made.edges) != _LENGTHS - 1:
            raise ValueError("the plan of a made-up text is not whole")
        if min(counts) < 0 or max(counts) > _LONGEST or min(made.ratio) < 0 or any(g.strip() for g in made.gaps):
            raise ValueError("the plan of a made-up text has lengths out of range")
        return made


class _Steps:
    """Draws of the next gap and head."""

    def __init__(self, triples: tuple[tuple[int, int, int], ...], nodes: int) -> None:
        table = np.array(sorted(triples), dtype=np.int64).reshape(-1, 3)
        self._start = _Choice(table[table[:, 0] == 0], nodes)
        later = table[table[:, 0] > 0]
        self._later = _Choice(later, nodes)
        self._any = _Choice(np.column_stack([np.zeros(len(later), dtype=np.int64), later[:, 1:]]), nodes)

    def draw(self, before: Ints, place: int, rng: np.random.Generator) -> Ints:
        """Where a step was never seen, any that was, in the same place of a text if possible."""
        chance = rng.random(len(before))
        if place == 0:
            return self._start.take(before, chance, self._any)
        return self._later.take(before, chance, self._any if len(self._any.to) else self._start)


class _Choice:
    def __init__(self, table: Ints, nodes: int) -> None:
        self.to, total = table[:, 1], np.cumsum(table[:, 2])
        self._upto = total
        bounds = np.searchsorted(table[:, 0], np.arange(nodes + 1))
        edges = np.append(0, total)[bounds]
        self._low, self._size = edges[:-1], np.diff(edges)

    def take(self, before: Ints, chance: NDArray[np.float64], other: _Choice) -> Ints:
        known = self._size[before] > 0
        made = np.ones(len(before), dtype=np.int64)
        drawn = self._low[before[known]] + (chance[known] * self._size[before[known]]).astype(np.int64)
        made[known] = self.to[np.searchsorted(self._upto, drawn, side="right")]
        if not known.all() and len(other.to):
            drawn = (chance[~known] * other._upto[-1]).astype(np.int64)
            made[~known] = other.to[np.searchsorted(other._upto, drawn, side="right")]
        return made


def _quantiles(values: NDArray[Any], steps: int) -> tuple[int, ...]:
    return tuple(int(v) for v in np.quantile(values, np.linspace(0, 1, steps)).round().clip(1, _LONGEST))


def _band(total: NDArray[Any], steps: tuple[int, ...]) -> Ints:
    edges = np.interp(np.arange(1, _BANDS) / _BANDS, np.linspace(0, 1, len(steps)), steps)
    return np.searchsorted(edges, total, side="left").astype(np.int64)


def _gaps(gap: list[str], first: NDArray[np.bool_], text: Ints) -> tuple[tuple[str, ...], Ints]:
    """Blanks that enough texts have, others as a blank or a line break; the text's start is number 0."""
    names, number = np.unique(np.array(gap, dtype=object), return_inverse=True)
    kept = {names[i] for i in shared(number[~first].astype(np.int64), text[~first])[0].tolist()}
    written = [g if g in kept else "\n" if any(c in "\n\r" for c in g) else " " if g else "" for g in names]
    gaps = dict.fromkeys(written[i] for i in np.unique(number[~first]).tolist())
    place = {g: i + 1 for i, g in enumerate(gaps)}
    of = np.array([place.get(g, 0) for g in written], dtype=np.int64)[number]
    return ("", *gaps), np.where(first, 0, of).astype(np.int64)


def _heads(head: Ints, text: Ints) -> tuple[int, Ints]:
    """How many first tokens of units are told apart, and (units,) the number of each, 0 for all the others."""
    found, often, texts = counted(head, text)
    frequent = np.flatnonzero(texts >= _OFTEN)
    frequent = frequent[np.argsort(-often[frequent], kind="stable")[:_HEADS]]
    number = np.zeros(int(head.max(initial=0)) + 1, dtype=np.int64)
    number[found[frequent]] = np.arange(1, len(frequent) + 1)
    return len(frequent) + 1, number[head]


def _read(triples: list[list[int]]) -> tuple[tuple[int, int, int], ...]:
    return tuple((int(a), int(b), int(n)) for a, b, n in triples)


def _triples(before: Ints, node: Ints) -> tuple[tuple[int, int, int], ...]:
    pairs, times = np.unique(np.column_stack([before, node]), axis=0, return_counts=True)
    return tuple((int(a), int(b), int(n)) for (a, b), n in zip(pairs.tolist(), times.tolist(), strict=True))
