"""The Transformer's parts: paths, orders, the network in any order, demands; and how its failures are handled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from engine import fallback
from engine.conditions import Condition
from engine.errors import FitError
from engine.generators.deep.transformer.paths import BASE, WIDE, Layout, Paths
from engine.generators.transformer import Transformer
from engine.progress import Budget, CancelToken, Progress
from tests.contracts.zoo import ZOO, mixed

torch = pytest.importorskip("torch")

from engine.generators.deep.torchtools import session  # noqa: E402
from engine.generators.deep.transformer.draws import Draw  # noqa: E402
from engine.generators.deep.transformer.learner import Learner, known_first, orders  # noqa: E402
from engine.generators.deep.transformer.network import Cache, Network, Size  # noqa: E402

QUICK = {"epochs": 2, "width": 32, "layers": 1, "detail": 64}
ANIMAL = mixed(600)
LARGE = mixed(2_000)  # enough rows for what a training learns of the relations not to hang on rounding


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with session(0, "tests"):
        yield


@pytest.fixture(scope="module")
def model() -> Transformer:
    return Transformer({"detail": 128, "layers": 1}).fit(LARGE.table, LARGE.schema, seed=1)


@pytest.mark.parametrize(("leaves", "levels"), [(1, 1), (2, 1), (WIDE, 1), (WIDE + 1, 2), (512, 2), (20_000, 3)])
@pytest.mark.parametrize("gap", [False, True])
def test_paths_lead_to_every_leaf_by_few_tokens(leaves: int, levels: int, gap: bool) -> None:
    counts = np.arange(1, leaves + 1 + gap)
    if gap and leaves == WIDE:
        levels = 2
    paths = Paths(counts, gap)
    assert paths.levels == levels
    assert len(np.unique(paths.digits, axis=0)) == paths.size == len(counts)
    at = np.zeros(paths.size, np.int64)
    for level in range(levels):
        assert paths.width(level) <= max(WIDE, BASE + 1)
        np.testing.assert_allclose(paths.shares(level).sum(axis=1), 1.0)
        at = paths.child[level][at, paths.digits[:, level]]
    assert np.array_equal(at, np.arange(paths.size))
    if gap and levels > 1:
        assert (paths.digits[1:, 0] > 0).all()  # the first token says whether the value is missing


def test_cells_that_training_did_not_meet_go_to_the_nearest() -> None:
    paths = Paths(np.array([0, 3, 0, 0, 2]), missing=False)
    assert paths.cells.tolist() == [1, 4]
    assert paths.leaf.tolist() == [0, 0, 0, 1, 1]


def test_orders_put_some_columns_first_and_keep_the_table_s_order_within() -> None:
    found = orders(4_000, 5, 0.5, np.random.default_rng(0))
    assert (np.sort(found, axis=1) == np.arange(5)).all()
    falls = (np.diff(found, axis=1) < 0).sum(axis=1)
    assert falls.max() == 1
    assert 0.3 < (falls == 1).mean() < 0.5  # a first group that is first anyway changes nothing
    known = np.array([[False, True, False, True]])
    assert known_first(known).tolist() == [[1, 3, 0, 2]]


def network() -> tuple[Network, Layout]:
    layout = Layout([Paths(np.array(counts), False) for counts in ([5, 3], np.arange(1, 200), [1, 1, 1])])
    made = Network(layout, Size(16, 2, 2, 0.0)).eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return made, layout


def rows_of(layout: Layout, rows: int) -> torch.Tensor:
    rng = np.random.default_rng(1)
    drawn = [layout.start[k] + rng.integers(own.size, size=rows) for k, own in enumerate(layout.columns)]
    return torch.from_numpy(np.column_stack(drawn))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 0, 1], [1, 2, 0]])
def test_a_column_is_told_by_those_before_it_only(order: list[int]) -> None:
    made, layout = network()
    leaves = rows_of(layout, 9)
    orders_ = torch.tensor([order] * 9)
    before = made.losses(leaves, orders_)
    for place in range(3):
        changed = leaves.clone()
        changed[:, order[place]] = int(layout.start[order[place]])
        after = made.losses(changed, orders_)
        untouched = order[:place]
        torch.testing.assert_close(after[:, untouched], before[:, untouched])
        if place < 2:
            assert not torch.allclose(after[:, order[place + 1]], before[:, order[place + 1]])


def test_chances_sum_to_one_over_all_leaves() -> None:
    made, layout = network()
    rows = torch.from_numpy(np.tile(layout.start[:3], (199, 1)) + np.array([[0, 1, 0]]) * np.arange(199)[:, None])
    losses = made.losses(rows, torch.tensor([[0, 1, 2]] * 199)).detach()
    assert float(torch.exp(-losses[:, 1]).sum()) == pytest.approx(1.0, abs=1e-4)


def test_the_cache_gives_what_the_whole_row_gives() -> None:
    made, layout = network()
    leaves, order = rows_of(layout, 7), [2, 0, 1]
    whole = made.hidden(leaves, torch.tensor([order] * 7))
    cache, read = Cache(), made.start(7)
    for j in order:
        step = made.trunk(read, torch.full((7, 1), j), cache)
        torch.testing.assert_close(step[:, 0], whole[:, j], rtol=1e-4, atol=1e-5)
        read = made.values(leaves[:, [j]])


def test_a_demand_is_met_at_its_exact_chance(model: Transformer) -> None:
    inner = model.model
    j = next(j for j in inner.columns if inner.layout.columns[inner.place[j]].levels > 1)
    paths = inner.layout.columns[inner.place[j]]
    assert inner.network is not None
    hidden = inner.network.trunk(inner.network.start(400), torch.full((400, 1), inner.place[j]))[:, 0].detach()
    weight = np.zeros(paths.size)
    weight[5:23], weight[40] = 1.0, 0.25
    rng = np.random.default_rng(0)
    leaves, mass = Draw(inner, j, hidden).leaves(rng, weight)
    assert set(leaves.tolist()) <= {*range(5, 23), 40}
    free = np.concatenate([Draw(inner, j, hidden).leaves(rng)[0] for _ in range(20)])
    assert mass.mean() == pytest.approx(weight[free].mean(), abs=0.02)


def test_given_on_a_late_column_tells_the_earlier_ones(model: Transformer) -> None:
    table = model.sample(400, seed=0, given=[Condition("city", values=("Zürich",))])
    assert (table["age"] > 48).mean() > 0.85
    table = model.sample(400, seed=0, given=[Condition("city", values=("Bern",)), Condition("active", values=(True,))])
    assert table["age"].between(38, 55).mean() > 1.5 * LARGE.table["age"].between(38, 55).mean()


def test_a_nan_in_the_loss_hands_over_to_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "_step", lambda *_: float("nan"))
    with pytest.raises(FitError, match="no longer a number"):
        Transformer(QUICK).fit(ANIMAL.table, ANIMAL.schema, seed=0)
    generator, failed = fallback.fit("transformer", QUICK, ANIMAL.table, ANIMAL.schema, seed=0)
    assert generator.info.key == "cascade"
    assert "no longer a number" in failed[0].reason


def test_a_collapsed_network_is_found_and_the_column_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put = Learner.restore

    def collapse(self: Learner, weights: dict[str, np.ndarray]) -> None:
        put(self, weights)
        with torch.no_grad():
            self.network.bias[0][:, 0] += 50.0  # the first token of each column, whatever came before

    monkeypatch.setattr(Learner, "restore", collapse)
    with pytest.raises(FitError, match="collapsed") as found:
        Transformer(QUICK).fit(ANIMAL.table, ANIMAL.schema, seed=0)
    assert found.value.column == "age"


def test_a_network_that_learns_no_relations_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "_step", lambda *_: 1.0)
    with pytest.raises(FitError, match="no better than columns drawn one by one"):
        Transformer(QUICK).fit(ANIMAL.table, ANIMAL.schema, seed=0)


def test_no_time_hands_over_to_the_chain() -> None:
    generator, failed = fallback.fit("transformer", QUICK, ANIMAL.table, ANIMAL.schema, seed=0, budget=Budget(0.01))
    assert generator.info.key == "cascade"
    assert "the time was up" in failed[0].reason


def test_finishing_early_keeps_the_best_and_says_so() -> None:
    token, heard = CancelToken(), 0

    def listen(event: Progress) -> None:
        nonlocal heard
        heard += bool(event.losses)
        if heard == 12:
            token.finish()

    made = Transformer(QUICK).fit(ANIMAL.table, ANIMAL.schema, seed=1, progress=listen, cancel=token)
    assert "stopped by you; the best so far is kept" in made.notes[-1]
    assert len(made.sample(10, seed=0)) == 10


def test_the_notes_tell_how_training_ended(model: Transformer) -> None:
    assert any(note.startswith("Trained for ") for note in model.notes)


def test_rules_hold_in_made_and_in_filled_rows() -> None:
    rng = np.random.default_rng(0)
    city = rng.choice(["a", "b", "c", "d"], 500)
    table = pd.DataFrame({"city": pd.Series(city, dtype="str"), "land": pd.Series(np.char.upper(city), dtype="str")})
    from engine.table.schema import Column, Kind, Schema

    schema = Schema((Column("city", Kind.CATEGORICAL), Column("land", Kind.CATEGORICAL)), "towns")
    made = Transformer(QUICK).fit(table, schema, seed=0)
    rows = made.sample(200, seed=0)
    assert (rows["land"] == rows["city"].str.upper()).all()
    holes = table.assign(city=table["city"].mask(np.arange(500) % 2 == 0))
    filled = made.impute(holes, seed=0)
    pd.testing.assert_series_equal(filled["city"], table["city"])


def test_gaps_animal_keeps_its_links() -> None:
    animal = ZOO["gaps"]
    rows = Transformer(QUICK).fit(animal.table, animal.schema, seed=0).sample(500, seed=0)
    assert (rows["a"].isna() == rows["b"].isna()).all()
