"""The guide: the four steps, methods, figures, limits, and what a synthetic table does not settle."""

from __future__ import annotations

import streamlit as st

from engine.generators import registry
from pages.ui import frame, help_texts, view_texts, widgets

frame.ensure()

st.title("Guide", anchor=False)
st.markdown(help_texts.STEPS)

st.subheader("Methods", anchor=False)
st.markdown(help_texts.METHODS)
for info in registry.infos():
    with st.expander(info.label, key=f"guide-{info.key}"):
        st.markdown(help_texts.method(info))

st.subheader("Asking for certain rows", anchor=False)
st.markdown(help_texts.ROWS)

st.subheader("Kinds of columns", anchor=False)
st.table(help_texts.KINDS, border="horizontal")

for title, text in (
    ("Columns on their own", help_texts.COLUMNS),
    ("Personal data and pseudonyms", help_texts.PERSONAL),
    ("Rare categories", help_texts.RARE),
    ("Rules", help_texts.RULES),
):
    st.subheader(title, anchor=False)
    st.markdown(text)

st.subheader("Figures", anchor=False)
st.markdown(help_texts.FIGURES)
for title, text in help_texts.metrics():
    with st.expander(title, key=f"guide-figure-{title}"):
        st.markdown(text)

st.subheader("Views of the comparison", anchor=False)
st.markdown(view_texts.VIEWS)

st.subheader("Privacy", anchor=False)
st.markdown(help_texts.PRIVACY)

st.subheader("Limits of this server", anchor=False)
st.table(help_texts.limits(), border="horizontal", width="content")
widgets.next_step()
