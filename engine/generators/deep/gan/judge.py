"""A critic of the finished generator, by which rows are chosen among candidates (Azadi et al. 2019).

The critic of the training sees packs, and its figure is no chance. Once the generator stands, a critic of single rows
learns the odds that a row is real: the ratio of the true density to the generator's. Of several candidates those with
better odds are kept more often. It stops learning when held-out rows gain no more, so that it knows regions, not rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.gan.layout import Layout
from engine.generators.deep.training import Weights

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]

_LOW, _HIGH = -4.0, 2.5  # log odds beyond which the judge is not believed
_SLOPE = 0.2


class Judge:
    """weights: of three layers, by name, in plain numpy."""

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        self.weights = dict(weights)

    def log_weight(self, features: Singles) -> Floats:
        """(rows, width) -> (rows,) log of the ratio of true to made density."""
        x, w = features, self.weights
        for layer in (0, 3, 6):
            x = x @ w[f"{layer}.weight"].T + w[f"{layer}.bias"]
            if layer < 6:
                x = np.where(x > 0, x, np.float32(_SLOPE) * x)
        return np.asarray(np.clip(x[:, 0].astype(np.float64), _LOW, _HIGH))

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights}

    @classmethod
    def from_state(cls, state: Mapping[str, Any], layout: Layout) -> Self:
        own = cls(state["weights"])
        if own.weights["0.weight"].shape[1] != layout.width:
            raise ValueError("judge and layout do not agree")
        return own


def train_judge(
    real: Callable[[Ints], Singles],
    made: Callable[[Ints], Singles],
    rows: tuple[int, int],
    *,
    width: int,
    batch: int,
    rng: np.random.Generator,
    more: Callable[[float], bool],
    passes: int = 30,
) -> Weights | None:
    """real, made: features of chosen rows; rows: how many there are of each; more: told the share that is done, says
    whether to go on. Weights of a `Judge`,
    or None when held-out rows show nothing that tells the two apart. torch's seed must be set."""
    import torch
    from torch.nn import functional

    from engine.generators.deep.torchtools import put_weights, weights_of

    known, held = zip(*(_split(count, rng) for count in rows), strict=True)
    network = _network(real(known[0][:1]).shape[1], width)
    average = _network(real(known[0][:1]).shape[1], width)
    put_weights(average, weights_of(network))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-2, fused=True)
    kept: Weights | None = None
    lowest, best = float(np.log(2)) - 1e-4, 0

    def loss(net: torch.nn.Module, one: Ints, other: Ints) -> torch.Tensor:
        for_real, for_made = net(torch.from_numpy(real(one))), net(torch.from_numpy(made(other)))
        return (functional.softplus(-for_real).mean() + functional.softplus(for_made).mean()) / 2

    for number in range(passes):
        network.train()
        one, other = rng.permutation(known[0]), rng.permutation(known[1])
        batches = max(min(len(one), len(other)) // batch, 1)
        for i in range(batches):
            if not more((number + i / batches) / passes):
                return kept
            part = slice(i * batch, (i + 1) * batch)
            found = loss(network, one[part], other[part])
            optimiser.zero_grad()
            found.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            with torch.no_grad():
                torch._foreach_lerp_(list(average.parameters()), list(network.parameters()), 0.02)
        average.eval()
        with torch.no_grad():
            now = float(loss(average, held[0], held[1]))
        if now < lowest:
            kept, lowest, best = weights_of(average), now, number
        elif number - best >= 3:
            break
    return kept


def _split(rows: int, rng: np.random.Generator) -> tuple[Ints, Ints]:
    order = rng.permutation(rows)
    held = max(rows // 10, 1)
    return order[held:], order[:held]


def _network(inputs: int, width: int) -> Any:
    from torch import nn

    return nn.Sequential(
        nn.Linear(inputs, width), nn.LeakyReLU(_SLOPE), nn.Dropout(0.3),
        nn.Linear(width, width), nn.LeakyReLU(_SLOPE), nn.Dropout(0.3),
        nn.Linear(width, 1),
    )  # fmt: skip
