"""Figures on how a synthetic table compares with the real one, and the result objects that charts draw.

`evaluate` measures; a new metric is one file with a `Metric` and one line in `registry`.
"""

from engine.evaluation.measure import Evaluation, evaluate

__all__ = ["Evaluation", "evaluate"]
