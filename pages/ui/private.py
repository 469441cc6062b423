"""What keeps tables from the eyes of others on the server's own machine: modes of files, and logs without values."""

from __future__ import annotations

import logging
import os

import streamlit as st

from engine.privatelog import LINE, PrivateFilter, PrivateFormatter

_FILTER = PrivateFilter()
_OTHERS = ("asyncio", "uvicorn.error")  # who tell of errors in the server, beside Streamlit itself


@st.cache_resource(show_spinner=False)
def begin() -> None:
    """Once per server: files are for its user only from now on, and no log quotes what an error says."""
    os.umask(0o077)
    known = [name for name in logging.root.manager.loggerDict if name.startswith("streamlit")]
    for name in (*known, *_OTHERS):
        logging.getLogger(name).addFilter(_FILTER)
    if logging.lastResort is not None:  # what the engine and its libraries say
        logging.lastResort.setFormatter(PrivateFormatter(LINE))
