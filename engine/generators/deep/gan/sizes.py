"""How much training a table of so many rows gets. Without any framework, for the page asks before there is a worker."""

from __future__ import annotations

import math

_LEAST, _PER = 50, 6  # batches of an epoch at least; rows for each batch where that makes fewer
_PER_ROOT = 2.0  # neurons for each unit of the root of the rows


def batches(rows: int, batch: int) -> int:
    """Batches of an epoch, of `batch` rows each: at least 50, or one for each six rows where those are fewer."""
    return max(rows // batch, min(_LEAST, rows // _PER), 1)


def neurons(rows: int, most: int) -> int:
    """Neurons of a hidden layer: a power of two in proportion to the root of the rows, at most `most`."""
    return int(min(most, 2 ** math.ceil(math.log2(_PER_ROOT * math.sqrt(rows)))))
