"""The guide: steps, examples, methods, figures, privacy, limits; a chapter at a time, or what words are found in."""

from __future__ import annotations

import streamlit as st

from pages.ui import frame, state, widgets
from pages.ui.chapters import CHAPTERS, Chapter, find
from pages.ui.words import count

MOST = 20  # sections shown of a search
OPEN = 2  # of them stand open

frame.ensure()
st.title("Guide", anchor=False)
wanted = st.text_input(
    "Find in the guide",
    key="guide-find",
    placeholder="seed, GDPR, gaps, ECDF …",
    icon=":material/search:",
    width=420,
    help="Sections that hold every word.",
)


def _chapter(chapter: Chapter) -> None:
    st.header(chapter.title, anchor=False)
    for section in chapter.sections():
        if not section.title:
            st.markdown(section.text)
        elif chapter.folded:
            with st.expander(section.title, key=f"guide-{chapter.key}-{section.title}"):
                st.markdown(section.text)
        else:
            st.subheader(section.title, anchor=False)
            st.markdown(section.text)


def _found(text: str) -> None:
    found = find(text)
    if not found:
        st.info("Nothing in the guide has all these words. Try fewer, or shorter ones.", icon=":material/search_off:")
    else:
        st.caption(f"In {count(len(found), 'section')}.")
    for place, (chapter, section) in enumerate(found[:MOST]):
        label = f"{chapter.title}: {section.title}" if section.title else chapter.title
        with st.expander(label, expanded=place < OPEN, key=f"guide-found-{text}-{chapter.key}-{section.title}"):
            st.markdown(section.text)


if wanted.strip():
    _found(wanted.strip())
else:
    shown = st.pills(
        "Chapters",
        list(CHAPTERS),
        format_func=lambda key: CHAPTERS[key].title,
        default=next(iter(CHAPTERS)),
        key=state.CHAPTER,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    _chapter(CHAPTERS[str(shown)])
widgets.next_step()
