"""The network in Keras: an encoder to a few latent variables, and a decoder that also sees the tokens before each.

Tokens enter as embeddings, summed, so that 20,000 categories cost no more than 28 of each digit. Every token has a
small network of its own that sees the latent variables and the sum of the tokens before it (the neural autoregressive
estimator of Larochelle and Murray 2011, under a latent variable as in Gulrajani et al. 2017). Two columns that hang
together need not be settled by the latent variables alone, which is what makes a plain VAE's rows easy to tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.deep.vae.decoder import size_classes
from engine.generators.deep.vae.framework import keras, tf

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CHUNK = 16  # tokens that are summed by one product of matrices
_NEVER = -1e9  # log odds of a value that a token does not have


class Encoder(keras.layers.Layer):  # type: ignore[misc]
    """(batch, tokens) -> means and log variances of the posterior, (batch, latent) each."""

    def __init__(self, values: int, tokens: int, latent: int, width: int, seed: int) -> None:
        super().__init__(name="encoder")
        near = max(tokens, 1) ** -0.5
        self.embedding = _weight(self, "embedding", (values, width), near, seed)
        self.bias = _weight(self, "bias", (width,), 0.0, seed)
        self.inner = _weight(self, "inner", (width, width), (2 / width) ** 0.5, seed + 1)
        self.inner_bias = _weight(self, "inner_bias", (width,), 0.0, seed)
        self.mean = _weight(self, "mean", (width, latent), width**-0.5, seed + 2)
        self.spread = _weight(self, "spread", (width, latent), 0.0, seed)
        self.spread_bias = _weight(self, "spread_bias", (latent,), 0.0, seed)

    def call(self, tokens: Any) -> tuple[Any, Any]:
        hidden = tf.nn.relu(tf.reduce_sum(tf.gather(self.embedding, tokens), axis=1) + self.bias)
        hidden = tf.nn.relu(hidden @ self.inner + self.inner_bias)
        return hidden @ self.mean, hidden @ self.spread + self.spread_bias


class Decoder(keras.layers.Layer):  # type: ignore[misc]
    """(batch, latent) and (batch, tokens) -> (tokens, batch) nats that each token costs. Its weights in numpy are what
    `decoder.Decoder` makes rows with."""

    def __init__(self, sizes: Ints, shares: Sequence[Floats], latent: int, width: int, inner: int, seed: int) -> None:
        super().__init__(name="decoder")
        count, values = len(sizes), int(sizes.sum())
        self.starts = tf.constant(np.cumsum(sizes) - sizes, dtype=tf.int32)
        self.groups = size_classes(sizes)
        self.latent_in = _weight(self, "latent_in", (latent, width), latent**-0.5, seed)
        self.latent_bias = _weight(self, "latent_bias", (width,), 0.0, seed)
        self.latent_out = _weight(self, "latent_out", (width, width), width**-0.5, seed + 1)
        self.embedding = _weight(self, "embedding", (values, width), count**-0.5, seed + 2)
        self.bias = _weight(self, "bias", (count, width), 0.0, seed)
        self.inner = _weight(self, "inner", (count, width, inner), (2 / width) ** 0.5, seed + 3)
        self.inner_bias = _weight(self, "inner_bias", (count, inner), 0.0, seed)
        self.outer, self.outer_bias = [], []
        for number, group in enumerate(self.groups):
            size = int(sizes[group].max())
            self.outer.append(_weight(self, f"outer_{number}", (len(group), inner, size), 0.0, seed))
            start = np.full((len(group), size), _NEVER, np.float32)
            for i, k in enumerate(group):
                start[i, : len(shares[k])] = shares[k]
            bias = _weight(self, f"outer_bias_{number}", start.shape, 0.0, seed)
            bias.assign(start)
            self.outer_bias.append(bias)

    def call(self, z: Any, tokens: Any, kept: Any | None = None) -> Any:
        """tokens: numbered among all values; kept: (batch, inner) dropout factors."""
        hidden = tf.nn.relu(z @ self.latent_in + self.latent_bias) @ self.latent_out  # (batch, width)
        turned = tf.transpose(tokens)  # (tokens, batch)
        earlier = _sums_before(tf.gather(self.embedding, turned))  # (tokens, batch, width)
        hidden = tf.nn.relu(earlier + hidden[None] + self.bias.value[:, None])
        hidden = tf.nn.relu(tf.matmul(hidden, self.inner) + self.inner_bias.value[:, None])  # (tokens, batch, inner)
        if kept is not None:
            hidden *= kept[None]
        labels = turned - self.starts[:, None]
        costs = []
        for number, group in enumerate(self.groups):
            raw = tf.matmul(tf.gather(hidden, group), self.outer[number]) + self.outer_bias[number].value[:, None]
            own = tf.minimum(tf.gather(labels, group), raw.shape[-1] - 1)
            costs.append(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=own, logits=raw))
        back = np.argsort(np.concatenate(self.groups))
        return tf.gather(tf.concat(costs, axis=0), back)


class Vae(keras.Model):  # type: ignore[misc]
    """free: nats that each latent variable may tell at no cost (free bits, Kingma et al. 2016)."""

    def __init__(
        self, sizes: Ints, shares: Sequence[Floats], *, latent: int, width: int, inner: int, seed: int
    ) -> None:
        super().__init__(name="vae")
        self.latent, self.inner = latent, inner
        self.encoder = Encoder(int(sizes.sum()), len(sizes), latent, width, seed)
        self.decoder = Decoder(sizes, shares, latent, width, inner, seed + 10)

    def call(self, tokens: Any) -> tuple[Any, Any]:
        return self.encoder(tokens)  # type: ignore[no-any-return]

    def losses_of(self, tokens: Any, counted: Any, noise: Any, beta: Any, free: float, kept: Any | None = None) -> Any:
        """Three means over rows: the loss, nats of the tokens, and nats that the latent variables tell (KL).

        tokens: (batch, tokens); counted: (batch, tokens), 0 where a token means nothing; noise: (batch, latent).
        """
        mean, log_variance = self.encoder(tokens)
        z = mean + tf.exp(0.5 * log_variance) * noise
        told = 0.5 * tf.reduce_mean(mean**2 + tf.exp(log_variance) - 1.0 - log_variance, axis=0)  # (latent,)
        costs = self.decoder(z, tokens, kept) * tf.transpose(counted)
        nats = tf.reduce_sum(tf.reduce_mean(costs, axis=1))
        return nats + beta * tf.reduce_sum(tf.maximum(told, free)), nats, tf.reduce_sum(told)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """A copy of all weights by name."""
        return {
            f"{part.name}/{weight.name}": np.array(weight.numpy())
            for part in (self.encoder, self.decoder)
            for weight in part.weights
        }

    def put(self, arrays: dict[str, NDArray[Any]]) -> None:
        for part in (self.encoder, self.decoder):
            for weight in part.weights:
                weight.assign(arrays[f"{part.name}/{weight.name}"])


def _weight(layer: Any, name: str, shape: tuple[int, ...], scale: float, seed: int) -> Any:
    start = keras.initializers.RandomNormal(stddev=scale, seed=seed) if scale else "zeros"
    return layer.add_weight(name=name, shape=shape, initializer=start)


def _sums_before(parts: Any) -> Any:
    """(tokens, batch, width) -> for each token the sum of the earlier ones.

    By products with triangles of ones, inside chunks and over chunks: TensorFlow's own running sum is slow.
    """
    count, batch, width = parts.shape[0], tf.shape(parts)[1], parts.shape[2]
    chunks = -(-count // _CHUNK)
    if chunks > 1:
        parts = tf.pad(parts, [[0, chunks * _CHUNK - count], [0, 0], [0, 0]])
    size = _CHUNK if chunks > 1 else count
    parts = tf.reshape(parts, (chunks, size, -1))
    inside = tf.matmul(tf.constant(np.tril(np.ones((size, size), np.float32), -1)), parts)
    if chunks > 1:
        whole = tf.constant(np.tril(np.ones((chunks, chunks), np.float32), -1)) @ tf.reduce_sum(parts, axis=1)
        inside += whole[:, None]
    return tf.reshape(inside, (chunks * size, batch, width))[:count]
