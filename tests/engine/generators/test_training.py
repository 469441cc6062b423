"""The training loop of deep methods, with a make-believe network."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from engine.errors import Cancelled, FitError
from engine.generators.deep.training import (
    STEPS,
    Outcome,
    Pace,
    Schedule,
    Training,
    Weights,
    batch_size,
    default_seconds,
    split_rows,
    with_default,
)
from engine.progress import Budget, CancelToken, Progress, Reporter

BATCHES = 4
SHORT = Schedule(epochs=20, rate=1.0, patience=5)


class Network:
    """Its one weight is the number of epochs it has learned; `losses` says what each validation finds."""

    def __init__(self, losses: Callable[[int], float], loss: Callable[[int], float] = lambda epoch: 1.0) -> None:
        self.losses, self.loss = losses, loss
        self.epochs = 0
        self.rates: list[float] = []

    def epoch(self, pace: Pace) -> Mapping[str, float]:
        for rate in pace.rates(BATCHES):
            self.rates.append(rate)
        self.epochs += 1
        return {"loss": self.loss(self.epochs)}

    def validate(self) -> float:
        return self.losses(self.epochs)

    def snapshot(self) -> Weights:
        return {"epochs": np.array([self.epochs])}

    def restore(self, weights: Weights) -> None:
        self.epochs = int(weights["epochs"][0])


def train(
    network: Network,
    schedule: Schedule = SHORT,
    *,
    budget: Budget | None = None,
    cancel: CancelToken | None = None,
    events: list[Progress] | None = None,
) -> Outcome:
    reporter = Reporter("train", STEPS, None if events is None else events.append, cancel)
    return Training(schedule, budget or Budget(), reporter, cancel).run(network)


def test_the_best_epoch_is_kept_and_the_end_has_a_reason() -> None:
    network = Network(lambda epoch: abs(epoch - 7) + 1.0)
    outcome = train(network)
    assert network.epochs == outcome.best == 7
    assert len(outcome.history) == 12
    assert outcome.reason == "no better for 5 epochs"
    assert outcome.sentence == "Trained for 12 epochs; epoch 7 is kept: no better for 5 epochs."
    assert outcome.in_time
    assert outcome.learned


def test_all_epochs() -> None:
    network = Network(lambda epoch: -float(epoch))
    outcome = train(network)
    assert outcome.best == 20
    assert outcome.reason == "all 20 epochs are done"
    assert outcome.curve() == {"loss": [1.0] * 20, "validation": [-float(n) for n in range(1, 21)]}


def test_the_rate_warms_up_and_falls_along_a_cosine() -> None:
    network = Network(lambda epoch: -float(epoch))
    train(network, Schedule(epochs=50, rate=0.3, warm_up=0.1))
    assert len(network.rates) == 50 * BATCHES
    top = int(np.argmax(network.rates))
    assert network.rates[top] == pytest.approx(0.3)
    assert top == pytest.approx(0.1 * 50 * BATCHES, abs=1)
    assert (np.diff(network.rates[:top]) >= 0).all()
    assert (np.diff(network.rates[top:]) < 0).all()
    assert network.rates[-1] < 0.01


def test_nothing_learned_leaves_the_start() -> None:
    network = Network(lambda epoch: float(epoch))
    outcome = train(network)
    assert network.epochs == 0
    assert not outcome.learned
    assert "none was better than the start" in outcome.sentence
    outcome.demand()  # there was time, and nothing to be learned


def test_a_budget_that_is_spent_ends_training_and_hastens_the_rate() -> None:
    class Clock(Budget):
        asked = 0

        def spent(self) -> float:
            self.asked += 1
            return self.asked * 0.1

    network = Network(lambda epoch: -float(epoch))
    outcome = train(network, Schedule(epochs=1_000, rate=1.0), budget=Clock(10.0))
    assert 1 < outcome.best == len(outcome.history) < 100
    assert outcome.reason == "the time was up after 10 s"
    assert not outcome.in_time
    assert network.rates[-1] < 0.05
    outcome.demand()


def test_no_time_at_all_is_a_failure_for_the_chain() -> None:
    outcome = train(Network(lambda epoch: -float(epoch)), budget=Budget(0))
    assert outcome.history == ()
    with pytest.raises(FitError, match="the time was up after 0 s"):
        outcome.demand()


def test_an_ample_budget_changes_nothing() -> None:
    free, timed = (Network(lambda epoch: -float(epoch)) for _ in range(2))
    train(free)
    train(timed, budget=Budget(1e6))
    assert free.rates == timed.rates


@pytest.mark.parametrize("loss", [np.nan, np.inf, -np.inf])
def test_a_loss_that_is_no_number(loss: float) -> None:
    with pytest.raises(FitError, match="“loss” was no longer a number in epoch 3"):
        train(Network(lambda epoch: 0.0, lambda epoch: loss if epoch == 3 else 1.0))
    with pytest.raises(FitError, match="“validation”"):
        train(Network(lambda epoch: loss if epoch == 3 else 1.0))


def test_a_loss_that_grows_without_end() -> None:
    with pytest.raises(FitError, match="diverged"):
        train(Network(lambda epoch: -float(epoch), lambda epoch: 10.0**epoch))


def test_cancelled_in_the_middle_of_an_epoch() -> None:
    token = CancelToken()
    network = Network(lambda epoch: token.cancel() or 0.0 if epoch == 2 else -float(epoch))
    with pytest.raises(Cancelled):
        train(network, cancel=token)
    assert len(network.rates) == 2 * BATCHES


def test_finish_keeps_the_best_so_far() -> None:
    token = CancelToken()
    network = Network(lambda epoch: token.finish() or -1.0 if epoch == 4 else -1.0 if epoch == 3 else 0.0)
    outcome = train(network, cancel=token)
    assert network.epochs == outcome.best == 3
    assert outcome.reason == "stopped by you; the best so far is kept"
    assert outcome.in_time


def test_progress_has_losses_and_time_left() -> None:
    events: list[Progress] = []
    train(Network(lambda epoch: -float(epoch)), events=events)
    told = [event for event in events if event.losses]
    assert len(told) == 20
    assert all(set(event.losses) == {"loss", "validation"} for event in told)
    assert told[0].message == "epoch 1"
    assert all(event.seconds_left is not None for event in told)
    steps = [event.step for event in events]
    assert steps == sorted(steps)
    assert steps[-1] == STEPS - 1  # the last step is the caller's


def test_rows_are_split_whole_and_the_same_way_each_time() -> None:
    train_, held = split_rows(1_000, 5, "a")
    assert len(held) == 100
    assert sorted([*train_, *held]) == list(range(1_000))
    assert np.array_equal(held, split_rows(1_000, 5, "a")[1])
    assert not np.array_equal(held, split_rows(1_000, 6, "a")[1])
    assert len(split_rows(1_000_000, 5, "a")[1]) == 10_000
    few, all_ = split_rows(20, 5, "a")
    assert np.array_equal(few, all_)


def test_time_and_batches_follow_the_size() -> None:
    assert default_seconds(300, 10) < 60
    assert 200 < default_seconds(24_421, 15) <= 300
    assert default_seconds(10**7, 100) == 1_800
    assert with_default(Budget(7.0), 10, 10).seconds == 7.0
    assert with_default(Budget(), 10, 10).seconds == default_seconds(10, 10)
    sizes = [batch_size(rows) for rows in (1, 300, 1_000, 20_000, 10**6)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 16
    assert sizes[-1] == 1_024
