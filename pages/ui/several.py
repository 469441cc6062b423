"""Several methods at once on the configure page: each becomes a run of its own, on the same rows and seed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.advice import Advice, first
from engine.errors import MethodError
from engine.facts import Facts
from engine.generators import registry
from engine.generators.base import Capability
from pages.ui.choices import Choices
from pages.ui.words import count, seconds

ALSO = "also"  # key of the input


def draw(choices: Choices, advised: tuple[Advice, ...], known: Facts) -> Choices:
    """The choices with the methods that are to be trained beside the chosen one."""
    offered = _offered(choices, advised)
    if not offered:
        return replace(choices, also=())
    suited = {advice.method for advice in advised if advice.suited}
    also = st.multiselect(
        "Train also",
        offered,
        default=[key for key in choices.also if key in offered],
        format_func=lambda key: f"{registry.GENERATORS[key].info.label}{'' if key in suited else ' (suits less)'}",
        key=ALSO,
        placeholder="Other methods, to compare",
        help="Each is a run of its own on the same rows, with the same seed and its own settings. All wait in line at "
        "once, and can be compared side by side afterwards.",
    )
    choices = replace(choices, also=tuple(also))
    if also:
        st.caption(_foretold(choices, advised, known))
    return choices


def _offered(choices: Choices, advised: tuple[Advice, ...]) -> list[str]:
    """Methods that can do what is asked of the rows, without the chosen one; the best suited first."""
    wanted = bool(choices.given or choices.balance)
    infos = [registry.GENERATORS[advice.method].info for advice in advised]
    able = [i for i in infos if not i.missing_packages() and (not wanted or Capability.GIVEN in i.capabilities)]
    return [info.key for info in able if info.key != _chosen(choices, advised)]


def _chosen(choices: Choices, advised: tuple[Advice, ...]) -> str:
    """The key of the method that is chosen, also where “automatic” chooses it."""
    if choices.method in registry.GENERATORS:
        return choices.method
    try:
        return first(advised).method
    except MethodError:
        return ""


def _foretold(choices: Choices, advised: tuple[Advice, ...], known: Facts) -> str:
    """How many runs there will be, and how long they take together."""
    from engine.estimates import of_run

    asked = choices.requests()
    found = [
        of_run(request, request.method if number else _chosen(choices, advised), known.work)
        for number, request in enumerate(asked)
        if number or _chosen(choices, advised)
    ]
    told = [estimate.seconds for estimate in found if estimate is not None]
    took = f", about {seconds(sum(told))} of work together" if told and len(told) == len(asked) else ""
    return f"{count(len(asked), 'run')}, each with the same rows held out{took}. They take turns with those of others."
