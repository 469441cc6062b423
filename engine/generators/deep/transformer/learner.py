"""What the training loop trains: the network, its rows and orders, AdamW, and an average of its weights over time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.generators.deep.torchtools import put_weights, to_torch, weights_of
from engine.generators.deep.training import Pace, Weights
from engine.generators.deep.transformer.network import Network

Ints = NDArray[np.int64]

_DECAY = 0.1  # of weights of two and more dimensions, by AdamW
_BETAS = (0.9, 0.98)
_CLIP = 1.0  # length of the gradient, at most
_AVERAGE = 0.99  # what the averaged weights keep at each step
_PLACES = 40_000  # rows times columns that are judged at once


class Learner:
    """rows, held: (rows, columns) leaves to learn from and to judge by; free: share of rows in an order of their own.

    The weights that are judged and handed out are a running average (Polyak and Juditsky 1992) of those that learn.
    """

    def __init__(
        self,
        network: Network,
        rows: Ints,
        held: Ints,
        *,
        batch: int,
        free: float,
        rng: np.random.Generator,
        where: torch.device,
    ) -> None:
        self.network, self.batch, self.free, self.rng, self.where = network, batch, free, rng, where
        self.rows, self.held = rows, held
        self.held_orders = orders(len(held), rows.shape[1], free, rng)
        plain = [p for p in network.parameters() if p.ndim < 2]
        decayed = [p for p in network.parameters() if p.ndim >= 2]
        groups = [{"params": decayed, "weight_decay": _DECAY}, {"params": plain, "weight_decay": 0.0}]
        self.optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=_BETAS)
        self._parameters = list(network.parameters())
        self._average = [p.detach().clone() for p in self._parameters]
        self._steps = 0

    def epoch(self, pace: Pace) -> Mapping[str, float]:
        self.network.train()
        order = self.rng.permutation(len(self.rows))
        starts = range(0, len(order), self.batch)
        total, seen = 0.0, 0
        for rate, at in zip(pace.rates(len(starts)), starts, strict=False):
            leaves = self.rows[order[at : at + self.batch]]
            chosen = orders(len(leaves), leaves.shape[1], self.free, self.rng)
            total += self._step(leaves, chosen, rate) * len(leaves)
            seen += len(leaves)
        return {"loss": total / seen} if seen else {}

    def _step(self, leaves: Ints, chosen: Ints, rate: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss = self._losses(leaves, chosen).sum(dim=1).mean()
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._parameters, _CLIP)
        self.optimiser.step()
        self._steps += 1
        kept = min(_AVERAGE, self._steps / (self._steps + 10))
        torch._foreach_lerp_(self._average, [p.detach() for p in self._parameters], 1 - kept)
        return float(loss.detach())

    def _losses(self, leaves: Ints, chosen: Ints) -> Tensor:
        found: Tensor = self.network.losses(to_torch(leaves, self.where), to_torch(chosen, self.where))
        return found

    def validate(self) -> float:
        """Nats of a held-out row, in the orders that were drawn for it at the start."""
        step = max(_PLACES // self.rows.shape[1], 1)
        total = 0.0
        with self._averaged(), torch.no_grad():
            for at in range(0, len(self.held), step):
                part = slice(at, at + step)
                total += float(self._losses(self.held[part], self.held_orders[part]).sum())
        return total / max(len(self.held), 1)

    def snapshot(self) -> Weights:
        with self._averaged():
            return weights_of(self.network)

    def restore(self, weights: Weights) -> None:
        put_weights(self.network, weights)

    def _averaged(self) -> _Swapped:
        self.network.eval()
        return _Swapped(self._parameters, self._average)


class _Swapped:
    """Inside, parameters have the values of the averages."""

    def __init__(self, parameters: list[torch.nn.Parameter], averages: list[Tensor]) -> None:
        self._pairs = list(zip(parameters, averages, strict=True))
        self._own: list[Tensor] = []

    def __enter__(self) -> None:
        self._own = [parameter.data for parameter, _ in self._pairs]
        for parameter, average in self._pairs:
            parameter.data = average

    def __exit__(self, *_: object) -> None:
        for (parameter, _averaged), own in zip(self._pairs, self._own, strict=True):
            parameter.data = own


def orders(rows: int, columns: int, free: float, rng: np.random.Generator) -> Ints:
    """(rows, columns) orders to learn: the table's, but in a share `free` of rows some columns go before the others.

    How many go first is drawn evenly, which ones too; both groups keep the table's order. These are the orders that
    given values and imputation ask for.
    """
    first = np.zeros((rows, columns), dtype=bool)
    if columns > 1 and free > 0:
        chosen = np.flatnonzero(rng.random(rows) < free)
        size = rng.integers(1, columns, len(chosen))
        places = rng.random((len(chosen), columns)).argsort(axis=1).argsort(axis=1)
        first[chosen] = places < size[:, None]
    return known_first(first)


def known_first(known: NDArray[np.bool_]) -> Ints:
    """(rows, columns) the known columns of each row before the others, both in the table's order."""
    return np.argsort(~known, axis=1, kind="stable").astype(np.int64)
