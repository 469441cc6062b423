"""Runs on the page: starting one, watching it, and what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JobError
from engine.generators import registry
from engine.generators.base import Family
from engine.race import RACE
from engine.synthesizer import AUTO
from pages.ui import cached, racing, secret, state, widgets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain, seconds

if TYPE_CHECKING:
    from engine.jobs import RunStatus

POLL = 1.0  # seconds between two looks at a run
STAGES = {
    "race": "Race the methods",
    "train": "Learn the table",
    "sample": "Make rows",
    "evaluate": "Measure the twin",
    "attack": "Attack the twin",
    "train again": "Learn all rows",
    "sample again": "Make the twin",
}
_STATES = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "fell_back": "done by another method",
    "failed": "failed",
    "cancelled": "stopped",
}


def start(table: Dataset) -> None:
    """Hand the table to a worker. Raises what is wrong with the choices or the table."""
    with st.spinner("Handing the table to a training process …"):
        schema = cached.chosen_schema(table)
        choices = Choices.from_json(table.load_choices())
        identity = cached.jobs().start(
            choices.request(), cached.reading(table).frame, schema, owner=table.id, secret=secret.of(table, schema)
        )
        table.add_run(identity)
        state.use_run(identity)


def status(identity: str) -> RunStatus | None:
    """Where a run stands; None when it was cleared away."""
    try:
        return cached.jobs().status(identity)
    except JobError:
        return None


def method_label(key: str) -> str:
    """A method's name for people; “auto”, a race and methods of other versions have one too."""
    if key in registry.GENERATORS:
        return registry.GENERATORS[key].info.label
    return {AUTO: "Automatic", RACE: "Race"}.get(key, key)


# Watching


@st.fragment(run_every=POLL)
def watch(identity: str) -> None:
    """The live panel of a run that waits or runs; the page is drawn anew when it has ended."""
    now = status(identity)
    if now is None or now.state.ended:
        st.rerun()
    with st.container(border=True, key="job"):
        _bar(now)
        _given_up(now)
        _stages(now)
        losses(now)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button("Stop", key="stop", icon=":material/stop_circle:", on_click=_stop, args=(identity,))
            _keep_best(now)
    st.caption("You may leave this page, or refresh it: the run goes on and is found here again.")


def _stop(identity: str) -> None:
    cached.jobs().cancel(identity)


def _keep_best(now: RunStatus) -> None:
    """An early end for a training in steps, whose best so far is a model already."""
    if now.finishing:
        st.caption("Ending with the best so far.")
    elif now.trying in registry.GENERATORS and registry.GENERATORS[now.trying].info.family is Family.DEEP:
        st.button(
            "Stop and keep the best",
            key="keep-best",
            icon=":material/flag:",
            on_click=_finish,
            args=(now.id,),
            help="Ends the training now and makes the twin with the best model so far.",
        )


def _finish(identity: str) -> None:
    cached.jobs().finish(identity)


def _bar(now: RunStatus) -> None:
    """One bar for the whole run, with what is going on and for how long still."""
    if now.place is not None:
        ahead = "It starts as soon as another run ends." if now.place == 1 else f"{now.place - 1} are before it."
        st.progress(0.0, text=f"Waiting for its turn. {ahead}")
        return
    left = now.seconds_left
    about = f"about {seconds(left)} left" if left is not None else f"{seconds(now.seconds)} so far"
    stage = now.progress.stage if now.progress else ""
    name = STAGES.get(stage, "Starting")
    st.progress(state.at_least(f"bar-{now.id}", _share(now)), text=f"**{name}**, {about}")
    if now.progress is not None and now.progress.message:
        st.caption(plain(now.progress.message))


def _given_up(now: RunStatus) -> None:
    """Methods that failed in this run so far, and the one that is tried now."""
    if not now.failed:
        return
    lines = [f"**{method_label(f.method)}** was given up: {plain(f.reason)}" for f in now.failed]
    if now.trying:
        lines.append(f"Now trying **{method_label(now.trying)}**.")
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
            name = STAGES.get(stage, stage)
            if number < place:
                st.badge(f"{name}, {lasted[stage]:.0f} s", icon=":material/check:", color="green")
            elif number == place:
                st.badge(name, icon=":material/hourglass_top:", color="blue")
            else:
                st.badge(name, icon=":material/pending:", color="gray")


def losses(now: RunStatus) -> None:
    """The losses of the latest training as lines, for methods that learn in rounds."""
    told = [event for event in now.history if event.losses]
    points = [(e.step, name, loss) for e in told if e.stage == told[-1].stage for name, loss in e.losses.items()]
    times = Counter(name for _, name, _ in points)
    points = [point for point in points if times[point[1]] > 1]  # a single loss of each column is no curve
    if not points:
        return
    from engine.charts import loss_chart

    st.altair_chart(loss_chart(points, dark=widgets.dark()), theme=None, alt="Losses by training step")
    st.caption("Losses say whether training gets on, not how good the twin is: the figures on *Compare* do.")


# Afterwards


def picker(table: Dataset, identity: str) -> None:
    """A choice among the runs on this table, where there are several."""
    known = [run for run in table.runs() if status(run) is not None]
    if len(known) < 2 or identity not in known:
        return
    titles = {run: _title(number, run) for number, run in enumerate(known, start=1)}
    state.put("run-picker", identity)
    st.selectbox(
        "Run", known[::-1], format_func=lambda run: titles[run], key="run-picker", on_change=_look_at, width=420
    )


def title(table: Dataset, run_id: str) -> str:
    """A run's name among those of its table."""
    known = [run for run in table.runs() if status(run) is not None]
    return _title(known.index(run_id) + 1 if run_id in known else 0, run_id)


def _look_at() -> None:
    state.use_run(state.value("run-picker"))


def _title(number: int, identity: str) -> str:
    found = status(identity)
    if found is None:
        return f"{number}. cleared away"
    return f"{number}. {method_label(found.request.method)}, {_STATES[str(found.state)]}"


def ended(now: RunStatus) -> None:
    """What became of a run, and the way on."""
    if now.state.has_result:
        _done(now)
        return
    if now.state == "cancelled":
        st.info("Stopped. Nothing was made, and nothing of it is left running.", icon=":material/stop_circle:")
    else:
        widgets.error_box(now.message)
    with st.container(horizontal=True):
        if st.button("Change the choices", type="primary", key="change"):
            st.switch_page(state.CONFIGURE_PAGE)
        st.button("Try again", key="again", on_click=state.ask_for_start)


def _done(now: RunStatus) -> None:
    if now.state == "fell_back":
        st.warning(plain(now.message), icon=":material/alt_route:")
    result = cached.result(now.id)
    made = count(len(result.synthetic), "synthetic row")
    st.success(
        f"{made} made by **{plain(str(result.figures['method_label']))}** in {seconds(now.seconds)}.",
        icon=":material/check_circle:",
    )
    racing.reason(result)
    with st.container(horizontal=True):
        if st.button("Compare", type="primary", key="next", icon=":material/arrow_forward:"):
            st.switch_page(state.COMPARE_PAGE)
        st.button("Train again", key="again", on_click=state.ask_for_start)
        if st.button("Change the choices", key="change"):
            st.switch_page(state.CONFIGURE_PAGE)
