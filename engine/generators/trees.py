"""Decision trees as flat arrays; leaves hold how often each state occurred among the training rows.

One `LeafTable` holds several trees. Node arrays run over the nodes of all trees; `left` is -1 at a leaf, where `right`
is the leaf's number. The leaves' states lie in one flat list (`state_of`, `count`), sorted by leaf and state. Rows walk
down all trees level by level in whole arrays.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Cells = NDArray[np.int32]

_CUTS = 10  # of one feature that are as good as independent
BACKGROUND = 1e-4  # share of the overall distribution mixed into each leaf where chances are asked for


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown.

    leaf_rows: rows in each leaf, at least; caution: a split must raise the log likelihood by that many times what a
    split on noise would; split_rows: rows that splits are sought on (all rows fill the leaves).
    """

    leaf_rows: int
    caution: float
    split_rows: int


class LeafTable:
    """Trees with the states that fell into their leaves.

    roots: (trees,) root nodes; feature, threshold: of inner nodes, a row goes left when its feature is at most the
    threshold; start: (leaves + 1,) first entry of each leaf; share: (trees, states) of each state among a tree's rows.
    """

    STATE = ("roots", "feature", "threshold", "left", "right", "start", "state_of", "count", "share")

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self.roots: NDArray[np.int32] = arrays["roots"]
        self.feature: NDArray[np.int32] = arrays["feature"]
        self.threshold: NDArray[np.int32] = arrays["threshold"]
        self.left: NDArray[np.int32] = arrays["left"]
        self.right: NDArray[np.int32] = arrays["right"]
        self.start: NDArray[np.int32] = arrays["start"]
        self.state_of: NDArray[np.int32] = arrays["state_of"]
        self.count: NDArray[np.int32] = arrays["count"]
        self.share: Floats = arrays["share"]
        self._reach = np.r_[0, np.cumsum(self.count, dtype=np.int64)]

    @property
    def trees(self) -> int:
        return len(self.roots)

    @property
    def leaves(self) -> int:
        return len(self.start) - 1

    def state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.STATE}

    def leaf(self, features: Cells, tree: Ints) -> Ints:
        """(rows, features), (rows,) tree of each row -> (rows,) leaf that it falls into."""
        node = self.roots[tree].astype(np.int64)
        walking = np.flatnonzero(self.left[node] >= 0)
        while len(walking):
            at = node[walking]
            low = features[walking, self.feature[at]] <= self.threshold[at]
            at = np.where(low, self.left[at], self.right[at])
            node[walking] = at
            walking = walking[self.left[at] >= 0]
        return np.asarray(self.right[node], dtype=np.int64)

    def draw(self, features: Cells, tree: Ints, rng: np.random.Generator) -> Ints:
        """(rows,) states: a random member of each row's leaf."""
        leaf = self.leaf(features, tree)
        first, end = self._reach[self.start[leaf]], self._reach[self.start[leaf + 1]]
        point = first + (rng.random(len(leaf)) * (end - first)).astype(np.int64)
        return np.asarray(self.state_of[np.searchsorted(self._reach, point, side="right") - 1], dtype=np.int64)

    def draw_within(self, features: Cells, tree: Ints, weight: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
        """States drawn with their chances times `weight` (states,); and (rows,) total of what is left of the chances.

        Where nothing is left of a row's tree at all, the total is 0 and the state is arbitrary.
        """
        leaf = self.leaf(features, tree)
        reach = np.r_[0.0, np.cumsum(self.count * weight[self.state_of])]
        first, end = self.start[leaf], self.start[leaf + 1]
        own = (reach[end] - reach[first]) / np.maximum(self._reach[end] - self._reach[first], 1)
        overall = self.share @ weight  # (trees,)
        own, rest = (1 - BACKGROUND) * own, BACKGROUND * overall[tree]
        inside = rng.random(len(leaf)) * (own + rest) < own
        found = np.searchsorted(reach, reach[first] + rng.random(len(leaf)) * (reach[end] - reach[first]), "right") - 1
        drawn = self.state_of[np.clip(found, first, end - 1)].astype(np.int64)
        for t in np.unique(tree[~inside]):
            rows = np.flatnonzero(~inside & (tree == t))
            drawn[rows] = _drawn(self.share[t] * weight, len(rows), rng)
        return drawn, np.where(own + rest > 1e-300, own + rest, 0.0)

    def chance(self, features: Cells, tree: Ints, states: Ints) -> Floats:
        """(rows,) chance of each row's state in its leaf; above 0 for every state that its tree has met."""
        size = self.share.shape[1]
        leaf = self.leaf(features, tree)
        keys = np.repeat(np.arange(self.leaves), np.diff(self.start)) * size + self.state_of
        at = np.minimum(np.searchsorted(keys, leaf * size + states), len(keys) - 1)
        met = np.where(keys[at] == leaf * size + states, self.count[at], 0)
        total = np.maximum(self._reach[self.start[leaf + 1]] - self._reach[self.start[leaf]], 1)
        return np.asarray((1 - BACKGROUND) * met / total + BACKGROUND * self.share[tree, states])


def _drawn(weights: Floats, n: int, rng: np.random.Generator) -> Ints:
    """(n,) places drawn by weights; the last place where all are 0."""
    reach = np.cumsum(weights)
    found = np.searchsorted(reach, rng.random(n) * reach[-1], side="right")
    return np.asarray(np.minimum(found, len(weights) - 1), dtype=np.int64)


def grow_one(features: Cells, target: Ints, rows: Ints, seed: int, growth: Growth) -> dict[str, NDArray[Any]]:
    """Nodes of one tree that tells the `target` states apart by entropy, grown on `rows` (some perhaps repeated)."""
    lone = {
        "feature": np.zeros(1, np.int32),
        "threshold": np.zeros(1, np.int32),
        "left": np.full(1, -1, np.int32),
        "right": np.zeros(1, np.int32),
    }
    target = target[rows]
    if features.shape[1] == 0 or len(rows) < 2 * growth.leaf_rows or (target == target[:1]).all():
        return lone
    from sklearn.tree import DecisionTreeClassifier

    model = DecisionTreeClassifier(
        criterion="entropy",
        min_samples_leaf=growth.leaf_rows,
        min_impurity_decrease=growth.caution * _noise_gain(target, features.shape[1]) / len(rows),
        random_state=seed,
    ).fit(features[rows].astype(np.float32), target)
    tree = model.tree_
    inner = tree.children_left >= 0
    return {
        "feature": np.where(inner, tree.feature, 0).astype(np.int32),
        "threshold": np.floor(np.where(inner, tree.threshold, 0)).astype(np.int32),
        "left": np.where(inner, tree.children_left, -1).astype(np.int32),
        "right": np.where(inner, tree.children_right, np.cumsum(~inner) - 1).astype(np.int32),
    }


def _noise_gain(target: Ints, features: int) -> float:
    """Bits that hardly any of all possible cuts gains, in all rows together, where there is no relation.

    Twice the gain in nats of one cut is chi-squared with one degree of freedom less than there are states; the bound
    on its tail is that of Laurent and Massart 2000 (DOI 10.1214/aos/1015957395, lemma 1).
    """
    share = np.bincount(target) / len(target)
    share = share[share > 0]
    states = float(np.exp(-(share * np.log(share)).sum()))  # as many as there would be if all were as frequent
    freedom, cuts = states - 1, math.log(features * _CUTS)
    return (freedom / 2 + math.sqrt(freedom * cuts) + cuts) / math.log(2)


def joined(parts: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Trees one after the other in one set of node arrays, with their roots."""
    nodes = leaves = 0
    roots = []
    for part in parts:
        inner = part["left"] >= 0
        roots.append(nodes)
        part["left"] = np.where(inner, part["left"] + nodes, -1).astype(np.int32)
        part["right"] = (part["right"] + np.where(inner, nodes, leaves)).astype(np.int32)
        nodes += len(inner)
        leaves += int((~inner).sum())
    flat = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {**flat, "roots": np.array(roots, np.int32)}


def filled(flat: dict[str, NDArray[Any]], features: Cells, states: Ints, size: int, tree: Ints | None) -> LeafTable:
    """Send all rows down all trees, or each down its own `tree`, and count the (rows,) states in each leaf."""
    trees = len(flat["roots"])
    leaves = int((flat["left"] < 0).sum())
    none = np.zeros(0, np.int32)
    bare = LeafTable(
        {**flat, "start": np.zeros(1, np.int32), "state_of": none, "count": none, "share": np.zeros((trees, size))}
    )
    each = [np.full(len(states), t) for t in range(trees)] if tree is None else [tree]
    leaf = np.concatenate([bare.leaf(features, own) for own in each])
    own_tree = np.concatenate(each)
    key, count = np.unique(leaf * size + np.tile(states, len(each)), return_counts=True)
    share = np.bincount(own_tree * size + np.tile(states, len(each)), minlength=trees * size).reshape(trees, size)
    return LeafTable(
        {
            **flat,
            "start": np.searchsorted(key, np.arange(leaves + 1) * size).astype(np.int32),
            "state_of": (key % size).astype(np.int32),
            "count": count.astype(np.int32),
            "share": share / np.maximum(share.sum(axis=1, keepdims=True), 1),
        }
    )
