"""Which word follows which: a chain of pairs and triples that enough texts share, above classes of words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.fakers.language.classes import classes
from engine.fakers.language.counting import Ints, place, shared

_MUTE = -1  # a step that only changes the state
_RETRIES = 3  # times that a token is drawn anew for an end that is too early or too late
_EARLY, _DUE, _LATE = 0.85, 0.95, 1.2  # of the wanted tokens
_DEEPEST = 8  # steps without a word, one after the other
_MORE = 12  # tokens beyond twice the wanted ones that no unit gets


@dataclass(frozen=True)
class Chain:
    """States with weighted steps; a step writes a token or none, and leads to the next state.

    States: each token (what was written last), pairs of tokens of which enough triples are shared, classes.
    first: (states + 1,) first step of each state; token, state, weight: of each step. tokens: how many there are;
    the last is the end. Starts are states like tokens: the numbers from `tokens` on.
    """

    tokens: int
    first: Ints
    token: Ints
    state: Ints
    weight: Ints

    @classmethod
    def of(cls, units: list[Ints] | Ints, bounds: Ints, begin: Ints, text: Ints, kind: Ints, begins: int) -> Self:
        """From units of tokens, one after the other; bounds: first token of each and the end.

        begin: way in which each unit begins; text: of each unit; kind: of each token (see `classes`).
        """
        tokens = len(kind) + 1
        sequence, where = _framed(np.asarray(units), bounds, begin + tokens, tokens - 1)
        text = text[where]
        nodes = tokens + begins
        inner = sequence[:-1] != tokens - 1
        before, after, text = sequence[:-1][inner], sequence[1:][inner], text[:-1][inner]
        kinds = np.concatenate([kind, [kind.max(initial=0) + 1], np.full(begins, kind.max(initial=0) + 2)])
        of_class = classes(before, after, kinds)
        steps = _Steps()
        pairs, often = shared(before * nodes + after, text)
        pair = place(before * nodes + after, pairs)
        contexts = _triples(steps, sequence, inner, pair, pairs, text, nodes)
        _pairs(steps, pairs, often, contexts, nodes)
        rest = pair < 0
        _classes(steps, before[rest], after[rest], text[rest], of_class, kinds, nodes + len(contexts))
        return cls(tokens, *steps.table(nodes + len(contexts) + 2 * int(of_class.max() + 1) + int(kinds.max() + 1)))

    def draw(self, begin: Ints, wanted: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """Units of about `wanted` tokens each: their tokens one after the other, and how many each has."""
        table = self._table
        room = int(2 * wanted.max(initial=1) + _MORE)
        written = np.full((len(begin), room), _MUTE, dtype=np.int32)
        length = np.zeros(len(begin), dtype=np.int64)
        state, retries = begin + self.tokens, np.zeros(len(begin), dtype=np.int64)
        active = np.arange(len(begin))
        while len(active):
            token, following = table.step(state[active], rng)
            ended = token == self.tokens - 1
            shut = ended | table.closes[following]
            early = shut & (length[active] + 1 < _EARLY * wanted[active])
            late = ~shut & table.may_close[state[active]] & (length[active] + 1 > _DUE * wanted[active])
            again = (early & (retries[active] < _RETRIES)) | (late & (retries[active] < 2 * _RETRIES))
            retries[active[again]] += 1
            goes = ~ended & ~again
            going = active[goes]
            written[going, length[going]] = token[goes]
            length[going] += 1
            state[going], retries[going] = following[goes], 0
            over = length[going] >= 2 * wanted[going] + _MORE
            over |= (length[going] >= _LATE * wanted[going] + 2) & table.ends[following[goes]]
            active = np.sort(np.concatenate([going[~over], active[again]]))
        return written[written != _MUTE].astype(np.int64), length

    @cached_property
    def _table(self) -> _Table:
        return _Table(self)

    def state_of(self) -> dict[str, Any]:
        return {
            "tokens": self.tokens,
            "steps": np.diff(self.first).tolist(),
            "token": self.token.tolist(),
            "state": self.state.tolist(),
            "weight": self.weight.tolist(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Raises ValueError when steps lead nowhere."""
        steps, token, target, weight = (np.asarray(state[part], dtype=np.int64) for part in _PARTS)
        first = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
        tokens = int(state["tokens"])
        sound = len(token) == len(target) == len(weight) == first[-1] and (steps >= 0).all() and (weight > 0).all()
        if not sound or tokens < 1 or not _within(token, -1, tokens) or not _within(target, 0, len(steps)):
            raise ValueError("steps of a chain of words that lead nowhere")
        made = cls(tokens, first, token, target, weight)
        if not made.live():
            raise ValueError("a chain of words that stops or never writes")
        return made

    def live(self) -> bool:
        """Whether every state that is met has a step, and no walk through states goes on without a word."""
        steps = np.diff(self.first)
        source = np.repeat(np.arange(len(steps)), steps)
        mute = self.token == _MUTE
        met = np.unique(self.state[self.token != self.tokens - 1])
        speechless = np.unique(source[mute])
        waiting = speechless
        for _ in range(_DEEPEST):
            waiting = np.intersect1d(self.state[mute & np.isin(source, waiting)], speechless)
        return bool((steps[met] > 0).all()) and not len(waiting)

    def begins(self, begin: int) -> bool:
        """Whether units ever began in this way."""
        at = self.tokens + begin
        return at + 1 < len(self.first) and bool(self.first[at + 1] > self.first[at])


_PARTS = ("steps", "token", "state", "weight")


def _within(values: Ints, low: int, end: int) -> bool:
    return not len(values) or bool(values.min() >= low and values.max() < end)


class _Table:
    """The chain made ready for many steps at once."""

    def __init__(self, chain: Chain) -> None:
        self._token, self._state = chain.token, chain.state
        total = np.concatenate([[0], np.cumsum(chain.weight)]).astype(np.int64)
        self._upto = total[1:]
        self._low = total[chain.first[:-1]]
        self._size = total[chain.first[1:]] - self._low
        closing = np.zeros(len(self._low), dtype=np.int64)
        source = np.repeat(np.arange(len(self._low)), np.diff(chain.first))
        np.add.at(closing, source[chain.token == chain.tokens - 1], chain.weight[chain.token == chain.tokens - 1])
        self.ends: NDArray[np.bool_] = closing > 0
        self.closes: NDArray[np.bool_] = 2 * closing > self._size  # states behind which a unit mostly ends
        shuts = (chain.token == chain.tokens - 1) | self.closes[chain.state]
        may = np.zeros(len(self._low), dtype=bool)
        may[source[shuts & (chain.token != _MUTE)]] = True
        may[source[may[chain.state] & (chain.token == _MUTE)]] = True
        self.may_close: NDArray[np.bool_] = may

    def step(self, state: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
        """The next token of each, and the state behind it."""
        token, state = np.full(len(state), _MUTE, dtype=np.int64), state.copy()
        waiting = np.arange(len(state))
        while len(waiting):
            at = state[waiting]
            drawn = self._low[at] + (rng.random(len(at)) * self._size[at]).astype(np.int64)
            step = np.searchsorted(self._upto, drawn, side="right")
            state[waiting], token[waiting] = self._state[step], self._token[step]
            waiting = waiting[token[waiting] == _MUTE]
        return token, state


class _Steps:
    """Steps as they are found, and the table they make."""

    def __init__(self) -> None:
        self._parts: list[tuple[Ints, Ints, Ints, Ints]] = []

    def add(self, source: Ints, token: Ints | int, target: Ints, weight: Ints) -> None:
        shape = np.zeros(len(source), dtype=np.int64)
        good = weight > 0
        self._parts.append(((source + shape)[good], (token + shape)[good], (target + shape)[good], weight[good]))

    def table(self, states: int) -> tuple[Ints, Ints, Ints, Ints]:
        source, token, target, weight = (np.concatenate(part) for part in zip(*self._parts, strict=True))
        order = np.argsort(source, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=states))])
        return first.astype(np.int64), token[order], target[order], weight[order]


def _framed(units: Ints, bounds: Ints, begin: Ints, end: int) -> tuple[Ints, Ints]:
    """All units with their start before and the end behind, and the unit of each of these tokens."""
    lengths = np.diff(bounds) + 2
    last = np.cumsum(lengths) - 1
    where = np.repeat(np.arange(len(lengths)), lengths)
    sequence = np.empty(len(where), dtype=np.int64)
    inner = np.ones(len(where), dtype=bool)
    inner[last] = inner[last - lengths + 1] = False
    sequence[inner], sequence[last], sequence[last - lengths + 1] = units, end, begin
    return sequence, where


def _triples(
    steps: _Steps, sequence: Ints, inner: NDArray[np.bool_], pair: Ints, pairs: Ints, text: Ints, nodes: int
) -> Ints:
    """Steps behind pairs, of triples that enough texts share. Returns the pairs that have some."""
    places = np.flatnonzero(inner)
    chained = np.append(places[1:] == places[:-1] + 1, False) if len(places) else np.empty(0, dtype=bool)
    chained = chained[:-1] & (pair[:-1] >= 0) & (pair[1:] >= 0)
    head, tail = pair[:-1][chained], pair[1:][chained]
    triples, often = shared(head * max(len(pairs), 1) + tail, text[:-1][chained])
    head, tail = triples // max(len(pairs), 1), triples % max(len(pairs), 1)
    contexts = np.unique(head)
    source = nodes + place(head, contexts)
    reached = place(tail, contexts)
    word = pairs[tail] % nodes
    steps.add(source, word, np.where(reached >= 0, nodes + reached, word), often)
    all_of = np.bincount(pair[pair >= 0], minlength=len(pairs))[contexts]
    kept = np.bincount(source - nodes, weights=often, minlength=len(contexts)).astype(np.int64)
    steps.add(nodes + np.arange(len(contexts)), _MUTE, pairs[contexts] % nodes, all_of - kept)
    return contexts


def _pairs(steps: _Steps, pairs: Ints, often: Ints, contexts: Ints, nodes: int) -> None:
    word = pairs % nodes
    reached = place(np.arange(len(pairs)), contexts)
    steps.add(pairs // nodes, word, np.where(reached >= 0, nodes + reached, word), often)


def _classes(steps: _Steps, before: Ints, after: Ints, text: Ints, of_class: Ints, kinds: Ints, base: int) -> None:
    """Steps of what no shared pair tells: from a word to a class, else from its class or at last its kind."""
    many = int(of_class.max(initial=0)) + 1
    jump, emit, broad = base, base + many, base + 2 * many
    kind = np.zeros(many, dtype=np.int64)
    kind[of_class] = kinds
    aim = of_class[after]
    keys, often = shared(before * many + aim, text)
    steps.add(keys // many, _MUTE, emit + keys % many, often)
    rest = place(before * many + aim, keys) < 0
    words = np.bincount(before[rest], minlength=len(of_class))
    steps.add(np.arange(len(of_class)), _MUTE, jump + of_class, words)
    keys, often = shared(of_class[before[rest]] * many + aim[rest], text[rest])
    steps.add(jump + keys // many, _MUTE, emit + keys % many, often)
    rarest = place(of_class[before[rest]] * many + aim[rest], keys) < 0
    left = np.bincount(of_class[before[rest]][rarest], minlength=many)
    steps.add(jump + np.arange(many), _MUTE, broad + kind, left)
    keys, often = np.unique(kinds[before] * many + aim, return_counts=True)
    steps.add(broad + keys // many, _MUTE, emit + keys % many, often)
    words = np.bincount(after, minlength=len(of_class))
    steps.add(emit + of_class, np.arange(len(of_class)), np.arange(len(of_class)), words)
