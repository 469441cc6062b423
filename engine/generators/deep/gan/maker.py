"""The trained generator in plain numpy: sampling needs no PyTorch, and gives the same rows whatever its threads.

The network's chances are off by a little for each option, and its scalars crowd where a network finds it easy. Both
are put right once, after training: a correction of each option's log chance, so that options are as frequent as in
training, and the distribution of each scalar, so that places inside ranges are even.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.drawing import drawn
from engine.generators.deep.blocks import Encoded
from engine.generators.deep.gan.conditions import as_they_occur
from engine.generators.deep.gan.layout import Layout

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

_ROWS = 4_096  # that go through the network at a time
_EPSILON = 1e-5  # of LayerNorm, as in torch
_KNOTS = 65  # of a scalar's distribution
_ROUNDS, _FEW_ROUNDS = 12, 3  # of correcting all shares, for good and for a look
_FAR = 4.0  # a correction of a log chance, at most


class Maker:
    """weights: those of `networks.Generator`, float32; correction: (options,) added to logits; knots: (scalars, 65)
    quantiles of the network's scalars."""

    def __init__(self, layout: Layout, weights: Mapping[str, NDArray[Any]]) -> None:
        self.layout, self.weights = layout, dict(weights)
        self.correction = np.zeros(layout.options)
        self.knots = np.tile(np.linspace(-1, 1, _KNOTS), (layout.scalars, 1))

    def outputs(self, noise: Singles, asked: NDArray[np.int64]) -> tuple[Singles, Singles]:
        """(rows, noise), (rows,) -> (rows, options) logits and (rows, scalars), as `networks.Generator` says."""
        w = self.weights
        x = noise @ w["noise.weight"].T + w["noise.bias"] + w["asked.weight"][asked]
        step = 0
        while f"steps.{step}.wide.weight" in w:
            inner = _normed(x, w[f"steps.{step}.norm.weight"], w[f"steps.{step}.norm.bias"])
            inner = _silu(inner @ w[f"steps.{step}.wide.weight"].T + w[f"steps.{step}.wide.bias"])
            x = x + inner @ w[f"steps.{step}.back.weight"].T + w[f"steps.{step}.back.bias"]
            step += 1
        found = _silu(_normed(x, w["norm.weight"], w["norm.bias"])) @ w["out.weight"].T + w["out.bias"]
        logits, scalars = found[:, : self.layout.options], np.tanh(found[:, self.layout.options :])
        return logits + w["guess"][asked] if "guess" in w else logits, scalars

    def _raw(self, rows: int, rng: np.random.Generator) -> tuple[Singles, Singles]:
        """As `outputs`, of fresh noise; the option asked for is all but certain in its block."""
        asked = as_they_occur(self.layout, rows, rng)
        noise = rng.standard_normal((rows, self.weights["noise.weight"].shape[1]), dtype=np.float32)
        return self.outputs(noise, asked)

    def chances(self, logits: Singles) -> Singles:
        """(rows, options) chances within each block, corrected."""
        raw = logits + self.correction.astype(np.float32)
        found = np.empty_like(raw)
        for i in range(self.layout.blocks):
            part = self.layout.part(i)
            with np.errstate(invalid="ignore"):  # a broken network is told by what comes out
                own = np.exp(raw[:, part] - raw[:, part].max(axis=1, keepdims=True))
                found[:, part] = own / own.sum(axis=1, keepdims=True)
        return found

    def expected(self, rows: int, rng: np.random.Generator) -> Singles:
        """(rows, width) features of fresh rows on average, shares and scalars corrected on these rows themselves."""
        logits, raw = self._raw(rows, rng)
        self._correct(logits, _FEW_ROUNDS)
        order = raw.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
        scalars = ((2 * order + 1) / np.float32(rows) - 1).astype(np.float32)
        return self.layout.expected(self.chances(logits), scalars)

    def _correct(self, logits: Singles, rounds: int) -> None:
        wanted = np.log(np.maximum(self.layout.shares, 1e-9))
        for _ in range(rounds):
            met = self.chances(logits).mean(axis=0, dtype=np.float64)
            self.correction = np.clip(self.correction + wanted - np.log(np.maximum(met, 1e-9)), -_FAR, _FAR)

    def calibrate(self, rows: int, rng: np.random.Generator) -> None:
        """Correct shares and scalars by `rows` fresh rows."""
        logits, scalars = self._raw(rows, rng)
        self._correct(logits, _ROUNDS)
        if self.layout.scalars:
            knots = np.quantile(scalars.astype(np.float64), np.linspace(0, 1, _KNOTS), axis=0).T
            self.knots = np.maximum.accumulate(knots + np.arange(_KNOTS) * 1e-9, axis=1)

    def make(self, rows: int, rng: np.random.Generator) -> Encoded:
        """Options drawn by systematic sampling, and scalars whose places are even."""
        options = np.zeros((rows, self.layout.blocks), np.int64)
        scalars = np.zeros((rows, self.layout.scalars), np.float32)
        step = self.layout.at_once(_ROWS)
        for at in range(0, rows, step):
            part = slice(at, min(at + step, rows))
            logits, raw = self._raw(part.stop - at, rng)
            chances = self.chances(logits)
            for i in range(self.layout.blocks):
                options[part, i] = drawn(chances[:, self.layout.part(i)].astype(np.float64), rng)
            for k, knots in enumerate(self.knots):
                scalars[part, k] = np.interp(raw[:, k], knots, np.linspace(-1, 1, _KNOTS))
        return Encoded(options, scalars, np.ones(scalars.shape, dtype=bool))

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights, "correction": self.correction, "knots": self.knots}

    @classmethod
    def from_state(cls, layout: Layout, state: Mapping[str, Any]) -> Self:
        own = cls(layout, state["weights"])
        own.correction, own.knots = state["correction"], state["knots"]
        outputs = layout.options + layout.scalars
        if own.weights["out.bias"].shape != (outputs,) or own.correction.shape != (layout.options,):
            raise ValueError("network and layout do not agree")
        if own.knots.shape != (layout.scalars, _KNOTS):
            raise ValueError("scalars and layout do not agree")
        return own


def _silu(x: Singles) -> Singles:
    return np.asarray(x / (1 + np.exp(-np.clip(x, -60, None))))


def _normed(x: Singles, weight: Singles, bias: Singles) -> Singles:
    inner = x - x.mean(axis=1, keepdims=True)
    spread = np.sqrt((inner * inner).mean(axis=1, keepdims=True) + np.float32(_EPSILON))
    return np.asarray(inner / spread * weight + bias)
