"""What critic and generator are held to."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.generators.deep.gan.networks import Critic

_SKETCH = 1_024  # entries among which products are compared; wider rows are folded into as many
_KEEP = 0.9  # what the average of the differences keeps at each batch


def gradient_penalty(critic: Critic, real: Tensor, made: Tensor) -> Tensor:
    """How far the critic's slope between real and made packs is from 1 (Gulrajani et al. 2017, equation 3)."""
    packs = len(real) // critic.pack
    part = torch.rand(packs, 1).repeat_interleave(critic.pack, dim=0).to(real.device)
    between = (real + part * (made - real)).requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    steep: Tensor = slope.reshape(packs, -1).norm(2, dim=1)
    return (steep - 1).square().mean()


class Pairs:
    """Averages of all products of two entries of a row, made against real: a second critic, whose best answer is known.

    A critic that may weigh all products of two entries, with bounded weights, is best with weights in proportion to the
    difference of their averages: the maximum mean discrepancy of a quadratic kernel (Li et al. 2017, MMD GAN). It is
    averaged over batches, for one batch is noisy. Rows of more than 1,024 entries are folded into as many with random
    signs (count sketch, Charikar et al. 2002), drawn anew each epoch.
    """

    def __init__(self, width: int) -> None:
        self.width, self.folded = width, width > _SKETCH
        self.renew()

    def renew(self) -> None:
        self.lag: Tensor | None = None
        if self.folded:
            self._to = torch.randint(0, _SKETCH, (self.width,))
            self._sign = torch.randint(0, 2, (self.width,)) * 2.0 - 1.0

    def _fold(self, rows: Tensor) -> Tensor:
        if not self.folded:
            return rows
        blank = rows.new_zeros((len(rows), _SKETCH))
        return blank.index_add(1, self._to.to(rows.device), rows * self._sign.to(rows.device))

    def loss(self, real: Tensor, made: Tensor) -> Tensor:
        """Of a batch; its gradient is that of half the squared difference over all entries."""
        own, other = self._fold(made), self._fold(real)
        with torch.no_grad():
            now = (own.T @ own - other.T @ other) / len(made)
            self.lag = now if self.lag is None else self.lag * _KEEP + now * (1 - _KEEP)
            slope = own @ self.lag * (2 / len(made))
        return (slope * own).sum()

    @property
    def size(self) -> float:
        """Squared length of the averaged difference; smaller is closer."""
        return 0.0 if self.lag is None else float(self.lag.square().sum())
