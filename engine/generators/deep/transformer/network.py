"""A Transformer over columns: at each place it reads the column before, and predicts the one that it is told to.

The place of a column in a row's order is free. Every input is the value of the column before (none at the first place)
together with the name of the column to predict (Pannatier et al. 2024, sigma-GPT), so that one network answers in any
order. Causal attention (Vaswani et al. 2017) lets a place see all columns before. From what it gathers, the tokens of
the column are predicted one after the other by small heads; the token's share in the table is where they start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.generators.deep.transformer.paths import Layout

_NEVER = -1e4  # log chance of a token that does not exist
_INIT = 0.02


@dataclass(frozen=True, slots=True)
class Size:
    """width: of the hidden state; layers, heads: of attention; dropout: share of hidden units left out in training."""

    width: int = 96
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1


class Cache:
    """Keys and values of the places so far, of each layer: (rows, heads, places, part)."""

    def __init__(self) -> None:
        self.layers: dict[int, tuple[Tensor, Tensor]] = {}

    def add(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        if layer in self.layers:
            old_key, old_value = self.layers[layer]
            key, value = torch.cat([old_key, key], dim=2), torch.cat([old_value, value], dim=2)
        self.layers[layer] = (key, value)
        return key, value

    def take(self, rows: Tensor) -> None:
        self.layers = {layer: (key[rows], value[rows]) for layer, (key, value) in self.layers.items()}


class Block(nn.Module):
    """Attention to the places before, then a small network of each place, both added to what was there."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.heads = size.heads
        self.before, self.between = nn.LayerNorm(size.width), nn.LayerNorm(size.width)
        self.asks = nn.Linear(size.width, 3 * size.width)
        self.joins = nn.Linear(size.width, size.width)
        self.wide, self.narrow = nn.Linear(size.width, 4 * size.width), nn.Linear(4 * size.width, size.width)

    def forward(self, x: Tensor, layer: int, cache: Cache | None) -> Tensor:
        """x: (rows, places, width); with a cache the places come after those in it."""
        rows, places, width = x.shape
        parts = self.asks(self.before(x)).view(rows, places, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (rows, heads, places, part)
        if cache is not None:
            key, value = cache.add(layer, key, value)
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=places > 1)
        x = x + self.joins(found.transpose(1, 2).reshape(rows, places, width))
        joined: Tensor = x + self.narrow(functional.relu(self.wide(self.between(x))))
        return joined


class Network(nn.Module):
    """columns that vary, told by `layout`; rows are (rows, columns) leaves, numbered through all columns."""

    def __init__(self, layout: Layout, size: Size) -> None:
        super().__init__()
        columns = len(layout.columns)
        self.size, self.columns, self.levels = size, columns, layout.levels
        self.begin = nn.Parameter(torch.zeros(size.width))
        self.target = nn.Embedding(columns, size.width)
        self.reads = nn.ModuleList(nn.Embedding(len(bias), size.width) for bias in layout.bias)  # where a value lies
        last = max(len(bias[0]) for bias in layout.bias)
        self.last = nn.Embedding(columns * last, size.width)  # its last token
        self.blocks = nn.ModuleList(Block(size) for _ in range(size.layers))
        self.norm = nn.LayerNorm(size.width)
        self.dropout = nn.Dropout(size.dropout)
        self.knows = nn.ModuleList(nn.Embedding(len(bias), size.width) for bias in layout.bias[1:])
        self.thinks = nn.ModuleList(
            nn.Sequential(nn.Linear(size.width, size.width), nn.ReLU(), nn.Linear(size.width, size.width))
            for _ in layout.bias[1:]
        )
        self.turns = nn.ParameterList(  # each column's own reading of what was gathered
            nn.init.normal_(torch.empty(len(members), size.width, size.width), std=size.width**-0.5)
            for members in layout.members
        )
        self.says = nn.ParameterList(
            torch.zeros(len(members), size.width, bias.shape[1])
            for members, bias in zip(layout.members, layout.bias, strict=True)
        )
        self.bias = nn.ParameterList(
            torch.from_numpy(np.nan_to_num(b, neginf=0.0).astype(np.float32)) for b in layout.bias
        )
        self.apply(_begin)
        self._look_up(layout, last)

    def _look_up(self, layout: Layout, last: int) -> None:
        """Tables that follow from the layout, and are no weights."""
        final = np.concatenate([own.digits[:, -1] + j * last for j, own in enumerate(layout.columns)])
        whose = np.concatenate([np.full(own.size, own.levels) for own in layout.columns])
        tables = {"final": final, "depth": whose}
        for level in range(layout.levels):
            tables |= {f"digit{level}": layout.digit[level], f"node{level}": layout.node[level]}
            tables |= {f"member{level}": layout.members[level]}
            never = np.where(np.isneginf(layout.bias[level]), _NEVER, 0.0).astype(np.float32)
            self.register_buffer(f"never{level}", torch.from_numpy(never), persistent=False)
        for name, table in tables.items():
            self.register_buffer(name, torch.from_numpy(table.astype(np.int64)), persistent=False)

    def table(self, name: str) -> Tensor:
        found: Tensor = getattr(self, name)
        return found

    def values(self, leaves: Tensor) -> Tensor:
        """(rows, some columns) leaves -> (rows, some columns, width) what the next places read of them."""
        found: Tensor = self.last(self.table("final")[leaves]) + self.reads[0](self.table("node0")[leaves])
        for level in range(1, self.levels):
            deep = (self.table("depth")[leaves] > level).unsqueeze(-1)
            found = found + self.reads[level](self.table(f"node{level}")[leaves]) * deep
        return found

    def trunk(self, read: Tensor, order: Tensor, cache: Cache | None = None) -> Tensor:
        """read: (rows, places, width) of the column before each place; order: (rows, places) column to predict."""
        x = self.dropout(read) + self.target(order)
        for layer, block in enumerate(self.blocks):
            x = block(x, layer, cache)
        found: Tensor = self.dropout(self.norm(x))
        return found

    def start(self, rows: int) -> Tensor:
        """(rows, 1, width) what the first place reads."""
        return self.begin.expand(rows, 1, -1)

    def hidden(self, leaves: Tensor, order: Tensor) -> Tensor:
        """(rows, columns) leaves and order -> (rows, columns, width) what is known of each column before it is read."""
        before = self.values(leaves.gather(1, order[:, :-1]))
        found = self.trunk(torch.cat([self.start(len(leaves)), before], dim=1), order)
        rows, columns, width = found.shape
        place = order.argsort(dim=1) + torch.arange(0, rows * columns, columns, device=order.device)[:, None]
        return found.view(-1, width).index_select(0, place.flatten()).view(rows, columns, width)

    def logits(self, level: int, hidden: Tensor, nodes: Tensor, members: Tensor | None = None) -> Tensor:
        """hidden: (rows, some members, width); nodes: (rows, some members) where each stands at the level.

        members: their places among the level's; None for all. -> (rows, some members, options)
        """
        if level:
            hidden = hidden + self.knows[level - 1](nodes)
            hidden = hidden + self.thinks[level - 1](hidden)
        turns, says = self.turns[level], self.says[level]
        if members is not None:
            turns, says = turns[members], says[members]
        found = torch.bmm(functional.relu(torch.bmm(hidden.transpose(0, 1), turns)), says).transpose(0, 1)
        total: Tensor = found + (self.bias[level] + self.table(f"never{level}"))[nodes]
        return total

    def losses(self, leaves: Tensor, order: Tensor) -> Tensor:
        """(rows, columns) negative log chance of each column's leaf given those before it."""
        hidden = self.hidden(leaves, order)
        total = torch.zeros(leaves.shape, dtype=hidden.dtype, device=leaves.device)
        for level in range(self.levels):
            members = self.table(f"member{level}")
            own = leaves[:, members]
            logits = self.logits(level, hidden[:, members], self.table(f"node{level}")[own])
            digits = self.table(f"digit{level}")[own]
            loss = functional.cross_entropy(logits.flatten(0, 1), digits.flatten(), reduction="none")
            total = total.index_add(1, members, loss.view(own.shape))
        return total


def _begin(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=_INIT * 2)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=_INIT * 2)
