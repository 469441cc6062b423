"""Given values as weights of cells, for methods on a chain with exact relations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.codecs.grid import CodeCondition
from engine.codecs.table import TableCodec
from engine.conditions import Condition
from engine.generators.cells import Cells
from engine.generators.chain import Chain
from engine.generators.demands import both, code_demands, refusal

Floats = NDArray[np.float64]


def chain_demands(
    given: Sequence[Condition], codec: TableCodec, cells: Sequence[Cells], chain: Chain
) -> tuple[dict[int, CodeCondition], dict[int, Floats]]:
    """What each column's values must be, and the weights of cells, those of linked columns passed on to their sources.

    Raises ConditionError for the first condition that cannot be fulfilled, alone or beside those before it.
    """
    demands: dict[int, CodeCondition] = {}
    weights: dict[int, Floats] = {}
    passed: dict[int, Floats] = {}
    for condition in given:
        ((j, demand),) = code_demands([condition], codec).items()
        if chain.passed_on({j: cells[j].weights(demand)}) is None:
            raise refusal(condition, "training saw no such row")
        source = chain.copied(j)
        at = j if source is None else source
        demands[at] = both(demands[at], demand) if at in demands else demand
        weights[at] = cells[at].weights(demands[at])
        possible = chain.passed_on(weights)
        if possible is None:
            raise refusal(condition, "training saw no row that fulfils it together with the other conditions")
        passed = possible
    return demands, passed
