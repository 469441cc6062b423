"""Runs on the page: starting one, watching it, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import JobError, TwinError
from engine.generators import registry
from engine.race import RACE
from engine.settings import describe
from engine.synthesizer import AUTO
from pages.ui import cached, secret, state, whose, widgets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from pages.ui.words import count, seconds

if TYPE_CHECKING:
    from engine.jobs import RunStatus
    from engine.run import RunRequest

_TOLD = 3  # choices that a title names
STAGES = {
    "race": "Race the methods",
    "train": "Learn the table",
    "sample": "Make rows",
    "evaluate": "Measure the twin",
    "attack": "Attack the twin",
    "train again": "Learn all rows",
    "sample again": "Make the twin",
}
STATES = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "fell_back": "done by another method",
    "failed": "failed",
    "cancelled": "stopped",
}


def start(table: Dataset) -> None:
    """Hand the table to a worker for each method that was chosen. Raises what is wrong with the choices or the table.

    Where the line is full before all have been taken, those before go their way, and the sentence says which do not.
    """
    choices = Choices.from_json(table.load_choices())
    _hand_over(table, choices.requests())


def again(table: Dataset, request: RunRequest) -> None:
    """Train once more as an earlier run did, on the columns as they are chosen now."""
    _hand_over(table, (request,))


def _hand_over(table: Dataset, requests: Sequence[RunRequest]) -> None:
    with st.spinner("Handing the table to a training process …"):
        schema = cached.chosen_schema(table)
        frame, owner = cached.reading(table).frame, whose.owner()
        known, hidden = cached.facts(table, schema), secret.of(table, schema)
        for number, request in enumerate(requests):
            try:
                identity = cached.jobs().start(request, frame, schema, owner=owner, secret=hidden, known=known)
            except TwinError as error:
                if number == 0:
                    raise
                raise JobError(f"{method_label(request.method)} and what follows it did not start: {error}") from error
            table.add_run(identity)
            if number == 0:
                state.use_run(identity)


def of(table: Dataset) -> list[tuple[RunStatus, str]]:
    """Every run on a table that is still known, with its title, the oldest first."""
    found = [now for now in map(status, table.runs()) if now is not None]
    own = apart([now.request for now in found])
    return [(now, _named(number, now, own[number - 1])) for number, now in enumerate(found, start=1)]


def _named(number: int, now: RunStatus, own: str) -> str:
    return f"{number}. {method_label(now.request.method)}{f' ({own})' if own else ''}"


def apart(requests: Sequence[RunRequest]) -> list[str]:
    """For each what sets it apart from the others of its method, in a few words; nothing where nothing does."""
    asked = [_asked(request) for request in requests]
    told = []
    for request, own in zip(requests, asked, strict=True):
        alike = [other for one, other in zip(requests, asked, strict=True) if one.method == request.method]
        telling = [name for name in own if len({other.get(name, "") for other in alike}) > 1]
        words = [own[name] for name in telling if own[name]]
        more = f" and {len(words) - _TOLD} more" if len(words) > _TOLD else ""
        told.append(", ".join(words[:_TOLD]) + more)
    return told


def _asked(request: RunRequest) -> dict[str, str]:
    """Words for each choice that a person may change between two runs; "" for what is usual."""
    words = {
        "rows": "as many rows as the table" if request.rows is None else count(request.rows, "row"),
        "seed": f"seed {request.seed}",
        "depth": f"{request.depth} figures",
        "given": f"given {', '.join(request.given)}" if request.given else "",
        "balance": f"rebalanced {request.balance}" if request.balance else "",
        "budget": "" if request.budget is None else f"at most {seconds(request.budget)}",
        "release": "the measured model's rows" if request.release == "audited" else "",
        "drop_near": "near rows replaced" if request.drop_near else "",
    }
    if request.method not in registry.GENERATORS:
        return words
    settings = describe(registry.GENERATORS[request.method].info.settings)
    return words | {
        f"set {one.name}": f"{one.label} {_value(request.settings.get(one.name, one.default))}" for one in settings
    }


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


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


# Losses


def losses(now: RunStatus, key: str = "losses") -> None:
    """The losses of the latest training as lines, for methods that learn in rounds."""
    points = curve(now)
    if not points:
        return
    from engine.charts import loss_chart

    drawn = loss_chart(points, dark=widgets.dark())
    st.altair_chart(drawn, theme=None, key=key, alt="Losses by training step")
    st.caption("Losses say whether training gets on, not how good the twin is: the figures on *Compare* do.")


def curve(now: RunStatus) -> list[tuple[int, str, float]]:
    """Step, name and value of the losses of the latest training; empty for methods that do not learn in rounds."""
    told = [event for event in now.history if event.losses]
    points = [(e.step, name, loss) for e in told if e.stage == told[-1].stage for name, loss in e.losses.items()]
    times = Counter(name for _, name, _ in points)
    return [point for point in points if times[point[1]] > 1]  # a single loss of each column is no curve


# Afterwards


def picker(table: Dataset, identity: str) -> None:
    """A choice among the runs on this table, where there are several."""
    titles = {now.id: _told(now, title) for now, title in of(table)}
    if len(titles) < 2 or identity not in titles:
        return
    state.put("run-picker", identity)
    known = list(titles)[::-1]
    st.selectbox(
        "Run",
        known,
        format_func=lambda run: f"Run {titles[run]}",
        key="run-picker",
        on_change=_look_at,
        width=420,
        label_visibility="collapsed",
    )


def _told(now: RunStatus, title: str) -> str:
    return f"{title}, {STATES[str(now.state)]}"


def title(table: Dataset, run_id: str) -> str:
    """A run's name among those of its table."""
    return {now.id: _told(now, title) for now, title in of(table)}.get(run_id, "cleared away")


def _look_at() -> None:
    state.use_run(state.value("run-picker"))


def what_to_do(now: RunStatus) -> str:
    """The way on after a failure, where its own sentence leaves it open."""
    if now.request.fallback and now.request.method not in {AUTO, RACE}:
        return "Choose another method or fewer columns on *Configure*, or let *Automatic* choose one that suits."
    if not now.request.fallback:
        return "Another method may take over when you allow it: *Configure*, *More options*."
    return "Leave out columns or rows on *Configure*, and try again."
