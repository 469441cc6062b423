"""Step 4: how alike both tables are, and the synthetic one to take away."""

from __future__ import annotations

import streamlit as st

from pages.ui import cached, downloads, frame, runs, state, told, verdicts, views, widgets, wishes
from pages.ui.words import count, plain, seconds

frame.ensure()
widgets.heading("Compare", "Real and synthetic")
table = widgets.need_table()
identity = widgets.need_run()
now = runs.status(identity)
runs.picker(table, identity)
if now is None or not now.state.has_result:
    st.info("This run has no result to compare (yet).", icon=":material/hourglass_top:")
    if st.button("Look at the run", type="primary", key="to-train"):
        st.switch_page(state.TRAIN_PAGE)
    st.stop()

with widgets.told():
    with st.spinner("Fetching the result …"):
        result = cached.result(identity)
    st.markdown(
        f"**{count(len(result.synthetic), 'synthetic row')}** of {plain(table.title)}, made by "
        f"**{plain(str(result.figures['method_label']))}** in {seconds(now.seconds)}, seed {now.request.seed}."
    )
    wishes.tell(now.request)
    if now.state == "fell_back":
        st.warning(plain(now.message), icon=":material/alt_route:")
    verdicts.say(result)
    downloads.draw(table, identity, result)
    verdicts.cards(result)
    told.made(result, folded=True)
    views.draw(table, identity, result, now.request)
