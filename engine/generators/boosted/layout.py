"""How an ensemble of trees lies in arrays: bins of features, and moves of rows between leaves.

A *column* turns one feature into one byte, its bin. For a number that is how many of the ensemble's own thresholds lie
below it, with missing values in a bin below or above all others; for a category it is one bit of a byte: column
(feature, byte) shows categories 8 * byte .. 8 * byte + 7 and is 0 for all others.

A tree starts with every row at leaf 0. Each of its *moves* takes the rows that wait at leaf `source` and pass its test
to leaf `target`: a node leaves the rows that go left where they are and moves the others to a new leaf. A node whose
categories lie in several bytes is several moves: out of the leaf by the first byte, back into it by the others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Whoever changes a number below must change `kernels.py`, too: compiled code that was kept on disk is known by that
# file's time and size only.

# Kinds of columns. What is missing goes to the lowest or the highest bin; zero may count as missing.
PLAIN, LOW, HIGH, ZERO_LOW, ZERO_HIGH, CATEGORY = range(6)  # PLAIN: a missing value is 0
NEAR_ZERO = 1.0000000180025095e-35  # LightGBM's: what is nearer to zero is zero
MISSING_BIN = 255
MOST_EDGES = 254  # thresholds of a feature: LightGBM trains on 255 bins
MOST_LEAVES = 256  # of a tree

# Tests of moves
BEYOND = 0  # bin above the operand
BESIDE = 1  # bin shares no bit with the operand
WITHIN = 2  # bin shares a bit with the operand

BLOCK = 512  # rows that are scored together: their bins and scores stay in the processor's nearest memory

# Of each column: feature, kind, byte of a category, first of its edges (and one past the last), and all edges.
Columns = tuple[NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]

# Of each move: test, column, operand, source, target; of each tree: first move and first leaf (and one past the last);
# the value of each leaf. Tree t adds to the score of class t modulo their number.
Trees = tuple[
    NDArray[np.uint8],
    NDArray[np.int32],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.uint8],
    NDArray[np.int64],
    NDArray[np.int64],
    NDArray[np.float64],
]
