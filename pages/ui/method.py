"""Choosing a method on the configure page: with reasons, and with the method's own settings."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.advice import Advice
from engine.errors import MethodError
from engine.facts import Facts
from engine.generators import registry
from engine.generators.base import GeneratorInfo
from engine.generators.costs import Work
from engine.race import RACE
from engine.synthesizer import AUTO
from pages.ui import needs, racing, several, state, widgets
from pages.ui.choices import Choices
from pages.ui.needs import ADVANCED, AUTOMATIC, FAMILY, METHOD, STANDARD
from pages.ui.words import plain


def draw(choices: Choices, advised: tuple[Advice, ...], known: Facts) -> Choices:
    """The choices with method and settings as they stand on the page, and what a run with them needs."""
    family = st.segmented_control(
        "Kind of method",
        [AUTOMATIC, racing.RACING, STANDARD, ADVANCED],
        default=_family(choices.method),  # see `options.draw`
        key=FAMILY,
        required=True,
        label_visibility="collapsed",
    )
    if family == AUTOMATIC:
        choices = replace(choices, method=AUTO)
        _automatic(choices, advised, known)
        return several.draw(choices, advised, known)
    if family == racing.RACING:
        racing.foretell(advised, choices.budget)
        return replace(choices, method=RACE)
    infos = [i for i in registry.infos() if i.advanced == (family == ADVANCED)]
    info = _pick(infos, choices, {a.method: a for a in advised}, known.work)
    with st.expander(f"Settings of {info.label}", key=f"settings-{info.key}", icon=":material/tune:"):
        values = widgets.settings_form(info, choices.settings.get(info.key, {}))
    choices = replace(choices, method=info.key).with_settings(info.key, values)
    if info.missing_packages():
        _cannot(info, choices.fallback)
    else:
        needs.draw(choices.request(), info.key, known.work)
    return several.draw(choices, advised, known)


def _cannot(info: GeneratorInfo, fallback: bool) -> None:
    """What a method lacks on this server, and what becomes of a run with it."""
    st.warning(
        f"{info.label} cannot run here: it needs {info.lacking()} on this server. Choose another "
        f"method{'; else one that can run takes over' if fallback else ''}.",
        icon=":material/extension_off:",
    )


def taken(choices: Choices, advised: tuple[Advice, ...]) -> GeneratorInfo | None:
    """The method that will be tried first; None where “automatic” finds none, and before a race."""
    from engine.advice import first

    if choices.method == RACE:
        return None
    try:
        key = first(advised).method if choices.method == AUTO else choices.method
    except MethodError:
        return None
    return registry.GENERATORS[key].info


def _family(method: str) -> str:
    if method == RACE:
        return racing.RACING
    if method not in registry.GENERATORS:
        return AUTOMATIC
    return ADVANCED if registry.GENERATORS[method].info.advanced else STANDARD


def _automatic(choices: Choices, advised: tuple[Advice, ...], known: Facts) -> None:
    """What “automatic” will take, why, and what that needs."""
    from engine.advice import first, remarks
    from engine.estimates import of_run

    try:
        best = first(advised)
    except MethodError as error:
        widgets.error_box(error)
        return
    info = registry.GENERATORS[best.method].info
    request = choices.request()
    st.markdown(
        f"Takes **{info.label}**. {plain(best.reason)} {plain(needs.sentence(of_run(request, info.key, known.work)))}"
    )
    if seen := remarks(known):
        st.caption(plain(" ".join(seen)))
    needs.draw(request, info.key, known.work)


def _pick(infos: list[GeneratorInfo], choices: Choices, advised: dict[str, Advice], work: Work) -> GeneratorInfo:
    """One method of a family; the one chosen before, else the best suited."""
    by_key = {info.key: info for info in infos}
    order = [key for key in advised if key in by_key]
    first = choices.method if choices.method in by_key else order[0]
    state.keep_within(METHOD, list(by_key), first)
    key = st.radio(
        "Method",
        list(by_key),
        format_func=lambda k: by_key[k].label,
        captions=[_caption(info, advised[info.key], choices, work) for info in infos],
        index=list(by_key).index(first),
        key=METHOD,
        label_visibility="collapsed",
    )
    st.caption(needs.explained())
    return by_key[str(key)]


def _caption(info: GeneratorInfo, advice: Advice, choices: Choices, work: Work) -> str:
    """How a method works, whether it suits, and what a run with it needs."""
    from engine.estimates import of_run

    told = f"{info.summary} {plain(advice.reason)}"
    if info.missing_packages() or work.rows < info.min_rows:
        return told
    found = of_run(replace(choices, method=info.key).request(), info.key, work)
    return f"{told} **{plain(needs.brief(found))}**"
