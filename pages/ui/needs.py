"""What a run will need, told before it starts: seconds, memory, and a smaller setting where it would not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from engine import turns
from engine.estimates import Estimate, of_run, smaller
from engine.generators import registry
from engine.generators.costs import Work
from engine.limits import Limits
from engine.run import RunRequest
from engine.settings import describe
from pages.ui import state
from pages.ui.words import seconds, size

AUTOMATIC, STANDARD, ADVANCED = "Automatic", "Standard", "Advanced"
FAMILY, METHOD = "method-family", "method"  # keys of the two inputs of the method
UNKNOWN = "How long it takes here is not known."
_EXPLAINED = "Time and memory are estimates for this machine, with training, making rows and, if wanted, the figures."


def sentence(found: Estimate | None) -> str:
    """Seconds and memory of a run, as one sentence."""
    if found is None:
        return UNKNOWN
    trainings = {1: "the figures", 2: "both trainings and the figures"}.get(
        found.trainings, f"{found.trainings} trainings and the figures"
    )
    time = f"about {seconds(found.seconds)}" if found.seconds >= 1 else seconds(found.seconds)
    return f"Takes {time} here, with {trainings}, and {size(_rounded(found.memory))} of memory."


def brief(found: Estimate | None) -> str:
    """The same in few words, for one of many; `explained` says once what is meant."""
    if found is None:
        return UNKNOWN
    time = f"About {seconds(found.seconds)}" if found.seconds >= 1 else seconds(found.seconds).capitalize()
    return f"{time}, {size(_rounded(found.memory))}."


def explained() -> str:
    """What the estimates mean, and what becomes of a run that takes more than it may."""
    limits = Limits.from_environment()
    most = f"{seconds(limits.max_run_seconds)} or {size(turns.each(limits))} of memory"
    return f"{_EXPLAINED} A run that takes more than {most} is stopped, and no other."


def draw(request: RunRequest, method: str, work: Work) -> None:
    """Nothing where a run with `method` fits into memory; else what it lacks, and a button for a setting that fits."""
    found = of_run(request, method, work)
    if found is None:
        return
    label, longest = registry.GENERATORS[method].info.label, Limits.from_environment().max_run_seconds
    if found.seconds > longest:
        st.warning(
            f"{label} would take about {seconds(found.seconds)}, and a run is stopped after {seconds(longest)} here. "
            "Choose fewer rows or columns, a quicker method, or a time limit for it (under More options).",
            icon=":material/timer_off:",
        )
    if found.fits:
        return
    st.warning(
        f"{label} would need about {size(_rounded(found.memory))} of memory; "
        f"{size(max(found.room, 0))} are free for it.",
        icon=":material/memory:",
    )
    lower = smaller(request, method, work)
    if lower is None:
        st.caption("No smaller setting of it fits. Fewer columns or another method may.")
        return
    st.button(
        f"Use {told(method, lower.changed)}: {size(_rounded(lower.estimate.memory))}",
        key="smaller",
        icon=":material/compress:",
        help="The setting nearest to yours with which it fits. The twin may come out less close.",
        on_click=_use,
        args=(method, dict(lower.changed)),
    )


def told(method: str, changed: Mapping[str, Any]) -> str:
    """Settings as the form names them: “Width 32, Epochs 8”."""
    labels = {field.name: field.label for field in describe(registry.GENERATORS[method].info.settings)}
    return ", ".join(f"{labels[name]} {value:,}" for name, value in changed.items())


def _use(method: str, changed: Mapping[str, Any]) -> None:
    """Choose the method with these settings; runs before the page is drawn again."""
    advanced = registry.GENERATORS[method].info.advanced
    state.put(FAMILY, ADVANCED if advanced else STANDARD)
    state.put(METHOD, method)
    for name, value in changed.items():
        state.put(f"set-{method}-{name}", value)


def _rounded(memory: int) -> int:
    """An estimate is told in two digits."""
    step = int(10 ** max(len(str(memory)) - 2, 0))
    return round(memory / step) * step
