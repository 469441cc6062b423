"""What is loaded ahead, while the first visitor still looks for a file."""

from __future__ import annotations

import gc
import importlib
import threading
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    pass


_PAINTED = 1.5  # seconds that the first visitor's page has the server for itself
_WARM = (  # reading, then what the dialog of a column draws with
    "engine.table.read",
    "engine.table.delimited",
    "engine.table.infer",
    "engine.table.profile",
    "engine.columnfit",
    "engine.charts.fits",
    "engine.courses",
    "scipy.stats",
)


@st.cache_resource(show_spinner=False)
def warm_up() -> threading.Timer:
    """Load what reading needs while the first visitor still looks for a file; once per server.

    Not at once: what the page itself consists of is handed out by the same process.
    """

    def load() -> None:
        for name in _WARM:
            importlib.import_module(name)
        if not gc.get_freeze_count():
            gc.freeze()  # what is loaded stays: it is not looked through again whenever garbage is sought

    thread = threading.Timer(_PAINTED, load)
    thread.name, thread.daemon = "warm up", True
    thread.start()
    return thread
