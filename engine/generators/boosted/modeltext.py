"""LightGBM's text of a trained model -> arrays, as `layout` describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.generators.boosted.layout import (
    BESIDE,
    BEYOND,
    CATEGORY,
    HIGH,
    LOW,
    MOST_EDGES,
    MOST_LEAVES,
    PLAIN,
    WITHIN,
    ZERO_HIGH,
    ZERO_LOW,
    Columns,
    Trees,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CATEGORICAL, _DEFAULT_LEFT = 1, 2  # bits of a decision type; the next two bits say what is missing
_NOTHING, _ZERO = 0, 1

Column = tuple[int, int, int]  # feature, kind, byte of a category
Move = tuple[int, Column, float, int, int]  # test, column, threshold or mask, source, target


@dataclass(frozen=True, slots=True)
class _Tree:
    """One tree of the text; nodes stand after their parents."""

    leaves: Floats
    feature: Ints
    threshold: Floats
    decision: Ints
    left: Ints
    right: Ints
    set_start: Ints
    sets: NDArray[np.uint32]

    @classmethod
    def of(cls, text: str) -> _Tree:
        lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        if lines.get("is_linear", "0") != "0":
            raise ValueError("trees with linear leaves are not supported")

        def numbers(key: str, kind: type) -> NDArray[np.generic]:
            return np.array(lines.get(key, "").split(), dtype=np.float64 if kind is float else np.int64)

        split = int(lines["num_leaves"]) > 1  # a lone leaf comes with placeholders
        names = ("split_feature", "decision_type", "left_child", "right_child")
        feature, decision, left, right = (
            numbers(name, int).astype(np.int64) if split else np.zeros(0, np.int64) for name in names
        )
        return cls(
            numbers("leaf_value", float).astype(np.float64),
            feature,
            numbers("threshold", float).astype(np.float64) if split else np.zeros(0),
            decision,
            left,
            right,
            numbers("cat_boundaries", int).astype(np.int64),
            numbers("cat_threshold", int).astype(np.uint32),
        )

    def slots(self) -> tuple[Ints, Floats]:
        """(nodes,) leaf that waits to be split by each node, and (nodes + 1,) values of the leaves in this order."""
        slot = np.zeros(len(self.feature), dtype=np.int64)
        values = np.zeros(len(self.feature) + 1)
        if not len(slot):
            values[:] = self.leaves[0]
        for node in range(len(slot)):
            for child, own in ((int(self.left[node]), int(slot[node])), (int(self.right[node]), node + 1)):
                if child < 0:
                    values[own] = self.leaves[~child]
                elif child <= node:
                    raise ValueError("a node stands before its parent")
                else:
                    slot[child] = own
        return slot, values

    def moves(self, slot: Ints) -> Iterator[Move]:
        for node, here in enumerate(slot.tolist()):
            feature, decision, there = int(self.feature[node]), int(self.decision[node]), node + 1
            if not decision & _CATEGORICAL:
                column = (feature, _kind(decision >> 2 & 3, bool(decision & _DEFAULT_LEFT)), 0)
                yield BEYOND, column, float(self.threshold[node]), here, there
                continue
            at = int(self.threshold[node])
            mask = self.sets[self.set_start[at] : self.set_start[at + 1]].astype("<u4").view(np.uint8)
            first, *more = np.flatnonzero(mask).tolist() or [0]
            yield BESIDE, (feature, CATEGORY, first), float(mask[first]), here, there
            for byte in more:
                yield WITHIN, (feature, CATEGORY, byte), float(mask[byte]), there, here


def _kind(missing: int, low: bool) -> int:
    if missing == _NOTHING:
        return PLAIN
    if missing == _ZERO:
        return ZERO_LOW if low else ZERO_HIGH
    return LOW if low else HIGH


@dataclass
class _Found:
    """Thresholds of each column."""

    edges: dict[Column, set[float]] = field(default_factory=dict)

    def add(self, move: Move) -> None:
        own = self.edges.setdefault(move[1], set())
        if move[0] == BEYOND:
            own.add(move[2])


def read_model(text: str) -> tuple[int, int, Columns, Trees]:
    """Number of features and of classes, columns and trees. Raises ValueError for what the layout cannot hold."""
    head, *bodies = text.split("end of trees")[0].split("\nTree=")
    header = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    if "average_output" in head.splitlines():
        raise ValueError("averages of trees are not supported")
    values: list[Floats] = []
    moves: list[list[Move]] = []
    for body in bodies:
        tree = _Tree.of(body)
        slot, own = tree.slots()
        if len(own) > MOST_LEAVES:
            raise ValueError(f"a tree has {len(own)} leaves; {MOST_LEAVES} is the most")
        values.append(own)
        moves.append(list(tree.moves(slot)))
    columns, place, edges = _columns([move for own in moves for move in own])
    features, classes = int(header["max_feature_idx"]) + 1, int(header["num_tree_per_iteration"])
    return features, classes, columns, _trees(values, moves, place, edges)


def _columns(moves: list[Move]) -> tuple[Columns, dict[Column, int], dict[Column, Floats]]:
    found = _Found()
    for move in moves:
        found.add(move)
    keys = sorted(found.edges)
    edges = {key: np.array(sorted(found.edges[key])) for key in keys}
    most = max((len(own) for own in edges.values()), default=0)
    if most > MOST_EDGES:
        raise ValueError(f"a feature has {most} thresholds; {MOST_EDGES} is the most")
    feature, kind, byte = np.array(keys, dtype=np.int64).reshape(-1, 3).T
    columns = (
        feature.astype(np.int32),
        kind.astype(np.uint8),
        byte.astype(np.int32),
        starts([len(edges[key]) for key in keys]),
        np.concatenate([np.zeros(0), *edges.values()]),
    )
    return columns, {key: at for at, key in enumerate(keys)}, edges


def _trees(
    values: list[Floats], moves: list[list[Move]], place: dict[Column, int], edges: dict[Column, Floats]
) -> Trees:
    rows = np.zeros((sum(len(own) for own in moves), 5), dtype=np.int64)
    for at, (test, column, operand, source, target) in enumerate(move for own in moves for move in own):
        if test == BEYOND:
            # A row lies beyond the k-th threshold when more than k thresholds lie below it.
            operand = float(np.searchsorted(edges[column], operand)) + (column[1] in (LOW, ZERO_LOW))
        rows[at] = test, place[column], int(operand), source, target
    test_, column_, operand_, source_, target_ = rows.T
    return (
        test_.astype(np.uint8),
        column_.astype(np.int32),
        operand_.astype(np.uint8),
        source_.astype(np.uint8),
        target_.astype(np.uint8),
        starts([len(own) for own in moves]),
        starts([len(own) for own in values]),
        np.concatenate([np.zeros(0), *values]),
    )


def starts(lengths: list[int]) -> Ints:
    """(parts + 1,) where each of some parts that lie one behind the other begins, and where the last ends."""
    return np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int64)
