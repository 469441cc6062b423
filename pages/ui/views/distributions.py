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
_COLUMN, _PART = "column", "one-column"  # the list, and all that belongs to the large chart
SCALES = {"linear": "Linear", "log": "Logarithmic"}


def draw(run_id: str) -> None:
    """One column large, by choice; below, all columns small, the least alike first."""
    scores = figures.scores(cached.result(run_id).evaluation)
    names = sorted(cached.compared(run_id), key=lambda name: scores.get(name, float("inf")))
    if not names:
        st.info("No column of this table has a distribution to compare: all are made anew.")
        return
    with st.container(key=_PART):
        _large(run_id, names, scores)
    shared.move_to_called(_PART)
    if len(names) > 1:
        st.subheader("All columns, the least alike first", anchor=False)
        st.caption("Real is blue and filled; synthetic is orange, hatched or dashed. A column's name draws it large.")
        _small(run_id, names, scores)


@st.fragment
def _large(run_id: str, names: list[str], scores: dict[str, float]) -> None:
    from engine import charts

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        name = str(
            st.selectbox(
                "Column",
                names,
                key=state.seed_within(_COLUMN, names),
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
    """Drawn as markup: a dozen more charts of the large one's kind would keep the browser busy for a second."""
    from engine import charts

    pages = -(-len(names) // SMALL)
    page = st.pagination(pages, key=f"small-page-{run_id}") if pages > 1 else 1
    st.html(charts.mini_style(widgets.dark()))
    with st.grid(3, min_column_width=260, border=True, key="small"):
        for place, name in enumerate(names[(page - 1) * SMALL : page * SMALL]):
            with st.container(gap="xsmall"):
                _one(run_id, name, scores, place)


def _one(run_id: str, name: str, scores: dict[str, float], place: int) -> None:
    """A small chart under its name, which takes it into the large one."""
    from engine.charts.theme import shorten

    try:
        chart = cached.mini_chart(run_id, name, widgets.dark())
    except NotApplicable as error:
        st.caption(f"{plain(name)}: {plain(str(error))}.")
        return
    known = f" {share(scores[name])} alike" if name in scores else ""
    label = f"**{plain(shorten(name.strip() or '(blank)', 24))}**{known}"
    if st.button(label, key=f"enlarge-{place}", type="tertiary", on_click=_choose, args=(name,)):
        st.rerun()  # the large chart stands outside this fragment
    st.html(chart)


def _choose(name: str) -> None:
    state.put(_COLUMN, name)
    shared.call(_PART)
