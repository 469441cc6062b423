"""The three kinds of entries: what is written when one is saved, and what is read when one is opened.

dataset   table.parquet schema.json
model     model.zip and what `engine.library.looking` writes beside it
report    report.html, and evaluation.json and figures.json that it was made of
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import files, passport
from engine.errors import LibraryError
from engine.library import looking
from engine.library.entries import About, Draft, Entry, ItemKind, headlines
from engine.library.looking import MODEL, PASSPORT, PREVIEW, SCHEMA
from engine.passport import Passport
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.evaluation import Evaluation
    from engine.library.store import Library
    from engine.results import StoredResult

TABLE, PAGE, EVALUATION, FIGURES = "table.parquet", "report.html", "evaluation.json", "figures.json"


# Saving


def of_run(
    kinds: Sequence[ItemKind], result: StoredResult, schema: Schema, *, run: str, source: str, name: str, note: str = ""
) -> tuple[Draft, ...]:
    """What a finished run can leave in the library, in the order of `kinds`.

    schema: that the run was started with; run: its id; source: title of the real table.
    Raises LibraryError for a report of a run in which nothing was measured.
    """
    about = about_run(result, schema, run, source)
    made = {
        ItemKind.DATASET: lambda: dataset(name, result.synthetic, schema, about, note),
        ItemKind.MODEL: lambda: model(name, result.model, replace(about, rows=result.report.rows), note),
        ItemKind.REPORT: lambda: report(name, result, about, note),
    }
    return tuple(made[kind]() for kind in dict.fromkeys(kinds))


def about_run(result: StoredResult, schema: Schema, run: str, source: str) -> About:
    """Where a run's table, model and report come from."""
    facts = result.figures
    kept = {key: facts.get(key) for key in ("seed", "given", "figures_of", "holdout_reason", "method_used")}
    balance = facts.get("balance")
    return About(
        str(facts["method_label"]),
        source,
        len(result.synthetic),
        len(schema.selected),
        headlines(result.evaluation),
        {**kept, "run": run, "balance": balance["asked"] if balance else ""},
    )


def dataset(name: str, table: pd.DataFrame, schema: Schema, about: About, note: str = "") -> Draft:
    """table: parsed, the schema's selected columns."""

    def write(folder: Path) -> None:
        files.write_json(folder / SCHEMA, schema.selected.to_json())
        files.write_table(folder / TABLE, table)

    return Draft(ItemKind.DATASET, name, about, write, note)


def model(name: str, source: Path, about: About, note: str = "", look: Callable[[Path], None] | None = None) -> Draft:
    """source: a saved model; look: how what is in it is found out; by a process of its own unless said otherwise."""

    def write(folder: Path) -> None:
        if not source.is_file():
            raise LibraryError("The model of this run is gone from this server; train again to save it.")
        shutil.copyfile(source, folder / MODEL)
        (look or looking.look)(folder)

    return Draft(ItemKind.MODEL, name, about, write, note)


def report(name: str, result: StoredResult, about: About, note: str = "") -> Draft:
    """The figures of a run. Raises LibraryError when nothing was measured."""
    from engine.evaluation import report as page

    evaluation = result.evaluation
    if evaluation is None:
        raise LibraryError("Nothing was measured in this run, so there is no report to save.")
    facts = {**result.figures, "table": about.source}

    def write(folder: Path) -> None:
        (folder / PAGE).write_text(page.html(evaluation, facts=facts), encoding="utf-8")
        files.write_json(folder / EVALUATION, evaluation.to_json())
        files.write_json(folder / FIGURES, facts)

    return Draft(ItemKind.REPORT, name, about, write, note)


# Opening


def schema_of(library: Library, entry: Entry) -> Schema:
    """The columns of a dataset, or those that a model knows."""
    with _sound(entry):
        return Schema.from_json(files.read_json(library.folder(entry) / SCHEMA))


def table_of(library: Library, entry: Entry) -> pd.DataFrame:
    """A dataset, parsed; of a model, some rows that it made."""
    name = TABLE if entry.kind is ItemKind.DATASET else PREVIEW
    with _sound(entry):
        return files.read_table(library.folder(entry) / name, schema_of(library, entry).selected)


def model_of(library: Library, entry: Entry) -> Path:
    """The saved model, for `Synthesizer.load` in a process of its own."""
    path = library.folder(entry) / MODEL
    if not path.is_file():
        raise LibraryError(f"The files of “{entry.name}” are gone from this server.")
    return path


def passport_of(library: Library, entry: Entry) -> Passport:
    """Every real value that a model holds."""
    return passport.read(library.folder(entry) / PASSPORT, schema_of(library, entry))


def report_of(library: Library, entry: Entry) -> tuple[Evaluation, Mapping[str, Any], bytes]:
    """The figures of a report, the facts of its run, and the page."""
    from engine.evaluation import Evaluation

    folder = library.folder(entry)
    with _sound(entry):
        evaluation = Evaluation.from_json(files.read_json(folder / EVALUATION))
        return evaluation, files.read_json(folder / FIGURES), (folder / PAGE).read_bytes()


@contextmanager
def _sound(entry: Entry) -> Iterator[None]:
    """Turns what damaged or absent files cause into a sentence for the person."""
    try:
        yield
    except LibraryError:
        raise
    except files.DAMAGED as error:
        raise LibraryError(f"The files of “{entry.name}” are damaged or gone; it cannot be opened.") from error
