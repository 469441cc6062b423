"""Boosted trees of LightGBM, trained with early stopping and kept as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.errors import MissingPackageError
from engine.generators.boosted.ensemble import Ensemble
from engine.generators.boosted.layout import MOST_LEAVES

if TYPE_CHECKING:
    import lightgbm

Floats = NDArray[np.float64]
Features = NDArray[np.float32]
Mask = NDArray[np.bool_]

_ROOT_PER_LEAF, _FEWEST = 8.0, 7  # a tree has at most sqrt(rows) / 8 leaves, but never fewer than 7 for that reason


@dataclass(frozen=True, slots=True)
class Boosting:
    """How trees are boosted.

    leaves, rows: of a tree, and in each leaf at least; rate: of learning; rounds: at most; patience: rounds without
    gain on the held-out rows before it stops.
    """

    leaves: int
    rows: int
    rate: float = 0.1
    rounds: int = 300
    patience: int = 15
    l2: float = 1.0
    seed: int = 0

    def for_rows(self, rows: int) -> Boosting:
        """Fewer leaves for fewer rows: a large tree on few rows is mostly noise, and then training stops too soon."""
        most = min(self.leaves, MOST_LEAVES)
        return replace(self, leaves=int(np.clip(np.sqrt(rows) / _ROOT_PER_LEAF, min(_FEWEST, most), most)))

    def parameters(self, objective: str, classes: int, from_average: bool) -> dict[str, Any]:
        known: dict[str, Any] = {
            "objective": objective,
            "num_leaves": self.leaves,
            "min_data_in_leaf": self.rows,
            "learning_rate": self.rate,
            "lambda_l2": self.l2,
            "cat_smooth": 20,
            "boost_from_average": from_average,
            "seed": self.seed,
            "deterministic": True,
            "force_row_wise": True,
            # One thread: OpenMP's wait for each other by spinning, some hundred times a tree, and where another
            # process takes a core, a fit of 20 seconds does not end in 15 minutes. Columns train side by side instead.
            "num_threads": 1,
            "verbose": -1,
        }
        return {**known, "num_class": classes} if classes > 2 else known


Extra = TypeVar("Extra")  # what a training learns besides its trees

# Asked after each round with the held-out loss (nan without held-out rows); True ends training.
Watch = Callable[[int, float], bool]


class Boosted:
    """A trained model; `raw` gives its scores before the link function. LightGBM itself is needed for training only."""

    def __init__(self, trees: Ensemble, loss: float) -> None:
        self.trees = trees
        self.loss = loss  # held-out, at the best round; nan without held-out rows
        self.rounds = trees.rounds

    def raw(self, features: Features) -> Floats:
        """(rows, features) -> (rows,) scores, or (rows, classes)."""
        return self.trees.raw(features)

    def state(self) -> dict[str, Any]:
        return {"trees": self.trees.state(), "loss": self.loss if np.isfinite(self.loss) else None}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Boosted:
        loss = float("nan") if state["loss"] is None else float(state["loss"])
        return cls(Ensemble.from_state(state["trees"]), loss)


def need_library() -> None:
    """Raises MissingPackageError where the system lacks the OpenMP library, which LightGBM's package does not bring."""
    try:
        import lightgbm  # noqa: F401
    except OSError as error:
        raise MissingPackageError(
            "Boosted trees need the system's OpenMP library. On Debian and Ubuntu: apt install libgomp1; "
            "on macOS: brew install libomp."
        ) from error


def boost(
    features: Features,
    target: NDArray[Any],
    held: Mask,
    how: Boosting,
    *,
    objective: str,
    classes: int = 1,
    start: Floats | None = None,
    categories: Sequence[int] = (),
    watch: Watch,
) -> Boosted:
    """Train on (rows, features) until the `held` rows, left out, gain no more.

    start: (rows,) scores that the trees add to. Without held rows it takes all rounds.
    """
    need_library()
    import lightgbm

    def data(rows: Mask, reference: lightgbm.Dataset | None = None) -> lightgbm.Dataset:
        return lightgbm.Dataset(
            features[rows],
            target[rows],
            init_score=None if start is None else start[rows],
            categorical_feature=list(categories),
            params={"verbose": -1, "min_data_in_bin": 1 if len(features) < 1000 else 3},
            reference=reference,
            free_raw_data=True,
        )

    train = data(~held)
    valid = [data(held, train)] if held.any() else []
    losses: list[float] = []

    def after_round(env: Any) -> None:
        loss = float(env.evaluation_result_list[0][2]) if valid else float("nan")
        losses.append(loss)
        best = int(np.argmin(losses)) if valid else env.iteration
        if watch(env.iteration, loss) or env.iteration - best >= how.patience:
            raise lightgbm.callback.EarlyStopException(best, env.evaluation_result_list)

    how = how.for_rows(len(features))
    booster = lightgbm.train(
        how.parameters(objective, classes, start is None), train, how.rounds, valid_sets=valid, callbacks=[after_round]
    )
    best = int(np.argmin(losses)) + 1 if valid else len(losses)
    loss = losses[best - 1] if losses else float("nan")
    return Boosted(Ensemble.of_text(booster.model_to_string(num_iteration=best or -1)), loss)


def twice(
    train: Callable[[Mask, Boosting], tuple[Boosted, Extra]], held: Mask, how: Boosting, watch: Watch
) -> tuple[Boosted, Extra]:
    """What `train` makes until the `held` rows gain no more, and then anew on all rows, for as many rounds.

    Where the time does not last for the second training, the first one stands.
    """
    first, extra = train(held, how)
    if not held.any() or watch(first.rounds, first.loss):
        return first, extra
    again, other = train(np.zeros_like(held), replace(how, rounds=first.rounds))
    if again.rounds < first.rounds:
        return first, extra
    again.loss = first.loss
    return again, other
