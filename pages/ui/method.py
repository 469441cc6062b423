"""Choosing a method on the configure page: with reasons, and with the method's own settings."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.advice import Advice
from engine.errors import MethodError
from engine.generators import registry
from engine.generators.base import GeneratorInfo
from engine.synthesizer import AUTO
from pages.ui import state, widgets
from pages.ui.choices import Choices
from pages.ui.words import plain

AUTOMATIC, STANDARD, ADVANCED = "Automatic", "Standard", "Advanced"
FAMILY, METHOD = "method-family", "method"


def draw(choices: Choices, advised: tuple[Advice, ...]) -> Choices:
    """The choices with method and settings as they stand on the page."""
    family = st.segmented_control(
        "Kind of method",
        [AUTOMATIC, STANDARD, ADVANCED],
        key=state.seed(FAMILY, _family(choices.method)),
        required=True,
        label_visibility="collapsed",
    )
    if family == AUTOMATIC:
        _automatic(advised)
        return replace(choices, method=AUTO)
    infos = [i for i in registry.infos() if i.advanced == (family == ADVANCED)]
    info = _pick(infos, choices.method, {a.method: a for a in advised})
    with st.expander(f"Settings of {info.label}", key=f"settings-{info.key}", icon=":material/tune:"):
        values = widgets.settings_form(info, choices.settings.get(info.key, {}))
    return replace(choices, method=info.key).with_settings(info.key, values)


def taken(choices: Choices, advised: tuple[Advice, ...]) -> GeneratorInfo | None:
    """The method that will be tried first; None where “automatic” finds none."""
    from engine.advice import first

    try:
        key = first(advised).method if choices.method == AUTO else choices.method
    except MethodError:
        return None
    return registry.GENERATORS[key].info


def _family(method: str) -> str:
    if method not in registry.GENERATORS:
        return AUTOMATIC
    return ADVANCED if registry.GENERATORS[method].info.advanced else STANDARD


def _automatic(advised: tuple[Advice, ...]) -> None:
    """What “automatic” will take, and why."""
    from engine.advice import first

    try:
        best = first(advised)
    except MethodError as error:
        widgets.error_box(error)
        return
    info = registry.GENERATORS[best.method].info
    st.markdown(f"Takes **{info.label}**. {plain(best.reason)}")


def _pick(infos: list[GeneratorInfo], chosen: str, advised: dict[str, Advice]) -> GeneratorInfo:
    """One method of a family; the one chosen before, else the best suited."""
    by_key = {info.key: info for info in infos}
    order = [key for key in advised if key in by_key]
    state.seed_within(METHOD, list(by_key), chosen if chosen in by_key else order[0])
    key = st.radio(
        "Method",
        list(by_key),
        format_func=lambda k: by_key[k].label,
        captions=[_caption(info, advised[info.key]) for info in infos],
        key=METHOD,
        label_visibility="collapsed",
    )
    return by_key[str(key)]


def _caption(info: GeneratorInfo, advice: Advice) -> str:
    return f"{info.summary} {plain(advice.reason)}"
