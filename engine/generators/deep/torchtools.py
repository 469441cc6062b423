"""PyTorch for generators: seeds, threads, device, and weights as numpy arrays. Imported late: torch is heavy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.generators.deep.training import Weights
from engine.seeds import framework_seed

_MOST_THREADS = 8
# Below so many numbers in a step's largest tensor one thread computes: OpenMP's threads wait for each other by spinning
# after every operation, and where another process takes a core, a second of work lasts a minute.
_ALONE = 1_000_000


def device() -> torch.device:
    """The GPU where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def thread_count() -> int:
    """Two of two cores (the worker is nice to the page), and one fewer than there are from three on; at most 8.

    `OMP_NUM_THREADS` has the last word.
    """
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores if cores <= 2 else cores - 1, _MOST_THREADS)


@contextmanager
def session(seed: int, *purpose: str | int, work: int = 0) -> Iterator[torch.device]:
    """A stretch of torch's work: its own seed and number of threads; what was set before comes back afterwards.

    work: about how many numbers a step's largest tensor has; several threads compute from a million on.

    Two in the same process at once, in threads, would share torch's global state and not repeat themselves.
    """
    where, threads = device(), torch.get_num_threads()
    with torch.random.fork_rng(devices=[where] if where.type == "cuda" else []):
        torch.manual_seed(framework_seed(seed, *purpose))
        torch.set_num_threads(thread_count() if work >= _ALONE else 1)
        try:
            yield where
        finally:
            torch.set_num_threads(threads)


def to_torch(values: NDArray[Any], where: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(where)


def weights_of(module: torch.nn.Module) -> Weights:
    """A copy of all parameters and buffers."""
    return {name: value.detach().cpu().numpy().copy() for name, value in module.state_dict().items()}


def put_weights(module: torch.nn.Module, weights: Mapping[str, NDArray[Any]]) -> None:
    """Raises ValueError when names or shapes are not those of the module."""
    own = module.state_dict()
    if set(own) != set(weights) or any(tuple(own[name].shape) != weights[name].shape for name in own):
        raise ValueError("the weights are not those of this network")
    module.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
