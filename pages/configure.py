"""Step 2: choose columns, kinds, method, and what to make. The defaults are always enough to go on."""

from __future__ import annotations

import streamlit as st

from engine.table import infinite
from pages.ui import (
    cached,
    columns,
    frame,
    loading,
    measuring,
    method,
    options,
    protect,
    rules,
    secret,
    state,
    widgets,
    wishes,
)
from pages.ui.choices import Choices, keep
from pages.ui.words import count, plain

frame.ensure()
widgets.heading("Configure", "Configure the twin", "Everything has a sensible default: go on whenever you like.")
table = widgets.need_table()
loading.tell(table)
with widgets.told():
    with st.spinner("Looking through the columns …"):
        reading = cached.reading(table)
        profile = cached.profile(table, cached.chosen_schema(table))
    with st.container(horizontal=True, vertical_alignment="center"):
        action = st.container(horizontal=True, vertical_alignment="center", width="content", key="action")
        loading.draw(table)

    st.header("Columns", anchor=False)
    edited = columns.draw(table)

    st.header("Method", anchor=False)
    beside = st.container()  # filled when it is known what is to be made: seconds and memory follow from it

    st.header("What to make", anchor=False)
    choices = options.draw(Choices.from_json(table.load_choices()), profile.rows)
    choices = protect.draw(table, edited.schema, choices, profile.rows)
    choices = measuring.draw(edited.schema, choices)
    told = secret.draw(table, edited.schema)
    schema, broken = rules.draw(table, edited.schema)
    advised = cached.advice(table, edited.schema)
    with beside:
        choices = method.draw(choices, advised, cached.facts(table, edited.schema))
    choices, problems = wishes.draw(
        table,
        schema,
        choices,
        method.taken(choices, advised),
        choices.rows or profile.rows,
        {column.name: column.distinct for column in profile.columns},
    )

endless = infinite.refused(cached.infinite(table), edited.schema)
problem = keep(table, schema, choices) if not edited.problems else ""
problems = (*edited.problems, *endless, *told, *broken, *problems)
wrong = next(iter(problems), problem)
asked = wishes.said(choices.request())
ruled = f", {count(len(schema.constraints), 'rule')}" if schema.constraints else ""
with action:
    go = st.button("Train", type="primary", key="next", icon=":material/play_arrow:", disabled=bool(wrong))
    if wrong:
        st.markdown(f":red[:material/error: {plain(wrong)}]")
    st.caption(
        f"{plain(table.title)}: {count(len(edited.schema.selected), 'column')} of {len(edited.schema)}, "
        f"{count(choices.rows or profile.rows, 'synthetic row')}{ruled}{plain(f': {asked}' if asked else '')}."
    )
if problem and not problems:
    widgets.error_box(problem)
if st.button("Train", key="next-below", icon=":material/play_arrow:", disabled=bool(wrong)) or go:
    state.ask_for_start()
    st.switch_page(state.TRAIN_PAGE)
