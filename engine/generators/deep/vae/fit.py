"""Training of the VAE: a `Trainable` for the shared loop, its train step, and the latent distribution afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.training import Pace, Weights, batch_size
from engine.generators.deep.vae.decoder import Decoder
from engine.generators.deep.vae.framework import keras, tf
from engine.generators.deep.vae.latent import Mixture, fit_mixture
from engine.generators.deep.vae.network import Vae
from engine.generators.deep.vae.tokens import STEPS, Tokens
from engine.seeds import framework_seed, stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INNER = 64  # neurons of each token's own network
WARM_UP = 0.1  # share of the training in which the price of the latent variables rises from 0
_CLIP = 5.0  # largest norm of a gradient
_MOST_CELLS = 512 * 32  # rows times tokens of a batch: wide tables get smaller ones
_AT_ONCE = 1_024  # rows that are measured at a time


@dataclass(frozen=True, slots=True)
class Shape:
    """latent: variables; width: of the sums of embeddings; free: nats a latent variable tells at no cost; dropout:
    share of the inner neurons that a row of a batch goes without."""

    latent: int
    width: int
    free: float
    dropout: float


class Training:
    """values: (rows, tokens) of all rows; own, held: numbers of the rows to learn from and to be judged by."""

    def __init__(self, tokens: Tokens, values: Ints, own: Ints, held: Ints, shape: Shape, seed: int) -> None:
        self.tokens, self.shape = tokens, shape
        self.own, self.held = own, held
        most = max(_MOST_CELLS // max(len(tokens), 1), 16)
        self.batch = min(
            batch_size(len(own), most=min(512, 1 << (most.bit_length() - 1)), least=16, batches=16), len(own)
        )
        self.batches = len(own) // self.batch
        self._order = stream(seed, "vae", "order")
        self._noise = stream(seed, "vae", "noise")
        self._told = stream(seed, "vae", "held").standard_normal((len(held), shape.latent)).astype(np.float32)
        self._data = (values + tokens.starts).astype(np.int32)
        self._counted = np.ones(values.shape, np.float32)
        for k, token in enumerate(tokens.tokens):
            if token.place:
                self._counted[:, k] = values[:, k] < STEPS
        self.model = Vae(
            tokens.sizes,
            tokens.log_shares(values[own]),
            latent=shape.latent,
            width=shape.width,
            inner=INNER,
            seed=framework_seed(seed, "vae", "weights") // 2,
        )
        self._optimizer = keras.optimizers.Adam(1e-3)
        self._optimizer.build(self.model.trainable_weights)
        self._step = tf.function(self._learn)
        self._measured = tf.function(self._measure, reduce_retracing=True)

    def _learn(self, tokens: Any, counted: Any, noise: Any, kept: Any, beta: Any) -> Any:
        """One batch: gradients, cut, and a step of the optimiser. Returns the three losses."""
        weights = self.model.trainable_weights
        with tf.GradientTape() as tape:
            losses = self.model.losses_of(tokens, counted, noise, beta, self.shape.free, kept)
        gradients = tape.gradient(losses[0], [weight.value for weight in weights])
        dense = [tf.convert_to_tensor(gradient) for gradient in gradients]
        self._optimizer.apply(tf.clip_by_global_norm(dense, _CLIP)[0], weights)
        return tf.stack(losses)

    def _measure(self, tokens: Any, counted: Any, noise: Any) -> Any:
        return tf.stack(self.model.losses_of(tokens, counted, noise, 1.0, self.shape.free))

    def epoch(self, pace: Pace) -> Mapping[str, float]:
        order = self._order.permutation(self.own)
        total, done = np.zeros(3), 0
        for at, rate in enumerate(pace.rates(self.batches)):
            rows = order[at * self.batch : (at + 1) * self.batch]
            noise = self._noise.standard_normal((len(rows), self.shape.latent), dtype=np.float32)
            kept = self._noise.random((len(rows), INNER), dtype=np.float32) >= self.shape.dropout
            self._optimizer.learning_rate.assign(rate)
            beta = min(pace.share(at / self.batches) / WARM_UP, 1.0)
            total += self._step(
                tf.constant(self._data[rows]),
                tf.constant(self._counted[rows]),
                tf.constant(noise),
                tf.constant(kept.astype(np.float32) / (1.0 - self.shape.dropout)),
                tf.constant(beta, tf.float32),
            ).numpy()
            done += 1
        loss, nats, told = (total / max(done, 1)).tolist()
        return {"loss": loss, "reconstruction": nats, "latent": told}

    def validate(self) -> float:
        total = 0.0
        for at in range(0, len(self.held), _AT_ONCE):
            part = slice(at, at + _AT_ONCE)
            rows = self.held[part]
            found = self._measured(
                tf.constant(self._data[rows]), tf.constant(self._counted[rows]), tf.constant(self._told[part])
            )
            total += float(found[0]) * len(rows)
        return total / max(len(self.held), 1)

    def snapshot(self) -> Weights:
        return dict(self.model.arrays())

    def restore(self, weights: Weights) -> None:
        self.model.put(dict(weights))

    def decoder(self) -> Decoder:
        """The decoder as it stands, in numpy."""
        prefix = "decoder/"
        arrays = {name: array for name, array in self.model.arrays().items() if name.startswith(prefix)}
        return Decoder(self.tokens, {name.removeprefix(prefix): array for name, array in arrays.items()})

    def mixture(self, rng: np.random.Generator) -> Mixture:
        """Fitted to a draw from the posterior of each training row."""
        drawn = []
        for at in range(0, len(self.own), _AT_ONCE):
            mean, log_variance = self.model.encoder(tf.constant(self._data[self.own[at : at + _AT_ONCE]]))
            spread = np.exp(0.5 * log_variance.numpy().astype(np.float64))
            drawn.append(mean.numpy() + spread * rng.standard_normal(spread.shape))
        return fit_mixture(np.concatenate(drawn), rng)
