"""Step 3: learn the table in a process of its own, watch it, stop it, and find it again."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, figures, frame, runs, secret, state, told, widgets, wishes
from pages.ui.choices import Choices
from pages.ui.words import count, plain

frame.ensure()
widgets.heading("Train", "Train the twin")
table = widgets.need_table()
if state.take_start():
    with widgets.told():
        runs.start(table)
identity = state.run_id()
now = runs.status(identity) if identity else None

if now is None:
    with widgets.told():
        schema = cached.chosen_schema(table)
    choices = Choices.from_json(table.load_choices())
    st.markdown(
        f"**{plain(table.title)}**, {count(len(schema.selected), 'column')}, "
        f"method: {runs.method_label(choices.method)}."
    )
    wishes.tell(choices.request())
    secret.tell(table, schema)
    st.button("Start training", type="primary", key="start", icon=":material/play_arrow:", on_click=state.ask_for_start)
    st.stop()

runs.picker(table, now.id)
wishes.tell(now.request)
if not now.state.ended:
    runs.watch(now.id)
    st.stop()
runs.ended(now)
if now.state.has_result:
    with widgets.told():
        told.made(cached.result(now.id))
        figures.headline(cached.result(now.id))
        figures.least_alike(cached.result(now.id))
runs.losses(now)
