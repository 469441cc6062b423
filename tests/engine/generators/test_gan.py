"""The GAN: its parts agree with each other, and broken training is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from engine.codecs.table import TableCodec
from engine.errors import FitError
from engine.generators.deep import checks
from engine.generators.deep.blocks import Encoded, TableBlocks
from engine.generators.deep.gan import learner as learning
from engine.generators.deep.gan.conditions import Conditions, as_they_occur, first_guess
from engine.generators.deep.gan.judge import Judge, train_judge
from engine.generators.deep.gan.layout import Layout
from engine.generators.deep.gan.learner import Learner
from engine.generators.deep.gan.likeness import Products
from engine.generators.deep.gan.losses import Pairs, gradient_penalty
from engine.generators.deep.gan.model import layout_of
from engine.generators.deep.gan.networks import Critic, Looks, Size
from engine.generators.deep.torchtools import session
from engine.generators.gan import Gan
from engine.table.schema import Schema
from tests.engine.generators.samples import decimal, of, people

SMALL = {"epochs": 2, "width": 64, "candidates": 2}
PEAKS, PLACES = np.array([10.0, 20.0, 50.0]), np.array([5.0, -5.0, 0.0])


def peaks(rows: int = 1_500, seed: int = 0) -> tuple[pd.DataFrame, Schema]:
    """Three narrow peaks of x; y lies at a place of its own for each of them, the kind is nearly always theirs."""
    rng = np.random.default_rng(seed)
    peak = rng.choice(3, rows, p=[0.5, 0.35, 0.15])
    x = np.round(PEAKS[peak] + rng.normal(0, 0.3, rows), 3)
    y = np.round(PLACES[peak] + rng.normal(0, 0.5, rows), 3)
    return of((decimal("x", 3), x), (decimal("y", 3), y))


def small(seed: int = 0, rows: int = 400) -> tuple[Learner, TableBlocks, Encoded, TableCodec, np.ndarray]:
    table, schema = people(rows, seed)
    codec = TableCodec(schema).fit(table)
    codes = codec.encode(table)
    blocks = TableBlocks.fit(codec, codes, 0)
    encoded = blocks.encode(codes)
    layout = layout_of(codec, blocks)
    with session(0, "test") as where:
        own = Learner(
            layout, Size(noise=8, width=16, pack=2), encoded, encoded,
            batch=8, pairs=1.0, rng=np.random.default_rng(0), where=where,
        )  # fmt: skip
    return own, blocks, encoded, codec, codes


# Broken training


def test_a_loss_that_is_no_number_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(critic: Critic, real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        return gradient_penalty(critic, real, made) * float("nan")

    monkeypatch.setattr(learning, "gradient_penalty", broken)
    table, schema = people(400)
    with pytest.raises(FitError, match="no longer a number"):
        Gan(SMALL).fit(table, schema, seed=0)


def test_a_generator_that_collapsed_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Training ends on one option of every block, whatever the noise, and validation does not see it."""
    learn = Learner.learn

    def collapsing(self: Learner, rate: float) -> dict[str, float]:
        losses = learn(self, rate)
        with torch.no_grad():
            self.average.out.weight.zero_()
            self.average.out.bias.zero_()
            self.average.out.bias[self.layout.start[:-1]] = 50.0
        return losses

    falling = iter(range(1_000, 0, -1))
    monkeypatch.setattr(Learner, "learn", collapsing)
    monkeypatch.setattr(Learner, "validate", lambda self: float(next(falling)))
    table, schema = people(600)
    with pytest.raises(FitError, match="collapsed"):
        Gan(SMALL).fit(table, schema, seed=0)


def test_a_generator_that_learns_no_relation_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "learn", lambda self, rate: {"critic": 0.0})
    monkeypatch.setattr(learning, "first_guess", lambda layout, options: None)
    table, schema = peaks(300)
    with pytest.raises(FitError, match="columns drawn one by one"):
        Gan(SMALL).fit(table, schema, seed=0)


def test_a_wide_table_that_was_not_learned_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the first guess rows a little worse than unrelated columns are refused, too."""
    seen = (checks.Likeness(0.87, float("nan")), checks.Likeness(0.88, float("nan")))
    monkeypatch.setattr(checks, "refuse_worse_than_marginals", lambda *_: seen)
    table, schema = people(120)
    Gan({"epochs": 1, "width": 16}).fit(table, schema, seed=0)
    monkeypatch.setattr(learning, "first_guess", lambda layout, options: None)
    with pytest.raises(FitError, match="learned no relation"):
        Gan({"epochs": 1, "width": 16}).fit(table, schema, seed=0)


# What it is for


def test_a_small_table_keeps_its_peaks_and_what_belongs_to_each() -> None:
    table, schema = peaks(300)
    made = Gan({"epochs": 1, "width": 32}).fit(table, schema, seed=0).sample(2_000, seed=1)
    x, y = made["x"].to_numpy(), made["y"].to_numpy()
    peak = np.abs(x[:, None] - PEAKS).argmin(axis=1)
    assert (np.abs(x - PEAKS[peak]) < 1.5).all()  # nothing lies between the peaks
    for place, centre in enumerate(PLACES):
        own = y[peak == place]
        assert len(own) > 100
        assert (np.abs(own - centre) < 2).mean() > 0.93


def test_tiny_tables_need_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = []
    learn = Learner.learn
    monkeypatch.setattr(Learner, "learn", lambda self, rate: counted.append(rate) or learn(self, rate))
    table, schema = people(25)
    Gan({"width": 16}).fit(table, schema, seed=0)
    assert 0 < len(counted) <= 100


# Its parts


def test_rows_look_the_same_to_numpy_and_torch() -> None:
    own, _, encoded, _, _ = small()
    looks = Looks(own.layout)
    scalars = torch.from_numpy(encoded.scalars)
    found = looks.features(torch.from_numpy(own.layout.hot(encoded.options)), scalars)
    np.testing.assert_allclose(found.numpy(), own.layout.features(encoded), atol=1e-6)


def test_ranks_rise_with_the_values() -> None:
    own, _, encoded, codec, codes = small()
    features = own.layout.features(encoded)
    ranks = features[:, own.layout.options + own.layout.scalars :]
    numbers = [j for j, column in enumerate(codec.codecs) if not column.discrete]
    for place, j in enumerate(numbers):
        assert pd.Series(ranks[:, place]).corr(pd.Series(codes[:, j]), method="spearman") > 0.999
    assert np.abs(ranks).max() <= 1


def test_sampling_without_torch_says_what_the_network_says() -> None:
    own, *_ = small()
    for _ in range(3):
        own.learn(1e-3)
    noise = np.random.default_rng(0).normal(size=(20, 8)).astype(np.float32)
    asked = np.arange(20) % own.layout.options
    with torch.no_grad():
        logits, scalars = own.average(torch.from_numpy(noise), torch.from_numpy(asked))
    by_numpy = own.maker().outputs(noise, asked)
    np.testing.assert_allclose(by_numpy[0], logits.numpy(), atol=1e-4)
    np.testing.assert_allclose(by_numpy[1], scalars.numpy(), atol=1e-4)


def test_one_batch_teaches_both_networks() -> None:
    own, *_ = small()
    before = [p.detach().clone() for net in (own.generator, own.critic) for p in net.parameters()]
    losses = own.learn(1e-2)
    after = [p.detach() for net in (own.generator, own.critic) for p in net.parameters()]
    assert set(losses) == {"critic", "generator", "condition", "pairs"}
    assert all(np.isfinite(loss) for loss in losses.values())
    assert sum(not torch.equal(a, b) for a, b in zip(before, after, strict=True)) > len(before) / 2


def test_drawn_options_follow_their_chances_and_pass_gradients() -> None:
    own, *_ = small()
    looks, rows = Looks(own.layout), 4_000
    torch.manual_seed(0)
    logits = torch.log(torch.from_numpy(own.layout.shares).float() + 1e-6).repeat(rows, 1).requires_grad_(True)
    hot = looks.drawn(logits)
    np.testing.assert_allclose(hot.detach().mean(dim=0).numpy(), own.layout.shares, atol=0.04)
    for i in range(own.layout.blocks):
        np.testing.assert_allclose(hot[:, own.layout.part(i)].detach().sum(dim=1).numpy(), 1, atol=1e-5)
    hot[:, 0].sum().backward()
    assert logits.grad is not None
    assert float(logits.grad.abs().sum()) > 0


def test_rare_options_are_practised_and_stand_beside_a_row_that_has_them() -> None:
    rng = np.random.default_rng(0)
    options = np.c_[(np.arange(1_000) < 10).astype(np.int64), rng.integers(0, 3, 1_000)]
    asked = Conditions(options, np.array([2, 3])).draw(4_000, rng)
    assert (options[asked.row, asked.block] == asked.option).all()
    rare = asked.option[asked.block == 0].mean()
    assert 0.15 < rare < 0.4  # log 11 / (log 11 + log 991) is a quarter; a hundredth of the rows have it


def test_for_the_person_options_are_asked_for_as_often_as_they_occur() -> None:
    own, *_ = small()
    layout = own.layout
    asked = as_they_occur(layout, 40_000, np.random.default_rng(0))
    share = np.bincount(asked, minlength=layout.options) / 40_000 * layout.blocks
    np.testing.assert_allclose(share, layout.shares, atol=0.03)


def test_the_first_guess_knows_relations_and_tells_no_rare_option() -> None:
    options = np.c_[np.arange(400) % 2, np.arange(400) % 2]
    options[:3, 0] = 2  # three rows share an option, and all of them have 0 in the other block
    options[:3, 1] = 0

    class Three(Layout):
        def __init__(self) -> None:
            self.sizes, self.blocks, self.scalars, self.options = np.array([3, 2]), 2, 0, 5
            self.start, self.middle = np.array([0, 3, 5]), np.zeros((0, 5))
            self.shares = np.r_[np.bincount(options[:, 0]), np.bincount(options[:, 1])] / 400

    guess = first_guess(Three(), options)
    assert guess is not None
    share = np.exp(guess)
    assert share[0, 3] > 0.99  # what goes with 0 in the first block
    assert share[1, 4] > 0.99
    np.testing.assert_allclose(share[2, 3:], np.bincount(options[:, 1]) / 400, atol=1e-6)


def test_products_of_entries_show_a_lost_relation() -> None:
    torch.manual_seed(0)
    real = torch.randn(2_000, 1).repeat(1, 2)
    apart = torch.randn(2_000, 2, requires_grad=True)
    pairs = Pairs(2)
    pairs.loss(real, apart).backward()
    wrong = pairs.size
    pairs.renew()
    pairs.loss(real, real.flip(0))
    assert wrong > 100 * pairs.size + 0.5
    assert apart.grad is not None
    moved = (apart - 100 * apart.grad).detach()
    assert np.corrcoef(moved.T.numpy())[0, 1] > 0.05


def test_wide_rows_are_folded_and_still_tell_a_lost_relation() -> None:
    torch.manual_seed(0)
    half = (torch.rand(500, 1) < 0.5).float()
    real = torch.cat([half, torch.zeros(500, 1_500), half], dim=1)
    apart = torch.cat([half, torch.zeros(500, 1_500), half[torch.randperm(500)]], dim=1)
    pairs = Pairs(1_502)
    pairs.loss(real, apart)
    wrong = pairs.size
    pairs.renew()
    pairs.loss(real, real.clone())
    assert wrong > 0.01
    assert pairs.size < 1e-9


def test_likeness_sees_relations() -> None:
    own, _, encoded, _, _ = small()
    features = own.layout.features(encoded)
    judged = Products(own.layout, features, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    apart = np.column_stack([rng.permutation(features[:, own.layout.home == i]) for i in range(own.layout.blocks)])
    order = np.argsort(own.layout.home, kind="stable")
    assert judged.far(features) < 1e-9
    assert judged.far(apart[:, np.argsort(order)]) > 0.5


def test_corrected_shares_are_those_of_training() -> None:
    own, *_ = small()
    for _ in range(30):
        own.learn(5e-3)
    maker = own.maker()
    maker.calibrate(4_000, np.random.default_rng(0))
    made = maker.make(4_000, np.random.default_rng(1))
    shares = own.layout.hot(made.options).mean(axis=0)
    np.testing.assert_allclose(shares, own.layout.shares, atol=0.03)


def test_the_judge_prefers_what_is_real() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(800, 1))
    real = np.c_[x, x + 0.1 * rng.normal(size=(800, 1))].astype(np.float32)
    made = rng.normal(size=(800, 2)).astype(np.float32)
    with session(0, "judge"):
        trained = train_judge(
            real.__getitem__, made.__getitem__, (800, 800), width=32, batch=64, rng=rng, more=lambda _: True
        )
        none = train_judge(
            made[:400].__getitem__, made[400:].__getitem__, (400, 400), width=32, batch=64, rng=rng, passes=3,
            more=lambda _: True,
        )  # fmt: skip
    assert trained is not None
    judge = Judge(trained)
    assert judge.log_weight(real).mean() > judge.log_weight(made).mean() + 1
    assert none is None or np.abs(Judge(none).log_weight(made)).mean() < 0.5
