"""A log-in before everything, where the server's settings ask for one."""

from __future__ import annotations

import os
from importlib.util import find_spec

import streamlit as st

from engine.errors import SettingsError
from engine.library.settings import LibrarySettings
from engine.limits import Limits
from pages.ui import datasets

LOGIN = "TABULAR_TWIN_LOGIN"  # environment variable: "required", and nobody gets past this page without


def check_settings() -> None:
    """Raises SettingsError for the first setting that makes no sense, wherever it would be asked for later."""
    Limits.from_environment()
    LibrarySettings.from_environment()
    datasets.keep_seconds()


def required() -> bool:
    """Whether nobody gets in without a log-in; there is a button to log out on every page then."""
    return bool(os.environ.get(LOGIN, "").strip())


def guard() -> None:
    """Let pass who may; for anybody else the page ends here. Raises SettingsError where nobody could log in."""
    check_settings()
    wanted = os.environ.get(LOGIN, "").strip()
    if not wanted:
        return
    if wanted != "required":
        raise SettingsError(f"{LOGIN} must be “required” or empty, not “{wanted}”.")
    from pages.ui import shelf

    said = shelf.claims()
    if said is None or find_spec("authlib") is None:
        lacks = "the section [auth] of .streamlit/secrets.toml" if said is None else "the package streamlit[auth]"
        raise SettingsError(f"{LOGIN} asks for a log-in, but {lacks} is missing on this server.")
    if said and shelf.identity(said):
        st.sidebar.button("Log out", key="leave", icon=":material/logout:", type="tertiary", on_click=st.logout)
        return
    st.title("Tabular Twin", anchor=False)
    if said:
        st.error("Your account has no confirmed address, so you cannot be let in.", icon=":material/block:")
        st.button("Log out", key="leave", icon=":material/logout:", on_click=st.logout)
    else:
        st.info("Log in to make synthetic twins of your tables here.", icon=":material/lock:")
        st.button("Log in", type="primary", key="enter", icon=":material/login:", on_click=st.login)
    st.stop()
