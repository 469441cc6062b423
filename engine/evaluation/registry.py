"""All metrics by key, in the order in which people see them. A new metric adds one line to each import and list."""

from __future__ import annotations

from engine.errors import SettingsError
from engine.evaluation.base import Metric
from engine.evaluation.missing import MissingSimilarity
from engine.evaluation.overall import Overall
from engine.evaluation.pairs import PairShapes
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.trends import PairTrends

METRICS: dict[str, type[Metric]] = {
    m.info.key: m for m in (Overall, ColumnShapes, PairTrends, PairShapes, MissingSimilarity)
}


def get(key: str) -> type[Metric]:
    """The metric of a key. Raises SettingsError when there is none."""
    try:
        return METRICS[key]
    except KeyError:
        raise SettingsError(f"There is no figure “{key}”. Figures: {', '.join(METRICS)}.") from None
