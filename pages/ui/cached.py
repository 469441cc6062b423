"""The only caller of the engine's slow parts: each answer is kept for a while, and only so many of them.

Tables are kept by the hash of their content, so that a second person with the same sample reads nothing again; runs by
their id, which cannot be guessed. What is handed out is shared: nobody may change it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import StorageError
from engine.table.formulas import NEUTRALISE
from engine.table.schema import Kind
from pages.ui import datasets
from pages.ui.datasets import Dataset
from pages.ui.sampled import Sampled, Source

if TYPE_CHECKING:
    import pandas as pd

    from engine.advice import Advice
    from engine.certificate import Certificate
    from engine.evaluation.associations import AssociationComparison
    from engine.evaluation.binning import Scale
    from engine.evaluation.distributions import ColumnComparison
    from engine.evaluation.gaps import MissingComparison
    from engine.evaluation.giveaways import GivenAway
    from engine.evaluation.joint import JointComparison
    from engine.evaluation.projection import Projection
    from engine.evaluation.timeview import TimeComparison
    from engine.facts import Facts
    from engine.jobs import Jobs
    from engine.results import StoredResult
    from engine.summary import Summary
    from engine.table.findings import Finding
    from engine.table.profile import TableProfile
    from engine.table.read import Reading
    from engine.table.schema import Column, Schema
    from engine.table.search import Found

TABLES = 3  # whole tables held in memory
SMALL = 24  # profiles, comparisons and the like
TIME = 1800.0  # seconds; as text, Streamlit would load pandas to read it
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


# The table


def take(content: bytes, name: str, owner: str = "") -> Dataset:
    """Keep an upload and read it. owner: the session that brings it. Raises TwinError, and then keeps nothing."""
    housekeep()
    dataset = datasets.add(content, name, owner)
    try:
        schema(dataset)
    except BaseException:
        datasets.remove(dataset)
        raise
    return dataset


def read_as(dataset: Dataset, options: Mapping[str, Any]) -> None:
    """Read the table by other options from now on. Raises TwinError, and then leaves all as it was."""
    schema(replace(dataset, options=options))
    datasets.read_as(dataset, options)


def reading(dataset: Dataset) -> Reading:
    """The table as read, with what was found on the way. Raises TwinError."""
    return _reading(dataset.version, dataset)


@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def _reading(version: str, _dataset: Dataset) -> Reading:
    from engine import room
    from engine.limits import Limits
    from engine.table.read import ReadOptions, read_table

    with room.reading(_dataset.bytes, Limits.from_environment(), let_go):
        return read_table(_dataset.source, name=_dataset.name, options=ReadOptions(**_dataset.options))


def let_go() -> None:
    """Empty what is kept for speed, where memory is wanted for something else."""
    for kept in _KEPT:
        kept.clear()


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _found(version: str, text: str, most: int, _dataset: Dataset) -> Found:
    from engine.table.search import find_rows

    return find_rows(reading(_dataset).frame, text, most)


def found(dataset: Dataset, text: str, most: int) -> Found:
    """The first rows of the table of which a cell holds the text. Raises TwinError."""
    return _found(dataset.version, text, most, dataset)


def schema(dataset: Dataset) -> Schema:
    """The kinds as found in the values, without anybody's changes."""
    return _schema(dataset.version, dataset)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _schema(version: str, _dataset: Dataset) -> Schema:
    from engine.table.infer import infer_schema

    found = reading(_dataset)
    return infer_schema(found.frame, name=found.name)


def infinite(dataset: Dataset) -> tuple[Finding, ...]:
    """Columns of numbers with infinite ones, by the kinds as found."""
    return _infinite(dataset.version, dataset)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _infinite(version: str, _dataset: Dataset) -> tuple[Finding, ...]:
    from engine.table.infinite import find

    return find(reading(_dataset).frame, schema(_dataset))


def chosen_schema(dataset: Dataset) -> Schema:
    """The kinds with the person's changes, where they still fit the table."""
    found, saved = schema(dataset), dataset.load_schema()
    return saved if saved is not None and saved.names == found.names else found


def recast(dataset: Dataset, column: str, kind: Kind) -> Column:
    """The column as another kind, with the formats that its values then have. Raises TwinError when they do not fit."""
    return _recast(dataset.version, column, str(kind), dataset)


@st.cache_resource(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def _recast(version: str, column: str, kind: str, _dataset: Dataset) -> Column:
    from engine.table.infer import recast

    return recast(reading(_dataset).frame, schema(_dataset), column, kind)[column]


def profile(dataset: Dataset, chosen: Schema) -> TableProfile:
    """What each column holds, by these kinds. Raises TwinError when a kind does not fit the values."""
    return _look(dataset, chosen)[0]


def facts(dataset: Dataset, chosen: Schema) -> Facts:
    """What advice and estimates go by. Raises TwinError when a kind does not fit the values."""
    return _look(dataset, chosen)[1]


def _look(dataset: Dataset, chosen: Schema) -> tuple[TableProfile, Facts]:
    """Rules change neither."""
    bare = replace(chosen, constraints=())
    return _seen(dataset.version, bare.dumps(), dataset, bare)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _seen(version: str, text: str, _dataset: Dataset, _chosen: Schema) -> tuple[TableProfile, Facts]:
    from engine.facts import look
    from engine.table.profile import profile_table

    parsed = _chosen.parse(reading(_dataset).frame)
    return profile_table(parsed, _chosen), look(parsed, _chosen)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def _cells(version: str, text: str, _dataset: Dataset, _column: Column) -> pd.Series:
    from engine.table.convert import parse_column

    return parse_column(reading(_dataset).frame[_column.name], _column)


def cells(dataset: Source, column: Column) -> pd.Series:
    """One column of the real table, parsed by the kind that it has now. Raises TwinError when that does not fit."""
    if isinstance(dataset, Sampled):
        return dataset.frame[column.name]
    column = bare(column)
    return _cells(dataset.version, text_of(column), dataset, column)


def bare(column: Column) -> Column:
    """The column without what changes nothing of its values, so that a choice of those computes nothing anew."""
    return replace(column, selected=True, method="", distribution="", pseudonym=False, text="own", reason="")


def text_of(column: Column) -> str:
    """All of a column, as a key of what was computed from it."""
    return json.dumps(column.to_json())


def values(dataset: Source, column: Column) -> Mapping[str, int]:
    """The values of a column as the source writes them, with their rows: the most frequent first, gaps last as ""."""
    column = bare(column)
    return _values(dataset.version, text_of(column), dataset, column)


@st.cache_resource(max_entries=2 * SMALL, ttl=TIME, show_spinner=False)
def _values(version: str, text: str, _dataset: Source, _column: Column) -> Mapping[str, int]:
    from engine.conditions import spelled

    known = cells(_dataset, _column)
    counts = sorted(known.value_counts().items(), key=lambda pair: (-pair[1], pair[0]))
    gaps = int(known.isna().sum())
    labelled = _column.kind is Kind.CATEGORICAL
    found = {str(value) if labelled else spelled(value, _column): int(rows) for value, rows in counts}
    if isinstance(_dataset, Sampled):
        found |= {value: 0 for value in _dataset.labels.get(_column.name, ()) if value not in found}
    return {**found, "": gaps} if gaps else found


def advice(dataset: Dataset, chosen: Schema) -> tuple[Advice, ...]:
    """Every method, the best suited first."""
    from engine.advice import advise

    known = facts(dataset, chosen)
    return advise(chosen, known.rows, known)


# Runs


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


@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def result(run_id: str) -> StoredResult:
    """What a finished run made. Raises JobError."""
    return jobs().result(run_id)


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


def _forget(run_id: str) -> None:
    for kept in (result, real, summary):
        kept.clear(run_id)


@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def real(run_id: str) -> pd.DataFrame:
    """The real table that a run learned: parsed, the selected columns."""
    return jobs().table(run_id)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def certificate(run_id: str, format: str, formulas: str = NEUTRALISE) -> Certificate:
    """What was checked on the bytes of a download. formulas: as in `to_bytes`. Raises WriteError."""
    from pages.ui import certified

    return certified.check(run_id, format, formulas)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def kept_certificate(
    version: str, format: str, formulas: str, _table: pd.DataFrame, _schema: Schema, _run: str
) -> Certificate:
    """As `certificate`, for a table of the library. version: names its content for good. Raises WriteError."""
    from pages.ui import certified

    return certified.check_kept(_table, _schema, format, formulas, _run)


def compared(run_id: str) -> tuple[str, ...]:
    """The columns of a run that can be compared."""
    from engine.evaluation.columns import comparable

    return tuple(column.name for column in comparable(jobs().schema(run_id).selected))


@st.cache_resource(max_entries=20 * SMALL, ttl=TIME, show_spinner=False)
def distribution(run_id: str, column: str, scale: Scale = "auto") -> ColumnComparison:
    """One column of both tables, ready to draw. Raises NotApplicable where it is empty throughout."""
    from engine.evaluation.distributions import compare_column

    real_values, made = real(run_id)[column], result(run_id).synthetic[column]
    return compare_column(real_values, made, jobs().schema(run_id)[column], scale=scale)


@st.cache_resource(max_entries=5 * SMALL, ttl=TIME, show_spinner=False)
def in_time(run_id: str, time: str, column: str) -> TimeComparison:
    """A number over the dates of both tables. Raises NotApplicable where there is too little of it."""
    from engine.evaluation.timeview import compare_in_time

    return compare_in_time(real(run_id), result(run_id).synthetic, time, column)


@st.cache_resource(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def mini_chart(run_id: str, column: str, dark: bool) -> str:
    """One column's small chart, as markup. Raises NotApplicable as `distribution` does."""
    from engine import charts

    return charts.mini_chart(distribution(run_id, column), dark)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def associations(run_id: str, columns: tuple[str, ...]) -> AssociationComparison:
    """How any two of these columns hang together, in both tables. Raises NotApplicable where there are no two."""
    from engine.evaluation.associations import compare_associations

    return compare_associations(real(run_id), result(run_id).synthetic, jobs().schema(run_id).select(columns).selected)


def pair(run_id: str, first: str, second: str) -> JointComparison:
    """Two columns together, in either order. Raises NotApplicable where no row has both."""
    return _pair(run_id, *sorted((first, second)))


@st.cache_resource(max_entries=5 * SMALL, ttl=TIME, show_spinner=False)
def _pair(run_id: str, first: str, second: str) -> JointComparison:
    from engine.evaluation.joint import compare_pair
    from engine.seeds import stream

    schema = jobs().schema(run_id)
    known = {name: distribution(run_id, name) for name in (first, second)}
    drawn = stream(0, "pair", first, second)
    return compare_pair(real(run_id), result(run_id).synthetic, (schema[first], schema[second]), drawn, known=known)


@st.cache_data(max_entries=10 * SMALL, ttl=TIME, show_spinner=False)
def any_missing(run_id: str) -> bool:
    """Whether a value is missing in either table."""
    return any(
        bool(table[name].isna().any())
        for table in (real(run_id), result(run_id).synthetic)
        for name in jobs().schema(run_id).selected.names
    )


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def missing(run_id: str) -> MissingComparison:
    """The missing cells of both tables. Raises NotApplicable where there are none."""
    from engine.evaluation.gaps import compare_missing

    return compare_missing(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def projection(run_id: str) -> Projection:
    """Both tables in the plane in which the real one varies most. Raises NotApplicable where there is none."""
    from engine.evaluation.projection import project
    from engine.seeds import stream

    return project(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected, stream(0, "projection"))


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def given_away(run_id: str) -> GivenAway:
    """What tells the twin from the real table, measured on a sample of both. Raises NotApplicable."""
    from engine.evaluation.giveaways import measure

    return measure(real(run_id), result(run_id).synthetic, jobs().schema(run_id).selected)


def delete_runs(dataset: Dataset) -> None:
    """Stop and remove every run on a table."""
    from engine.errors import JobError

    for run_id in dataset.runs():
        with contextlib.suppress(JobError):  # swept already
            jobs().delete(run_id)
        _forget(run_id)


# A described table


@st.cache_resource(max_entries=TABLES, ttl=TIME, show_spinner=False)
def described(schema: str, rows: int, seed: int) -> pd.DataFrame:
    """Rows of a table that its schema, as JSON text, describes; parsed. Raises SchemaError."""
    from engine import described as engine_described
    from engine.table.schema import Schema

    return engine_described.make(Schema.loads(schema), rows, seed)


@st.cache_resource(max_entries=SMALL, ttl=TIME, show_spinner=False)
def described_profile(schema: str, rows: int, seed: int) -> TableProfile:
    from engine.table.profile import profile_table
    from engine.table.schema import Schema

    return profile_table(described(schema, rows, seed), Schema.loads(schema))


_KEPT = (
    _reading,
    _found,
    _schema,
    _recast,
    _seen,
    _cells,
    _values,
    result,
    summary,
    real,
    certificate,
    kept_certificate,
    distribution,
    in_time,
    mini_chart,
    associations,
    _pair,
    missing,
    projection,
    given_away,
    described,
    described_profile,
)
