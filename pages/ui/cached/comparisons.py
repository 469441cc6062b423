"""A run's two tables side by side, ready to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.cached.keeping import SMALL, TIME, kept
from pages.ui.cached.runs import jobs, real, result

if TYPE_CHECKING:
    from engine.evaluation.associations import AssociationComparison
    from engine.evaluation.binning import Scale
    from engine.evaluation.distributions import ColumnComparison
    from engine.evaluation.gaps import MissingComparison
    from engine.evaluation.giveaways import GivenAway
    from engine.evaluation.joint import JointComparison
    from engine.evaluation.projection import Projection
    from engine.evaluation.timeview import TimeComparison


def compared(run_id: str) -> tuple[str, ...]:
    """The columns of a run that can be compared."""
    from engine.evaluation.columns import comparable

    return tuple(column.name for column in comparable(jobs().schema(run_id).selected))


@kept
@st.cache_resource(max_entries=20 * SMALL, ttl=TIME, show_spinner=False)
def distribution(run_id: str, column: str, scale: Scale = "auto") -> ColumnComparison:
    """One column of both tables, ready to draw. Raises NotApplicable where it is empty throughout."""
    from engine.evaluation.distributions import compare_column

    real_values, made = real(run_id)[column], result(run_id).synthetic[column]
    return compare_column(real_values, made, jobs().schema(run_id)[column], scale=scale)


@kept
@st.cache_resource(max_entries=5 * SMALL, ttl=TIME, show_spinner=False)
def in_time(run_id: str, time: str, column: str) -> TimeComparison:
    """A number over the dates of both tables. Raises NotApplicable where there is too little of it."""
    from engine.evaluation.timeview import compare_in_time

    return compare_in_time(real(run_id), result(run_id).synthetic, time, column)


@kept
@st.cache_resource(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def mini_chart(run_id: str, column: str, dark: bool) -> str:
    """One column's small chart, as markup. Raises NotApplicable as `distribution` does."""
    from engine import charts

    return charts.mini_chart(distribution(run_id, column), dark)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def associations(run_id: str, columns: tuple[str, ...]) -> AssociationComparison:
    """How any two of these columns hang together, in both tables. Raises NotApplicable where there are no two."""
    from engine.evaluation.associations import compare_associations

    return compare_associations(real(run_id), result(run_id).synthetic, jobs().schema(run_id).select(columns).selected)


def pair(run_id: str, first: str, second: str) -> JointComparison:
    """Two columns together, in either order. Raises NotApplicable where no row has both."""
    return _pair(run_id, *sorted((first, second)))


@kept
@st.cache_resource(max_entries=5 * SMALL, ttl=TIME, show_spinner=False)
def _pair(run_id: str, first: str, second: str) -> JointComparison:
    from engine.evaluation.joint import compare_pair
    from engine.seeds import stream

    schema = jobs().schema(run_id)
    known = {name: distribution(run_id, name) for name in (first, second)}
    drawn = stream(0, "pair", first, second)
    return compare_pair(real(run_id), result(run_id).synthetic, (schema[first], schema[second]), drawn, known=known)


@kept
@st.cache_data(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def any_missing(run_id: str) -> bool:
    """Whether a value is missing in either table."""
    return any(
        bool(table[name].isna().any())
        for table in (real(run_id), result(run_id).synthetic)
        for name in jobs().schema(run_id).selected.names
    )


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def missing(run_id: str) -> MissingComparison:
    """The missing cells of both tables. Raises NotApplicable where there are none."""
    from engine.evaluation.gaps import compare_missing

    return compare_missing(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected)


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def projection(run_id: str) -> Projection:
    """Both tables in the plane in which the real one varies most. Raises NotApplicable where there is none."""
    from engine.evaluation.projection import project
    from engine.seeds import stream

    return project(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected, stream(0, "projection"))


@kept
@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def given_away(run_id: str) -> GivenAway:
    """What tells the twin from the real table, measured on a sample of both. Raises NotApplicable."""
    from engine.evaluation.giveaways import measure

    return measure(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected)
