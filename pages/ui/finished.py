"""Ended runs: the one that is looked at, and the others as cards, the latest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.ui import cached, racing, rivals, runs, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain, seconds, share

if TYPE_CHECKING:
    from engine.jobs import RunStatus
    from engine.summary import Figure, Summary

PAGE = 5  # cards on one page
Colour = Literal["green", "orange", "red", "gray", "blue"]
_LOOKS: Mapping[str, tuple[str, Colour]] = {  # badge of each state
    "done": (":material/check_circle:", "green"),
    "fell_back": (":material/alt_route:", "orange"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/stop_circle:", "gray"),
}
_VERDICTS: Mapping[str, Colour] = {"do not share": "red", "look here": "orange"}


def ended(table: Dataset, now: RunStatus) -> None:
    """What became of the run that is looked at, and the way on."""
    if now.state.has_result:
        _done(table, now)
        return
    if now.state == "cancelled":
        st.info("Stopped. Nothing was made, and nothing of it is left running.", icon=":material/stop_circle:")
    else:
        widgets.error_box(now.message)
        st.caption(runs.what_to_do(now))
    with st.container(horizontal=True):
        if st.button("Change the choices", type="primary", key="change"):
            st.switch_page(state.CONFIGURE_PAGE)
        st.button("Try again", key="again", on_click=state.ask_for_start)
        _delete_button(table, now, "run")


def _done(table: Dataset, now: RunStatus) -> None:
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
        _delete_button(table, now, "run")


def draw(table: Dataset, ended: Sequence[tuple[RunStatus, str]]) -> None:
    """Cards of ended runs with their titles, given the oldest first."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Other runs", anchor=False)
        if len(rivals.possible(table)) > 1 and st.button("Side by side", key="side-by-side", icon=":material/compare:"):
            state.put("view", rivals.RUNS)
            st.switch_page(state.COMPARE_PAGE)
    latest = list(ended)[::-1]
    pages = -(-len(latest) // PAGE)
    page = 1
    if pages > 1:
        st.caption(f"{len(latest)} runs, the latest first.")
        state.keep_within("runs-page", range(1, pages + 1), 1)
        page = st.pagination(pages, key="runs-page")
    for now, title in latest[(page - 1) * PAGE : page * PAGE]:
        _card(table, now, title)


def _card(table: Dataset, now: RunStatus, title: str) -> None:
    mark = now.id
    with st.container(border=True, key=f"run-{mark}"):
        icon, colour = _LOOKS[str(now.state)]
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain(title)}**", width="content")
            st.badge(runs.STATES[str(now.state)].capitalize(), icon=icon, color=colour)
            _verdict(now)
        st.caption(_when(now))
        if now.state.has_result:
            _figures(now, mark)
        elif now.state == "failed":
            st.markdown(f":red[{plain(now.message)}]")
            st.caption(runs.what_to_do(now))
        if now.state == "fell_back":
            st.caption(plain(now.message))
        _actions(table, now, mark)


def _when(now: RunStatus) -> str:
    begun = datetime.fromtimestamp(now.started or now.created)
    told = [f"{begun:%d %b, %H:%M}"]
    if now.started is not None:
        told.append(seconds(now.seconds))
    if now.state.has_result:
        made = cached.summary(now.id)
        told.append(count(made.rows, "row"))
        if now.request.method not in ("auto", "race") and now.state == "done":
            return " · ".join([*told, f"seed {now.request.seed}"])
        told.append(f"made by {plain(made.method)}")
    return " · ".join(told)


def _verdict(now: RunStatus) -> None:
    """What the attacks on privacy say, where there were any."""
    verdict = cached.summary(now.id).verdict if now.state.has_result else ""
    if verdict:
        st.badge(f"Privacy: {verdict}", icon=":material/shield:", color=_VERDICTS.get(verdict, "blue"))


def _figures(now: RunStatus, mark: str) -> None:
    found = cached.summary(now.id)
    if not found.figures:
        st.caption("Nothing was measured in this run.")
    with st.grid("auto", min_column_width=130, key=f"figures-{mark}"):
        for figure in found.figures:
            _figure(figure)
        _sparkline(now, found)


def _figure(figure: Figure) -> None:
    fresh = "" if figure.fresh is None else f"fresh real rows {share(figure.fresh)}"
    st.metric(figure.label, share(figure.value), fresh or None, delta_color="off", delta_arrow="off")


def _sparkline(now: RunStatus, found: Summary) -> None:
    """The loss as it fell; for methods without one, how alike each column is."""
    points = runs.curve(now)
    if points:
        name = points[-1][1]
        losses = [value for _, other, value in points if other == name]
        st.metric(f"Loss, {name}", f"{losses[-1]:.3g}", chart_data=losses, height="stretch")
    elif found.columns:
        column, value = found.columns[0]
        st.metric(
            "Least alike column",
            share(value),
            chart_data=[1.0 - value for _, value in found.columns],
            chart_type="bar",
            height="stretch",
            help=f"{plain(column)} is the least alike. A bar for each column: the longer, the less alike.",
        )


def _actions(table: Dataset, now: RunStatus, mark: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if now.state.has_result:
            if st.button("Compare", key=f"compare-{mark}", icon=":material/compare:"):
                state.use_run(now.id)
                st.switch_page(state.COMPARE_PAGE)
            st.button("Open", key=f"open-{mark}", on_click=state.use_run, args=(now.id,))
        if st.button("Train again", key=f"again-{mark}", help="With the settings of this run."):
            with widgets.told():
                runs.again(table, now.request)
            st.rerun()
        _delete_button(table, now, mark)


def _delete_button(table: Dataset, now: RunStatus, mark: str) -> None:
    with st.popover("Delete", key=f"delete-{mark}", icon=":material/delete:"):
        st.markdown("The twin and the model of this run are removed for good; what is in the library stays.")
        st.button("Delete this run", key=f"sure-{mark}", type="primary", on_click=_delete, args=(table, now.id))


def _delete(table: Dataset, identity: str) -> None:
    """Before the page is drawn anew."""
    cached.delete_run(table, identity)
