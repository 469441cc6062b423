"""The VAE: its latent mixture, its decoder in numpy beside the one that Keras trained, and what its rows keep.

Whatever needs TensorFlow runs in a process of its own, as the worker does, so that no test meets two frameworks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.codecs.table import TableCodec
from engine.generators.deep.blocks import TableBlocks
from engine.generators.deep.vae.decoder import Decoder, size_classes
from engine.generators.deep.vae.latent import Mixture, fit_mixture, standard
from engine.generators.deep.vae.tokens import STEPS, Tokens, place_of
from engine.generators.relations import Relation
from tests.contracts.zoo import ZOO
from tests.engine.generators import samples

LATENT, WIDTH, INNER = 3, 8, 4


def tokens_of(name: str) -> tuple[np.ndarray, Tokens]:
    animal = ZOO[name]
    codec = TableCodec(animal.schema).fit(animal.table)
    codes = codec.encode(animal.table)
    return codes, Tokens(TableBlocks.fit(codec, codes, seed=0))


def random_weights(tokens: Tokens, rng: np.random.Generator) -> dict[str, np.ndarray]:
    count = len(tokens)
    found = {
        "latent_in": rng.normal(size=(LATENT, WIDTH)),
        "latent_bias": rng.normal(size=WIDTH),
        "latent_out": rng.normal(size=(WIDTH, WIDTH)),
        "embedding": rng.normal(size=(tokens.width, WIDTH)),
        "bias": rng.normal(size=(count, WIDTH)),
        "inner": rng.normal(size=(count, WIDTH, INNER)),
        "inner_bias": rng.normal(size=(count, INNER)),
    }
    for number, group in enumerate(size_classes(tokens.sizes)):
        size = int(tokens.sizes[group].max())
        found[f"outer_{number}"] = rng.normal(size=(len(group), INNER, size))
        found[f"outer_bias_{number}"] = rng.normal(size=(len(group), size))
    return {name: value.astype(np.float32) for name, value in found.items()}


# Tokens


@pytest.mark.parametrize("name", list(ZOO))
def test_tokens_tell_options_and_places(name: str) -> None:
    codes, tokens = tokens_of(name)
    encoded = tokens.blocks.encode(codes)
    values = tokens.encode(encoded)
    assert values.shape == (len(codes), len(tokens))
    assert (values >= 0).all()
    assert (values < tokens.sizes).all()
    for k, token in enumerate(tokens.tokens):
        if token.place:
            np.testing.assert_array_equal(values[:, k] == STEPS, ~encoded.ranged[:, token.at])
        else:
            np.testing.assert_array_equal(values[:, k], encoded.options[:, token.at])


def test_a_place_lies_in_its_step() -> None:
    steps = np.repeat(np.arange(STEPS), 100)
    places = place_of(steps, np.random.default_rng(0))
    np.testing.assert_array_equal(np.floor((places + 1) / 2 * STEPS).astype(int), steps)


def test_log_shares_are_chances() -> None:
    codes, tokens = tokens_of("mixed")
    for own in tokens.log_shares(tokens.encode(tokens.blocks.encode(codes))):
        assert np.exp(own).sum() == pytest.approx(1.0)


# The latent distribution


def test_the_mixture_finds_two_clouds() -> None:
    rng = np.random.default_rng(1)
    z = rng.normal(0, 0.3, (4_000, 2)) + np.where(rng.random(4_000) < 0.25, -2.0, 2.0)[:, None]
    mixture = fit_mixture(z, np.random.default_rng(2))
    made = mixture.draw(8_000, np.random.default_rng(3))
    assert (made[:, 0] < 0).mean() == pytest.approx(0.25, abs=0.03)
    assert (np.abs(made[:, 0]) < 0.7).mean() < 0.01  # the hole between them stays empty
    assert mixture.log_density(z).mean() > standard(2).log_density(z).mean() + 1.0


def test_one_cloud_is_one_normal() -> None:
    z = np.random.default_rng(4).normal(size=(3_000, 3)) @ np.array([[1, 0.5, 0], [0, 1, 0], [0, 0, 0.2]])
    mixture = fit_mixture(z, np.random.default_rng(5))
    made = mixture.draw(20_000, np.random.default_rng(6))
    np.testing.assert_allclose(np.cov(made.T), np.cov(z.T), atol=0.08)


def test_the_density_of_a_normal_by_hand() -> None:
    own = Mixture(np.ones(1), np.array([[1.0]]), np.array([[[2.0]]]))
    expected = -0.5 * ((3.0 - 1.0) / 2.0) ** 2 - np.log(2.0) - 0.5 * np.log(2 * np.pi)
    assert own.log_density(np.array([[3.0]]))[0] == pytest.approx(expected)


def test_few_draws_fall_back_to_the_prior() -> None:
    assert len(fit_mixture(np.zeros((2, 4)), np.random.default_rng(0)).weights) == 1


# The decoder


@pytest.mark.parametrize("name", list(ZOO))
def test_any_weights_make_rows_of_the_table(name: str) -> None:
    """Whatever the network has learned, rows keep the form, gaps are where they may be, and links hold."""
    codes, tokens = tokens_of(name)
    rng = np.random.default_rng(7)
    decoder = Decoder(tokens, random_weights(tokens, rng) if len(tokens) else {})
    made = decoder.make(standard(LATENT).draw(200, rng), rng)
    assert made.shape == (200, codes.shape[1])
    assert not np.isinf(made).any()
    for j in range(codes.shape[1]):
        if not np.isnan(codes[:, j]).any():
            assert not np.isnan(made[:, j]).any()
    for j, link in tokens.blocks.links.items():
        if link.relation is Relation.GAPS:
            found = tokens.blocks.cells[link.source].cell(made[:, link.source])
            np.testing.assert_array_equal(np.isnan(made[:, j]), link.states[found] == 1)


def test_chances_sum_to_one() -> None:
    _, tokens = tokens_of("mixed")
    rng = np.random.default_rng(8)
    decoder = Decoder(tokens, random_weights(tokens, rng))
    context = decoder.context(rng.normal(size=(9, LATENT)))
    for k, token in enumerate(tokens.tokens):
        chances = decoder.chances(context, k)
        assert chances.shape == (9, token.size - token.place)
        np.testing.assert_allclose(chances.sum(axis=1), 1.0)


# Trained, in a process of its own


def run(code: str, folder: Path) -> Any:
    """The last line of what `code` prints, from JSON; OUT is a folder for it."""
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root), "OUT": str(folder), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


TRAIN = """
import json, os, sys
from pathlib import Path
from engine.generators.vae import Vae
from tests.engine.generators import samples
table, schema = samples.people(1_500)
events = []
model = Vae({"epochs": 12, "width": 64, "latent": 4}).fit(table, schema, seed=0, progress=events.append)
model.save(Path(os.environ["OUT"]))
losses = [dict(event.losses) for event in events if "validation" in event.losses]
found = {"notes": model.notes, "losses": losses, "torch": "torch" in sys.modules}
"""

BOTH = """
import numpy as np
from engine.generators.deep.vae.fit import INNER, Shape, Training
from engine.generators.deep.vae.framework import tf
from tests.engine.generators.test_vae import tokens_of
codes, tokens = tokens_of("many levels")
values = tokens.encode(tokens.blocks.encode(codes))
rows = np.arange(len(values))
training = Training(tokens, values, rows, rows, Shape(3, 20, 0.1, 0.0), 0)
rng = np.random.default_rng(0)
training.restore({name: rng.normal(0, 0.3, own.shape).astype(np.float32) + np.where(own < -1e8, own, 0)
                  for name, own in training.snapshot().items()})
z = rng.normal(size=(len(values), 3))
costs = training.model.decoder(tf.constant(z, tf.float32), tf.constant(training._data)).numpy()
decoder = training.decoder()
context = decoder.context(z)
worst = 0.0
for k, token in enumerate(tokens.tokens):
    known = values[:, k] < token.size - token.place
    chances = decoder.chances(context, k)
    own = -np.log(chances[known, values[known, k]])
    worst = max(worst, float(np.abs(own - costs[k, known]).max()))
    decoder.see(context, k, values[:, k])
print(json.dumps({**found, "worst": worst, "tokens": len(tokens)}))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The folder of a model, and what its training told; then both decoders beside each other, in the same process."""
    folder = tmp_path_factory.mktemp("vae")
    return folder, run(TRAIN + BOTH, folder)


def test_numpy_decodes_as_keras_does(trained: tuple[Path, Any]) -> None:
    """Token by token, after the same earlier ones, both decoders see the same chances."""
    _, found = trained
    assert found["tokens"] > 3
    assert found["worst"] < 1e-3


def test_training_says_what_it_did(trained: tuple[Path, Any]) -> None:
    _, found = trained
    assert not found["torch"]
    first, last = found["losses"][0], found["losses"][-1]
    assert set(last) == {"loss", "reconstruction", "latent", "validation"}
    assert last["validation"] < first["validation"]
    assert last["latent"] > 0.5  # the latent variables are in use
    assert any("nats of a row" in note for note in found["notes"])


def test_a_saved_model_makes_rows_without_tensorflow(trained: tuple[Path, Any]) -> None:
    folder, _ = trained
    code = (
        "import json, sys; from pathlib import Path; from engine.generators.vae import Vae;"
        f"made = Vae.load(Path({str(folder)!r})).sample(50, seed=1);"
        "print(json.dumps({'rows': len(made), 'heavy': [m for m in ('tensorflow', 'keras') if m in sys.modules]}))"
    )
    assert run(code, folder) == {"rows": 50, "heavy": []}


@cache
def made_people(folder: Path) -> Any:
    from engine.generators.vae import Vae

    return Vae.load(folder).sample(4_000, seed=1)


def test_margins_and_relations_are_recovered(trained: tuple[Path, Any]) -> None:
    table, _ = samples.people(1_500)
    made = made_people(trained[0])
    for name in ("height", "weight"):
        assert samples.distance(table[name], made[name]) < 0.06
    assert (samples.shares(table["group"]) - samples.shares(made["group"])).abs().max() < 0.05
    real, twin = (own[["height", "weight"]].corr().iloc[0, 1] for own in (table, made))
    assert twin == pytest.approx(real, abs=0.12)
    rate = [made.loc[made["group"] == group, "flag"].mean() for group in "ac"]
    assert rate[1] > rate[0] + 0.15
