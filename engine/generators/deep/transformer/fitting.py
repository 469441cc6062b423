"""Training of the Transformer: cells and links of the table, the network's epochs, and a look at what it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.codecs.numeric import NumericCodec
from engine.codecs.table import TableCodec
from engine.generators.boosted.smoothing import smooth
from engine.generators.cells import GridCells, fit_cells
from engine.generators.deep import torchtools
from engine.generators.deep.checks import ROWS, refuse_collapse, refuse_worse_than_marginals
from engine.generators.deep.training import Schedule, Training, batch_size, split_rows, with_default
from engine.generators.deep.transformer.learner import Learner
from engine.generators.deep.transformer.model import TableModel
from engine.generators.deep.transformer.network import Size
from engine.generators.deep.transformer.walk import new_rows
from engine.generators.relations import find_links
from engine.progress import Budget, CancelToken, Reporter
from engine.seeds import stream

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FREE = 0.3  # share of rows that are learned in an order of their own
_RATE = 2e-3
_AGAIN = 0.5  # of the rate, where training goes on
_DROPOUT, _DROPOUT_FEW = 0.1, 0.3  # with many rows, and with few
_MANY = 5_000
_PATIENCE = 6
_BATCH = 512
_PLACES = 16_384  # rows times columns of a batch, at most
_LEAST_STEPS = 600  # a small table is gone through more often, until that many batches were learned from
_COMPARED = 100  # rows from which made rows must beat columns drawn one by one
_MADE_CELLS = 400_000  # rows times columns that are made at a time
_SEEN = 5_000  # real rows that made ones are held against


class Wishes(Protocol):
    @property
    def epochs(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def detail(self) -> int: ...


def begun(codec: TableCodec, codes: Floats, wishes: Wishes, seed: int, reporter: Reporter) -> TableModel:
    """A model with the table's cells and links and an untrained network, which makes columns one by one."""

    def step() -> None:
        reporter.step(0)

    cells = fit_cells(codec, codes, stream(seed, "transformer", "orders"), resolution=wishes.detail, step=step)
    for j, own in enumerate(cells):
        if isinstance(own, GridCells):
            smooth(own.grid, codes[:, j], stream(seed, "transformer", "smooth", j))
    found = [own.cell(codes[:, j]) for j, own in enumerate(cells)]
    numbers = [isinstance(column, NumericCodec) for column in codec.codecs]
    order, links = find_links(codes, found, [own.size for own in cells], numbers, step)
    heads = next(n for n in (4, 2, 1) if wishes.width % n == 0)
    size = Size(wishes.width, wishes.layers, heads, _DROPOUT if len(codes) >= _MANY else _DROPOUT_FEW)
    with torchtools.session(seed, "transformer", "weights"):
        return TableModel.fresh(order, links, cells, np.column_stack(found), size)


def trained(
    model: TableModel,
    codec: TableCodec,
    codes: Floats,
    wishes: Wishes,
    seed: int,
    reporter: Reporter,
    cancel: CancelToken | None,
    budget: Budget,
) -> list[str]:
    """Train the model on (rows, columns) codes; sentences on how it went.

    Raises FitError where training diverged, learned nothing in its time, or what it makes is no good.
    """
    notes = _epochs(model, codes, _schedule(len(codes), model, wishes.epochs), seed, reporter, cancel, budget)
    with torchtools.session(seed, "transformer", "look"):
        _look(model, codec, codes, seed, reporter)
    return notes


def trained_on(
    model: TableModel,
    codec: TableCodec,
    codes: Floats,
    before: int,
    wishes: Wishes,
    seed: int,
    reporter: Reporter,
    cancel: CancelToken | None,
    budget: Budget,
) -> tuple[TableModel, list[str]]:
    """A model that has learned the (rows, columns) codes as well; the one given stays as it is.

    The rows of earlier trainings are not kept: as many made by the model stand in for them, so that it does not forget.
    """
    both = np.concatenate([codes, *_remembered(model, before, seed, reporter)])
    later = TableModel.from_state(model.state())
    schedule = _schedule(len(both), model, wishes.epochs)
    schedule = replace(schedule, rate=_AGAIN * schedule.rate, epochs=max(schedule.epochs // 2, 1))
    notes = _epochs(later, both, schedule, seed, reporter, cancel, budget)
    with torchtools.session(seed, "transformer", "look"):
        _look(later, codec, both, seed, reporter)
    return later, notes


def _remembered(model: TableModel, rows: int, seed: int, reporter: Reporter) -> list[Floats]:
    """As many rows made by the model, in parts."""
    step = max(_MADE_CELLS // len(model.cells), 1)
    parts = []
    with torchtools.session(seed, "transformer", "remember"):
        for batch, at in enumerate(range(0, rows, step)):
            made = new_rows(model, min(step, rows - at), {}, seed, f"remember {batch}", reporter)
            assert made is not None
            parts.append(made)
    return parts


def _schedule(rows: int, model: TableModel, epochs: int) -> Schedule:
    batches = max(rows // _batch(rows, len(model.columns)), 1)
    return Schedule(max(epochs, min(_LEAST_STEPS // batches, 10 * epochs)), _RATE, patience=_PATIENCE)


def _batch(rows: int, columns: int) -> int:
    return min(batch_size(rows, most=_BATCH, least=32, batches=16), max(_PLACES // max(columns, 1), 16))


def _epochs(
    model: TableModel,
    codes: Floats,
    schedule: Schedule,
    seed: int,
    reporter: Reporter,
    cancel: CancelToken | None,
    budget: Budget,
) -> list[str]:
    if model.network is None:
        return []
    leaves = model.leaves(model.found(codes))
    rows, held = split_rows(len(leaves), seed, "transformer")
    budget = with_default(budget, len(leaves), leaves.shape[1])
    batch = _batch(len(rows), leaves.shape[1])
    work = batch * leaves.shape[1] * model.size.width
    with torchtools.session(seed, "transformer", "epochs", work=work) as where:
        learner = Learner(
            model.network,
            leaves[rows],
            leaves[held],
            batch=batch,
            free=FREE,
            rng=stream(seed, "transformer", "batches"),
            where=where,
        )
        outcome = Training(schedule, budget, reporter, cancel).run(learner)
    model.network.eval()
    outcome.demand()
    return [outcome.sentence]


def _look(model: TableModel, codec: TableCodec, codes: Floats, seed: int, reporter: Reporter) -> None:
    """Raise FitError where the rows that the model makes have collapsed or keep no relations."""
    rng = stream(seed, "transformer", "look")
    made = new_rows(model, ROWS, {}, seed, "look", reporter)
    assert made is not None
    discrete: Sequence[bool] = [column.discrete for column in codec.codecs]
    names = [column.column.name for column in codec.codecs]
    if len(codes) > _SEEN:
        codes = codes[rng.choice(len(codes), _SEEN, replace=False)]
    refuse_collapse(codes, made, names, discrete, rng)
    if len(codes) >= _COMPARED:
        refuse_worse_than_marginals(codes, made, discrete, rng)
