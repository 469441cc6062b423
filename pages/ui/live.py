"""Runs that wait or run, as cards: what is going on, for how long still, the log, and the ways to end them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.generators import registry
from engine.generators.base import Family
from engine.stages import SENTENCES
from pages.ui import cached, runs, state, widgets
from pages.ui.words import plain, seconds

if TYPE_CHECKING:
    from engine.jobs import RunStatus

POLL = 1.0  # seconds between two looks at a run
_ECHOED = ("race", "train", "sample")  # stages whose own sentence says no more than their name
LINES = 40  # of the log that are shown
LEAVE = "You may leave this page, or refresh it: what is under way goes on and is found here again."


@st.fragment(run_every=POLL)
def watch(shown: tuple[tuple[str, str], ...]) -> None:
    """A card for each run, given with its title ("" for none); the page is drawn anew when one has ended."""
    found = [(runs.status(identity), title) for identity, title in shown]
    if any(now is None or now.state.ended for now, _ in found):
        st.rerun()
    if len(found) > 1:
        _all(tuple(now.id for now, _ in found if now is not None))
    for number, (now, title) in enumerate(found):
        if now is not None:
            _card(now, title, "" if number == 0 else f"-{now.id}")
    st.caption(LEAVE)


def _all(identities: tuple[str, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(identities)} runs under way or waiting.")
        st.button("Stop all", key="stop-all", icon=":material/stop_circle:", on_click=_stop, args=identities)


def _card(now: RunStatus, title: str, mark: str) -> None:
    """mark: at the end of the card's keys."""
    with st.container(border=True, key=f"job{mark}"):
        if title:
            st.markdown(f"**{plain(title)}**")
        _bar(now)
        _given_up(now)
        if now.place is None:
            _stages(now)
        runs.losses(now, key=f"losses{mark}")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", key=f"stop{mark}", icon=":material/stop_circle:", on_click=_stop, args=(now.id,))
            _keep_best(now, mark)
        _log(now, mark)


@widgets.later
def _stop(*identities: str) -> None:
    for identity in identities[::-1]:  # those that wait first, so that none of them begins
        if runs.status(identity) is not None:
            cached.jobs().cancel(identity)


def _keep_best(now: RunStatus, mark: str) -> None:
    """An early end for a training in steps, whose best so far is a model already."""
    if now.finishing:
        st.caption("Ending with the best so far.")
    elif now.trying in registry.GENERATORS and registry.GENERATORS[now.trying].info.family is Family.DEEP:
        st.button(
            "Stop and keep the best",
            key=f"keep-best{mark}",
            icon=":material/flag:",
            on_click=_finish,
            args=(now.id,),
            help="Ends the training now and makes the twin with the best model so far.",
        )


@widgets.later
def _finish(identity: str) -> None:
    cached.jobs().finish(identity)


def _bar(now: RunStatus) -> None:
    """One bar for the whole run, with what is going on and for how long still."""
    if now.place is not None:
        st.progress(0.0, text=f"Waiting for its turn. {_ahead(now)}")
        return
    left = now.seconds_left
    about = f"{seconds(now.seconds)} so far"
    if left is not None:
        about = f"{'about ' if left >= 1 else ''}{seconds(left)} left"
    stage = now.progress.stage if now.progress else ""
    name = runs.STAGES.get(stage, "Starting")
    st.progress(state.at_least(f"bar-{now.id}", _share(now)), text=f"**{name}**, {about}")
    said = now.progress.message if now.progress else ""
    if said and not (stage in _ECHOED and said == SENTENCES[stage]):
        st.caption(plain(said))


def _ahead(now: RunStatus) -> str:
    """What a waiting run waits for."""
    if now.short_of_memory:
        return "It is next, and starts as soon as another run gives back enough memory."
    if now.place == 1:
        return "It is next, and starts as soon as another run ends."
    return f"It is number {now.place} in line; people take turns."


def _given_up(now: RunStatus) -> None:
    """Methods that failed in this run so far, and the one that is tried now."""
    if not now.failed:
        return
    lines = [f"**{runs.method_label(f.method)}** was given up: {plain(f.reason)}" for f in now.failed]
    if now.trying:
        lines.append(f"Now trying **{runs.method_label(now.trying)}**.")
    st.warning(" ".join(lines), icon=":material/alt_route:")


def _share(now: RunStatus) -> float:
    """How much is done: by time where the time left is known, else by stages."""
    left = now.seconds_left
    if left is not None:
        return min(now.seconds / max(now.seconds + left, 0.1), 0.99)
    if now.progress is None or now.progress.stage not in now.stages:
        return 0.0
    return (now.stages.index(now.progress.stage) + now.progress.share) / len(now.stages)


def _stages(now: RunStatus) -> None:
    """All stages in order: done, under way, to come."""
    current = now.progress.stage if now.progress else None
    place = now.stages.index(current) if current in now.stages else -1
    lasted = {event.stage: event.seconds for event in now.history}
    with st.container(horizontal=True, gap="small"):
        for number, stage in enumerate(now.stages):
            name = runs.STAGES.get(stage, stage)
            if number < place:
                st.badge(f"{name}, {lasted[stage]:.0f} s", icon=":material/check:", color="green")
            elif number == place:
                st.badge(name, icon=":material/hourglass_top:", color="blue")
            else:
                st.badge(name, icon=":material/pending:", color="gray")


def log_lines(now: RunStatus) -> list[str]:
    """Each stage, and each new message in it, with the seconds since the first one began; the latest ones."""
    lines: list[str] = []
    before, lasted, stage, message = 0.0, 0.0, "", ""
    for event in now.history:
        if event.stage != stage:
            before, stage, message = before + lasted, event.stage, event.message
            lines.append(f"- `{before:.1f} s` **{runs.STAGES.get(stage, stage)}**")
        elif event.message != message and event.message:
            message = event.message
            lines.append(f"- `{before + event.seconds:.1f} s` {plain(message)}")
        lasted = event.seconds
    return lines[-LINES:]


def _log(now: RunStatus, mark: str) -> None:
    """What the run has told, folded away."""
    if now.place is not None or not now.history:
        return
    with st.expander("Log", key=f"log{mark}", icon=":material/notes:"):
        st.caption("\n".join(log_lines(now)))
