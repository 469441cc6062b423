"""All metrics by key, in the order in which people see them. A new metric adds one line to each import and list."""

from __future__ import annotations

from engine.errors import SettingsError
from engine.evaluation.alphabeta import AlphaPrecision, BetaRecall
from engine.evaluation.base import Metric, Tier
from engine.evaluation.calendar import Calendar
from engine.evaluation.commonvalues import CommonValues
from engine.evaluation.coverage import Coverage
from engine.evaluation.estimates import MeansAgree, RegressionsAgree
from engine.evaluation.importance import Importance
from engine.evaluation.memory import Memory
from engine.evaluation.missing import MissingSimilarity
from engine.evaluation.overall import Overall
from engine.evaluation.pairs import PairShapes
from engine.evaluation.relatedness import Associations, MutualInformation
from engine.evaluation.relationskept import RelationsKept
from engine.evaluation.rounding import Rounding
from engine.evaluation.shapes import ColumnShapes
from engine.evaluation.toldapart import NotToldFromLearned, NotToldFromUnseen
from engine.evaluation.trends import PairTrends
from engine.evaluation.units import ValueDistance
from engine.evaluation.usefulness import Usefulness

METRICS: dict[str, type[Metric]] = {
    m.info.key: m
    for m in (
        Overall,
        ColumnShapes,
        PairTrends,
        PairShapes,
        MissingSimilarity,
        ValueDistance,
        Coverage,
        CommonValues,
        Rounding,
        Calendar,
        RelationsKept,
        Associations,
        MutualInformation,
        Memory,
        NotToldFromLearned,
        NotToldFromUnseen,
        AlphaPrecision,
        BetaRecall,
        Usefulness,
        Importance,
        MeansAgree,
        RegressionsAgree,
    )
}


def of_tier(*, full: bool = False) -> list[str]:
    """The keys of the quick figures, or of all."""
    return [key for key, metric in METRICS.items() if full or metric.tier is Tier.QUICK]


def get(key: str) -> type[Metric]:
    """The metric of a key. Raises SettingsError when there is none."""
    try:
        return METRICS[key]
    except KeyError:
        raise SettingsError(f"There is no figure “{key}”. Figures: {', '.join(METRICS)}.") from None
