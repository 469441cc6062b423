"""The verdict at the top of the compare page: one sentence, then a card for each thing, measured or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.verdicts import Standing, sentence, standing
from pages.ui import figures, state
from pages.ui.words import plain, share

if TYPE_CHECKING:
    from engine.evaluation.base import MetricResult
    from engine.results import StoredResult

_STANDINGS = {
    Standing.CLOSE: (":material/check_circle:", "As close as real data"),
    Standing.LITTLE: (":material/trending_down:", "A little short"),
    Standing.CLEARLY: (":material/error:", "Clearly short"),
}
_HOW = "Not measured: choose “Everything” under *How much to measure* on Configure, and train again."


def say(result: StoredResult) -> None:
    """What the figures say together."""
    if result.evaluation is not None and (told := sentence(result.evaluation.results)):
        st.markdown(f"**{plain(told)}**")


def cards(result: StoredResult) -> None:
    """Each figure beside its yardstick, and what was not measured with the way to it."""
    evaluation = result.evaluation
    if evaluation is None:
        st.info("Nothing was measured in this run.")
        return
    known = {figure.info.key: figure for figure in evaluation.results if not figure.not_applicable}
    with st.grid(3, min_column_width=150):
        for key in figures.HEADLINE:
            if key in known:
                _card(known[key])
        _usefulness(next((f for f in evaluation.results if f.info.key == "usefulness"), None))
        _privacy(result)
    reason = str(result.figures.get("holdout_reason", ""))
    st.caption(plain(f"{result.figures['figures_of']} {reason}".strip()))


def _card(figure: MetricResult, beside: str = "Fresh real rows") -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"figure-{figure.info.key}"):
        value = "–" if figure.value is None else share(figure.value)
        st.metric(figure.info.label, value, help=plain(f"{figure.info.meaning} {figure.sentence}"))
        if (found := standing(figure)) is not None:
            icon, words = _STANDINGS[found]
            st.markdown(f":small[{icon} {words}]")
        st.caption(figures.beside(figure, beside))


def _usefulness(figure: MetricResult | None) -> None:
    if figure is not None and not figure.not_applicable:
        _card(figure, "Models of real rows")
        return
    why = _HOW if figure is None else f"Not measured, because {plain(figure.not_applicable)}."
    _unknown("Usefulness", why, "usefulness")


def _privacy(result: StoredResult) -> None:
    from engine.privacy import Step

    found = result.audit
    if found is None or found.verdict is None:
        _unknown(
            "Privacy", _HOW if found is None else f"Not attacked, because {plain(found.not_applicable)}.", "privacy"
        )
        return
    icons = {Step.NOTHING: ":material/search:", Step.LOOK: ":material/visibility:", Step.STOP: ":material/block:"}
    icon, step = icons[found.verdict.step], str(found.verdict.step)
    with st.container(border=True, height="stretch", gap="xsmall", key="figure-privacy"):
        st.markdown(":small[Privacy]")
        st.markdown(f"{icon} **{plain(step[:1].upper() + step[1:])}**")
        st.caption("By attacks on rows that were held out; the reasons are under *Privacy*.")


def _unknown(label: str, why: str, key: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"figure-{key}"):
        st.markdown(f":small[{label}]  \n:material/help: **Not known**")
        st.caption(why)
        if why is _HOW:
            st.page_link(state.CONFIGURE_PAGE, label="To Configure", icon=":material/tune:")
