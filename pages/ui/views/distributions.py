"""One column large, by choice; all columns small, the least alike first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, figures, state, widgets
from pages.ui.views import shared
from pages.ui.words import plain, share

if TYPE_CHECKING:
    from engine.evaluation.distributions import ColumnComparison

SMALL = 12  # small charts on one page
SCALES = {"linear": "Linear", "log": "Logarithmic"}


def draw(run_id: str) -> None:
    """One column large, by choice; below, all columns small, the least alike first."""
    scores = figures.scores(cached.result(run_id).evaluation)
    names = sorted(cached.compared(run_id), key=lambda name: scores.get(name, float("inf")))
    if not names:
        st.info("No column of this table has a distribution to compare: all are made anew.")
        return
    _large(run_id, names, scores)
    if len(names) > 1:
        st.subheader("All columns, the least alike first", anchor=False)
        _small(run_id, names, scores)


@st.fragment
def _large(run_id: str, names: list[str], scores: dict[str, float]) -> None:
    from engine import charts

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = str(
            st.selectbox(
                "Column",
                names,
                key=state.seed_within("column", names),
                width=240,
                format_func=lambda n: _with_score(n, scores),
            )
        )
        try:
            comparison = cached.distribution(run_id, name)
        except NotApplicable as error:
            st.info(f"{plain(name)}: {plain(str(error))}.")
            return
        known = charts.layouts(comparison)
        layout = shared.choice("Layout", {key: charts.LAYOUT_LABELS[key] for key in known}, f"layout-{len(known)}")
        known = charts.forms(comparison)
        form = shared.choice("Form", {key: _form(key) for key in known}, f"form-{'-'.join(known)}")
        comparison = _scaled(run_id, comparison)
    fig = charts.distribution_figure(comparison, form=form, layout=layout, score=scores.get(name), dark=widgets.dark())
    shared.show(fig, "large", f"Distribution of {name} in both tables")


def _scaled(run_id: str, comparison: ColumnComparison) -> ColumnComparison:
    """The column on the axis that is asked for, where it can have a logarithmic one; at first on what suits it."""
    if not comparison.loggable:
        return comparison
    suited = "log" if comparison.log else "linear"
    scale = shared.choice("Axis", SCALES, f"scale-{comparison.name}", suited)
    return comparison if scale == suited else cached.distribution(run_id, comparison.name, scale)


def _form(form: str) -> str:
    from engine.charts.distributions import FORM_LABELS

    return FORM_LABELS[form]


def _with_score(name: str, scores: dict[str, float]) -> str:
    return f"{name} ({share(scores[name])} alike)" if name in scores else name


@st.fragment
def _small(run_id: str, names: list[str], scores: dict[str, float]) -> None:
    pages = -(-len(names) // SMALL)
    page = st.pagination(pages, key=f"small-page-{run_id}") if pages > 1 else 1
    with st.grid(3, min_column_width=260, border=True):
        for place, name in enumerate(names[(page - 1) * SMALL : page * SMALL]):
            try:
                fig = cached.mini_figure(run_id, name, scores.get(name), widgets.dark())
            except NotApplicable as error:
                st.caption(f"{plain(name)}: {plain(str(error))}.")
                continue
            shared.show(fig, f"small-{place}", f"Distribution of {name} in both tables")
