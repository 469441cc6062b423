"""What keeps tables from the eyes of others on the server's own machine.

Modes of files, logs without values, and that what is old goes, also where nobody comes.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from functools import cache

import streamlit as st

from engine.privatelog import LINE, PrivateFilter, PrivateFormatter, keep_quiet

_FILTER = PrivateFilter()
_OTHERS = ("asyncio", "uvicorn.error")  # who tell of errors in the server, beside Streamlit itself


_TIDY_SECONDS = 3600.0

log = logging.getLogger(__name__)


@st.cache_resource(show_spinner=False)
def begin() -> None:
    """Once per server: files are for its user only from now on, and no log quotes what an error says."""
    os.umask(0o077)
    known = [name for name in logging.root.manager.loggerDict if name.startswith("streamlit")]
    for name in (*known, *_OTHERS):
        logging.getLogger(name).addFilter(_FILTER)
    if logging.lastResort is not None:  # what the engine and its libraries say
        logging.lastResort.setFormatter(PrivateFormatter(LINE))
    if threading.excepthook is threading.__excepthook__:  # nobody else minds what threads end by
        keep_quiet()
    _tidier()


@cache
def _tidier() -> threading.Thread:
    """Tidies up every hour as long as this process lives. (Visits do so as well, see `cached.housekeep`.)"""

    def work() -> None:
        while True:
            time.sleep(_TIDY_SECONDS)
            try:
                tidy()
            except Exception:
                log.exception("What is old cannot be cleared away.")

    thread = threading.Thread(target=work, name="tidy up", daemon=True)
    thread.start()
    return thread


def tidy() -> None:
    """Remove tables, runs and deleted entries of the library whose time is over."""
    from engine.library.settings import LibrarySettings
    from engine.library.store import sweep_all
    from pages.ui import cached, datasets

    datasets.sweep()
    cached.jobs().sweep(datasets.keep_seconds())
    settings = LibrarySettings.from_environment()
    if settings is not None:
        sweep_all(settings)
