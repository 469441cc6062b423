"""Step 3: learn the table in processes of their own, watch them, stop them, and find them again."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, figures, finished, frame, live, runs, secret, state, told, widgets, wishes
from pages.ui.choices import Choices
from pages.ui.words import count, plain

frame.ensure()
widgets.heading("Train", "Train the twin")
table = widgets.need_table()
if state.take_start():
    with widgets.told():
        runs.start(table)
identity = state.run_id()
known = runs.of(table)
under_way = [(now, title) for now, title in known if not now.state.ended]
now = next((now for now, _ in known if now.id == identity), None)

if now is None:
    with widgets.told():
        schema = cached.chosen_schema(table)
    choices = Choices.from_json(table.load_choices())
    methods = " and ".join(runs.method_label(request.method) for request in choices.requests())
    st.markdown(f"**{plain(table.title)}**, {count(len(schema.selected), 'column')}, method: {methods}.")
    wishes.tell(choices.request())
    secret.tell(table, schema)
    st.button("Start training", type="primary", key="start", icon=":material/play_arrow:", on_click=state.ask_for_start)

if under_way:
    first = next((pair for pair in under_way if pair[0].id == identity), under_way[0])
    wishes.tell(first[0].request)
    ordered = [first, *(pair for pair in under_way if pair is not first)]
    live.watch(tuple((other.id, title) for other, title in ordered))
if now is not None and now.state.ended:
    finished.ended(table, now)
    if now.state.has_result:
        with widgets.told():
            told.made(cached.result(now.id))
            figures.headline(cached.result(now.id))
            figures.least_alike(cached.result(now.id))
    runs.losses(now, key="losses-of-all")
others = [(other, title) for other, title in known if other.state.ended and other.id != identity]
if others:
    finished.draw(table, others)
