"""Keras on TensorFlow, set up before the first import: quiet, on few threads, repeatable. Heavy: imported late."""

from __future__ import annotations

import os
import sys

from engine.errors import FitError

_MOST_THREADS = 8

if "keras" in sys.modules and sys.modules["keras"].backend.backend() != "tensorflow":
    raise FitError("Keras is already running on another framework in this process; the VAE needs it on TensorFlow.")
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # errors only

import tensorflow as tf  # noqa: E402


def thread_count() -> int:
    """Two of two cores, and one fewer than there are from three on; at most 8. `OMP_NUM_THREADS` has the last word."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores if cores <= 2 else cores - 1, _MOST_THREADS)


def _limit_threads() -> None:
    """Has an effect only before TensorFlow runs anything in this process."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(thread_count())
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        return  # already running, with the threads that somebody else gave it


_limit_threads()
tf.config.experimental.enable_op_determinism()  # sums of threads in a fixed order

import keras  # noqa: E402

__all__ = ["keras", "tf", "thread_count"]
