"""Runs: the one queue of this server, and what finished runs made."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import StorageError
from pages.ui import datasets
from pages.ui.cached.keeping import SMALL, TABLES, TIME, kept
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    import pandas as pd

    from engine.jobs import Jobs
    from engine.results import StoredResult
    from engine.summary import Summary


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The one queue of this server."""
    from engine.jobs import Jobs

    try:
        return Jobs(datasets.home() / "runs", home=datasets.home())
    except OSError as error:
        raise StorageError(f"The folder for runs cannot be made: {error.strerror or error}.") from error


@st.cache_data(ttl=600.0, show_spinner=False)
def housekeep() -> None:
    """Clear away tables and runs that nobody has used for a while."""
    datasets.sweep()
    jobs().sweep(datasets.keep_seconds())


@kept
@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def result(run_id: str) -> StoredResult:
    """What a finished run made. Raises JobError."""
    return jobs().result(run_id)


@kept
@st.cache_resource(max_entries=20 * SMALL, ttl=TIME, show_spinner=False)
def summary(run_id: str) -> Summary:
    """A finished run in a few figures; none of its tables is read. Raises JobError."""
    return jobs().summary(run_id)


def delete_run(dataset: Dataset, run_id: str) -> None:
    """Stop and remove one run on a table."""
    from engine.errors import JobError

    with contextlib.suppress(JobError):  # swept already
        jobs().delete(run_id)
    dataset.drop_run(run_id)
    _forget(run_id)


def delete_runs(dataset: Dataset) -> None:
    """Stop and remove every run on a table."""
    from engine.errors import JobError

    for run_id in dataset.runs():
        with contextlib.suppress(JobError):  # swept already
            jobs().delete(run_id)
        _forget(run_id)


def _forget(run_id: str) -> None:
    for cache in (result, real, summary):
        cache.clear(run_id)


@kept
@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def real(run_id: str) -> pd.DataFrame:
    """The real table that a run learned: parsed, the selected columns."""
    return jobs().table(run_id)
