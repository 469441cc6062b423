"""What a method's training and making of rows cost: the facts that it depends on, and the answer of each method.

A method tells its cost in seconds of one core of a reference machine (see `engine.machine`), from a formula whose
coefficients were measured (`benchmarks/estimates.py`) and stand beside the method. `engine.estimates` turns that into
the seconds of this machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

_USUAL_DISTINCT = 1_000  # values of a number that nobody has counted
_USUAL_LEVELS = 10
_MANY = 500  # levels from which a category has many


@dataclass(frozen=True, slots=True)
class Work:
    """A table, as far as time and memory depend on it.

    rows: to learn from; numbers: different values of each column of numbers or dates, levels: of each other column,
    both of modelled columns in the table's order; made: rows to make.
    """

    rows: int
    numbers: tuple[int, ...]
    levels: tuple[int, ...]
    made: int

    @classmethod
    def uncounted(cls, rows: int, numbers: int, others: int) -> Work:
        """Of a table of which only the kinds are known, with values as most tables have them."""
        distinct, levels = min(rows, _USUAL_DISTINCT), min(rows, _USUAL_LEVELS)
        return cls(rows, (distinct,) * numbers, (levels,) * others, rows)

    @property
    def columns(self) -> int:
        return len(self.numbers) + len(self.levels)

    @property
    def cells(self) -> int:
        """Rows times columns."""
        return self.rows * self.columns

    @property
    def cells_made(self) -> int:
        return self.made * self.columns

    @property
    def ordering(self) -> float:
        """Seconds to find which levels are alike (`engine.generators.levels`), which only count where they are many."""
        return 1.9e-8 * self.rows * sum(levels for levels in self.levels if levels > _MANY)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a method needs for a `Work`. Seconds are of one core of the reference machine.

    train, make: seconds to learn the rows and to make the new ones; memory: most bytes beyond those of a process that
    holds the table; products: share of the training that is products of matrices, of which machines differ most;
    threads: cores that the training can use at once; start: seconds to load the packages; most: seconds after which
    the method ends by itself, by the clock.
    """

    train: float
    make: float
    memory: float
    products: float = 0.0
    threads: int = 1
    start: float = 0.0
    most: float = math.inf
