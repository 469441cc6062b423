"""What the training loop trains: generator against critic, one batch at a time, and an average of the generator."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engine.generators.deep.blocks import Encoded
from engine.generators.deep.gan.conditions import Asked, Conditions, first_guess
from engine.generators.deep.gan.layout import Layout
from engine.generators.deep.gan.likeness import UNRELATED, Products
from engine.generators.deep.gan.losses import Pairs, gradient_penalty
from engine.generators.deep.gan.maker import Maker
from engine.generators.deep.gan.networks import Critic, Generator, Looks, Size
from engine.generators.deep.gan.sizes import batches
from engine.generators.deep.torchtools import put_weights, to_torch, weights_of
from engine.generators.deep.training import Pace, Weights

Floats = NDArray[np.float64]

_BETAS = (0.5, 0.9)  # of Adam
_PENALTY = 10.0
_EVERY = 4  # batches from one gradient penalty, of as many times the weight, to the next (Karras et al. 2020)
_AVERAGE = 0.999  # what the averaged generator keeps at each batch
_LOOKED = 2_000  # rows that are looked at in validation


class Learner:
    """rows, held: to learn from and to judge by; batch: rows, a multiple of the pack; pairs: weight of `Pairs`.

    An epoch goes once over the rows, drawn by `Conditions`; small tables get more `batches`. What is judged and handed
    out is a running average of the generator's weights (Yazıcı et al. 2019).
    """

    def __init__(
        self,
        layout: Layout,
        size: Size,
        rows: Encoded,
        held: Encoded,
        *,
        batch: int,
        pairs: float,
        rng: np.random.Generator,
        where: torch.device,
    ) -> None:
        self.layout, self.size, self.rows, self.batch, self.rng, self.where = layout, size, rows, batch, rng, where
        guess = first_guess(layout, rows.options)
        self.generator, self.critic = Generator(layout, size, guess).to(where), Critic(layout.width, size).to(where)
        self.average = Generator(layout, size, guess).to(where)
        self.average.load_state_dict(self.generator.state_dict())
        self.looks, self.pairs, self.weight = Looks(layout).to(where), Pairs(layout.width), pairs / self._related(rows)
        self.of_generator = torch.optim.Adam(self.generator.parameters(), betas=_BETAS, fused=True)
        self.of_critic = torch.optim.Adam(self.critic.parameters(), betas=_BETAS, fused=True)
        self.conditions = Conditions(rows.options, layout.sizes)
        self.judged = Products(layout, layout.features(held.take(slice(layout.at_once(len(held))))), rng)
        self._looked_seed = int(rng.integers(2**31))
        self._batches = 0

    def _related(self, rows: Encoded) -> float:
        """How far the table's pairs are from columns drawn one by one, so that `pairs` means the same on all tables."""
        part = self.rng.permutation(len(rows))[: self.layout.at_once(_LOOKED)]
        own = Products(self.layout, self.layout.features(rows.take(part)), self.rng)
        return max(own.unit * (self.layout.blocks / len(own.chosen)) ** 2, UNRELATED)

    def epoch(self, pace: Pace) -> Mapping[str, float]:
        self.pairs.renew()
        sums: dict[str, float] = {}
        done = 0
        for rate in pace.rates(batches(len(self.rows), self.batch)):
            for name, loss in self.learn(rate).items():
                sums[name] = sums.get(name, 0.0) + loss
            done += 1
        return {name: total / done for name, total in sums.items()}

    def learn(self, rate: float) -> dict[str, float]:
        """One batch: the critic learns, then the generator from the same made rows. Returns the named losses."""
        for optimiser in (self.of_generator, self.of_critic):
            optimiser.param_groups[0]["lr"] = rate
        asked = self.conditions.draw(self.batch, self.rng)
        real = to_torch(self.layout.features(self.rows.take(asked.row)), self.where)
        noise = torch.randn(self.batch, self.size.noise, device=self.where)
        wanted = to_torch(asked.option + self.layout.start[asked.block], self.where)
        logits, scalars = self.generator(noise, wanted)
        made = self.looks.features(self.looks.drawn(logits), scalars)
        against = self._teach_critic(real, made.detach())
        losses = self._teach_generator(real, made, logits, asked)
        self._batches += 1
        keep = min(_AVERAGE, (1 + self._batches) / (10 + self._batches))
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 1 - keep)
        return {"critic": against, **losses}

    def _teach_critic(self, real: torch.Tensor, made: torch.Tensor) -> float:
        """Mean of made packs less that of real ones: minus the distance of Wasserstein (Arjovsky et al. 2017)."""
        against = self.critic(made).mean() - self.critic(real).mean()
        loss = against
        if self._batches % _EVERY == 0:
            loss = loss + _EVERY * _PENALTY * gradient_penalty(self.critic, real, made)
        self.of_critic.zero_grad()
        loss.backward()
        self.of_critic.step()
        return float(against.detach())

    def _teach_generator(
        self, real: torch.Tensor, made: torch.Tensor, logits: torch.Tensor, asked: Asked
    ) -> dict[str, float]:
        self.critic.requires_grad_(False)
        fooled = -self.critic(made).mean()
        own = self.looks.padded(logits)[torch.arange(self.batch), to_torch(asked.block, self.where)]
        missed = functional.cross_entropy(own, to_torch(asked.option, self.where))
        loss = fooled + missed
        if self.weight:
            loss = loss + self.weight * self.pairs.loss(real, made)
        self.of_generator.zero_grad()
        loss.backward()
        self.of_generator.step()
        self.critic.requires_grad_(True)
        return {"generator": float(fooled.detach()), "condition": float(missed.detach()), "pairs": self.pairs.size}

    def validate(self) -> float:
        """How far products of entries are from the held-out rows' on average (0: the same, 1: as without relations)."""
        rng = np.random.default_rng(self._looked_seed)  # the same noise each time, so that epochs compare
        return self.judged.far(self.maker().expected(self.layout.at_once(_LOOKED), rng))

    def maker(self) -> Maker:
        return Maker(self.layout, weights_of(self.average))

    def snapshot(self) -> Weights:
        return weights_of(self.average)

    def restore(self, weights: Weights) -> None:
        put_weights(self.average, weights)
