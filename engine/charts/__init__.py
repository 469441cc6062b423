"""Result objects in, figures out; no statistics here. Names are loaded on first use, for Plotly takes its time.

comparison = compare_column(real["age"], synthetic["age"], schema["age"])  # engine.evaluation.distributions
fig = charts.distribution_figure(comparison, form="density", dark=True)
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOMES = {
    "season_figure": "timeline",
    "JOINT_FORM_LABELS": "joint",
    "giveaway_figure": "giveaways",
    "joint_figure": "joint",
    "joint_forms": "joint",
    "loss_chart": "losses",
    "memory_figure": "timeline",
    "course_figure": "timeline",
    "CONFIG": "theme",
    "association_figure": "correlations",
    "column_shape_figure": "figures",
    "correlation_figures": "correlations",
    "distribution_figure": "distributions",
    "forms": "distributions",
    "LAYOUT_LABELS": "distributions",
    "layouts": "distributions",
    "mini_chart": "minis",
    "mini_style": "minis",
    "missing_figure": "figures",
    "missing_patterns_figure": "gaps",
    "missing_rates_figure": "gaps",
    "missing_together_figures": "gaps",
    "projection_figure": "projection",
    "projection_weights_figure": "projection",
    "pair_figure": "figures",
    "portrait_figure": "fits",
    "profile_chart": "profiles",
    "tradeoff_figure": "tradeoff",
}
__all__ = [
    "CONFIG",
    "JOINT_FORM_LABELS",
    "LAYOUT_LABELS",
    "association_figure",
    "column_shape_figure",
    "correlation_figures",
    "course_figure",
    "distribution_figure",
    "forms",
    "giveaway_figure",
    "joint_figure",
    "joint_forms",
    "layouts",
    "loss_chart",
    "memory_figure",
    "mini_chart",
    "mini_style",
    "missing_figure",
    "missing_patterns_figure",
    "missing_rates_figure",
    "missing_together_figures",
    "pair_figure",
    "portrait_figure",
    "profile_chart",
    "projection_figure",
    "projection_weights_figure",
    "season_figure",
    "tradeoff_figure",
]

if TYPE_CHECKING:
    from engine.charts.correlations import association_figure, correlation_figures
    from engine.charts.distributions import LAYOUT_LABELS, distribution_figure, forms, layouts
    from engine.charts.figures import column_shape_figure, missing_figure, pair_figure
    from engine.charts.fits import portrait_figure
    from engine.charts.gaps import missing_patterns_figure, missing_rates_figure, missing_together_figures
    from engine.charts.giveaways import giveaway_figure
    from engine.charts.joint import JOINT_FORM_LABELS, joint_figure, joint_forms
    from engine.charts.losses import loss_chart
    from engine.charts.minis import mini_chart, mini_style
    from engine.charts.profiles import profile_chart
    from engine.charts.projection import projection_figure, projection_weights_figure
    from engine.charts.theme import CONFIG
    from engine.charts.timeline import course_figure, memory_figure, season_figure
    from engine.charts.tradeoff import tradeoff_figure


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'engine.charts' has no attribute {name!r}") from None
    return getattr(importlib.import_module(f"engine.charts.{home}"), name)
