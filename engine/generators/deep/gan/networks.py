"""Generator and critic, and how options are drawn so that gradients pass through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from engine.generators.deep.gan.layout import Layout

_NEVER = -1e9  # log chance of an option that does not exist
_RARE = 1e-6  # share of an option that no row has
_TEMPERATURE = 0.7  # of the soft options that carry gradients
_SLOPE = 0.2  # of leaky rectifiers below 0


@dataclass(frozen=True, slots=True)
class Size:
    """noise: random numbers that a row is made from; width: of hidden layers; depth: residual steps of the generator;
    pack: rows that the critic judges together."""

    noise: int = 128
    width: int = 256
    depth: int = 2
    pack: int = 4


class Step(nn.Module):
    """A residual step: (rows, width) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.wide, self.back = nn.LayerNorm(width), nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = x + self.back(functional.silu(self.wide(self.norm(x))))
        return found


class Generator(nn.Module):
    """Noise and the option asked for -> logits of all options, and scalars.

    guess: (options, options) log chances that are added to the logits, by the option asked for; None starts with the
    options' shares.
    """

    guess: Tensor | None

    def __init__(self, layout: Layout, size: Size, guess: NDArray[np.float32] | None = None) -> None:
        super().__init__()
        self.options = layout.options
        self.noise, self.asked = nn.Linear(size.noise, size.width), nn.Embedding(layout.options, size.width)
        self.steps = nn.ModuleList(Step(size.width) for _ in range(size.depth))
        self.norm, self.out = nn.LayerNorm(size.width), nn.Linear(size.width, layout.options + layout.scalars)
        nn.init.normal_(self.asked.weight, std=0.3)
        with torch.no_grad():
            self.out.weight.mul_(0.5)
            self.out.bias.zero_()
            if guess is None:
                self.out.bias[: layout.options] = torch.from_numpy(np.log(layout.shares + _RARE)).float()
        self.register_buffer("guess", None if guess is None else torch.from_numpy(guess))

    def forward(self, noise: Tensor, asked: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, noise), (rows,) -> (rows, options) logits, (rows, scalars) in -1..1."""
        x = self.noise(noise) + self.asked(asked)
        for step in self.steps:
            x = step(x)
        found = self.out(functional.silu(self.norm(x)))
        logits, scalars = found[:, : self.options], torch.tanh(found[:, self.options :])
        return logits if self.guess is None else logits + self.guess[asked], scalars


class Critic(nn.Module):
    """Packs of rows -> a figure each, higher for real ones (Lin et al. 2018: packs show a lack of variety)."""

    def __init__(self, width: int, size: Size) -> None:
        super().__init__()
        self.pack = size.pack
        self.layers = nn.Sequential(
            nn.Linear(width * size.pack, size.width),
            nn.LeakyReLU(_SLOPE),
            nn.Linear(size.width, size.width),
            nn.LeakyReLU(_SLOPE),
            nn.Linear(size.width, 1),
        )

    def forward(self, rows: Tensor) -> Tensor:
        """(rows, width) -> (rows / pack, 1)."""
        found: Tensor = self.layers(rows.reshape(len(rows) // self.pack, -1))
        return found


class Looks(nn.Module):
    """What `Layout` says, as tensors: options drawn from logits, and rows as the critic sees them."""

    wide: Tensor
    middle: Tensor
    reach: Tensor
    of: Tensor
    inner: Tensor
    entry: Tensor

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.blocks, self.most = layout.blocks, int(layout.sizes.max())
        places = [np.arange(size) + i * self.most for i, size in enumerate(layout.sizes)]
        inner = layout.of >= 0
        tables = {
            "entry": np.concatenate(places),
            "wide": layout.wide.T,
            "middle": layout.middle.T,
            "reach": layout.half[inner].T,
            "of": layout.of[inner],
            "inner": np.flatnonzero(inner),
        }
        for name, table in tables.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(table)))

    def padded(self, logits: Tensor) -> Tensor:
        """(rows, options) -> (rows, blocks, most options of a block)."""
        found = logits.new_full((len(logits), self.blocks * self.most), _NEVER)
        found[:, self.entry] = logits
        return found.view(-1, self.blocks, self.most)

    def drawn(self, logits: Tensor) -> Tensor:
        """(rows, options): one 1 in each block, drawn by its chances; gradients are those of soft options
        (straight-through Gumbel softmax, Jang et al. 2017)."""
        noise = -torch.log(-torch.log(torch.rand_like(logits).clamp(1e-9, 1 - 1e-6)))
        soft = torch.softmax(self.padded((logits + noise) / _TEMPERATURE), dim=2)
        hard = torch.zeros_like(soft).scatter_(2, soft.argmax(dim=2, keepdim=True), 1.0)
        return (hard + soft - soft.detach()).view(len(logits), -1)[:, self.entry]

    def features(self, hot: Tensor, scalars: Tensor) -> Tensor:
        """(rows, options), (rows, scalars) -> (rows, width), as `Layout.features` of the same rows."""
        scalars = scalars * (hot @ self.wide)
        ranks = hot @ self.middle
        if len(self.inner):
            ranks = ranks.index_add(1, self.inner, (hot @ self.reach) * scalars[:, self.of])
        return torch.cat([hot, scalars, ranks], dim=1)
