"""Datasets, models and reports: what is saved is what is opened; and more rows from a saved model."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pytest

from engine import rows_of_model
from engine.errors import ConditionError, LibraryError, SettingsError
from engine.jobs import Jobs, RunStatus, State
from engine.library import items
from engine.library.entries import ItemKind
from engine.library.settings import LibrarySettings
from engine.library.store import Library
from engine.limits import Limits
from engine.results import StoredResult
from engine.run import RunRequest
from engine.synthesizer import Synthesizer
from tests.engine.library.conftest import drafts, files_of
from tests.engine.tables import CLUB, club

DATASET, MODEL, REPORT = ItemKind.DATASET, ItemKind.MODEL, ItemKind.REPORT


def test_a_dataset_comes_back_as_it_was(library: Library, result: StoredResult) -> None:
    (saved,) = library.save(drafts(result, DATASET))
    pd.testing.assert_frame_equal(items.table_of(library, saved), result.synthetic)
    assert items.schema_of(library, saved) == CLUB.selected
    assert (saved.about.rows, saved.about.columns) == (150, 8)


def test_headline_figures_stand_beside_fresh_real_rows(library: Library, result: StoredResult) -> None:
    (saved,) = library.save(drafts(result, DATASET))
    assert result.evaluation is not None
    overall = saved.about.figures[0]
    assert (overall.value, overall.reference) == (result.evaluation.overall.value, result.evaluation.overall.reference)
    assert [figure.key for figure in saved.about.figures][:2] == ["overall", "column_shapes"]
    assert saved.about.facts["run"] == "run-1"
    assert "held out" in saved.about.facts["figures_of"]


def test_a_report_comes_back_as_page_and_as_figures(library: Library, result: StoredResult) -> None:
    (saved,) = library.save(drafts(result, REPORT))
    evaluation, facts, page = items.report_of(library, saved)
    assert result.evaluation is not None
    assert evaluation.to_json() == result.evaluation.to_json()
    assert facts["table"] == "club"
    assert b"Overall quality" in page


def test_a_model_is_copied_and_its_passport_lists_what_it_holds(library: Library, result: StoredResult) -> None:
    (saved,) = library.save(drafts(result, MODEL))
    model = items.model_of(library, saved)
    assert model.read_bytes() == result.model.read_bytes()
    held = Synthesizer.load(model).passport()
    found = items.passport_of(library, saved)
    assert found.counts == {name: len(values) for name, values in held.items()}
    assert found.total == sum(found.counts.values()) > 0
    assert found.values("city") == held["city"]
    assert found.values("city", 2) == held["city"][:2]
    assert [float(value) for value in found.values("fee")] == held["fee"]
    assert found.values("member") == found.values("e-mail") == []
    assert items.table_of(library, saved).columns.tolist() == list(CLUB.names)


def test_a_model_is_looked_into_by_a_process_of_its_own(library: Library, result: StoredResult) -> None:
    about = items.about_run(result, CLUB, "run-1", "club")
    (saved,) = library.save([items.model("Club", result.model, about)])
    assert {path.name for path in library.folder(saved).iterdir()} == {
        "model.zip",
        "schema.json",
        "report.json",
        "passport.parquet",
        "preview.parquet",
    }


def test_a_model_that_cannot_be_opened_is_not_saved(library: Library, result: StoredResult, tmp_path: Path) -> None:
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK no zip")
    about = items.about_run(result, CLUB, "run-1", "club")
    with pytest.raises(LibraryError, match="cannot be opened, so it was not saved: This is no saved model"):
        library.save([items.model("Bad", bad, about)])
    with pytest.raises(LibraryError, match="gone from this server"):
        library.save([items.model("Gone", tmp_path / "gone.zip", about)])
    assert files_of(library) == set()


def test_all_three_are_kept_or_none(settings: LibrarySettings, result: StoredResult) -> None:
    small = Library(LibrarySettings(settings.folder, 10_000))
    with pytest.raises(LibraryError, match="Nothing was saved"):
        small.save(drafts(result, DATASET, REPORT))
    assert files_of(small) == set()
    of_run = items.of_run([REPORT, DATASET, REPORT], result, CLUB, run="r", source="club", name="Club", note="n")
    assert [(draft.kind, draft.name, draft.note) for draft in of_run] == [(k, "Club", "n") for k in (REPORT, DATASET)]


@pytest.mark.parametrize("name", ["table.parquet", "schema.json"])
def test_damaged_files_are_told(library: Library, result: StoredResult, name: str) -> None:
    (saved,) = library.save(drafts(result, DATASET))
    (library.folder(saved) / name).write_bytes(b"{}")
    with pytest.raises(LibraryError, match="files of “Club” are damaged or gone"):
        items.table_of(library, saved)


# More rows


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    return Jobs(tmp_path_factory.mktemp("runs"), Limits(max_rows_to_make=10_000))


def ended(jobs: Jobs, run_id: str) -> RunStatus:
    end = time.monotonic() + 120
    while not (status := jobs.status(run_id)).state.ended:
        assert time.monotonic() < end
        time.sleep(0.05)
    return status


def test_more_rows_with_given_values_and_shares(library: Library, result: StoredResult, jobs: Jobs) -> None:
    (saved,) = library.save(drafts(result, MODEL))
    request = RunRequest("marginals", rows=400, seed=5, given=("age=30..40",), balance="active=no:25,yes:75")
    schema, preview = items.schema_of(library, saved), items.table_of(library, saved)
    run_id = jobs.start_rows(request, items.model_of(library, saved), schema, preview)
    status = ended(jobs, run_id)
    assert (status.state, status.stages) == (State.DONE, ("sample",))
    assert {event.stage for event in status.history} == {"sample"}
    made = jobs.result(run_id)
    assert len(made.synthetic) == 400
    assert made.synthetic["age"].dropna().between(30, 40).all()
    assert made.synthetic["active"].sum() == 300
    assert made.evaluation is None
    assert made.figures["figures_of"] == "Nothing was measured."
    assert made.figures["given"] == ["age=30..40"]
    assert made.model.read_bytes() == result.model.read_bytes()
    library.delete(saved.id)
    library.empty_trash()
    assert made.model.read_bytes() == result.model.read_bytes()
    again = Synthesizer.load(result.model).sample_parsed(400, seed=5, given=request.given, balance=request.balance)
    pd.testing.assert_frame_equal(made.synthetic, again)


def test_what_cannot_be_made_is_told_before_anything_starts(
    library: Library, result: StoredResult, jobs: Jobs, tmp_path: Path
) -> None:
    before = jobs.ids()
    preview = CLUB.parse(club(10))
    with pytest.raises(SettingsError, match="10,000"):
        jobs.start_rows(RunRequest(rows=10_001), result.model, CLUB, preview)
    with pytest.raises(ConditionError):
        jobs.start_rows(RunRequest(rows=10, given=("nowhere=1",)), result.model, CLUB, preview)
    assert jobs.ids() == before


def test_a_value_that_the_model_never_saw_leaves_nothing(result: StoredResult, tmp_path: Path) -> None:
    with pytest.raises(ConditionError, match="Paris"):
        rows_of_model.make(RunRequest(rows=10, given=("city=Paris",)), result.model, tmp_path / "result")
    assert not (tmp_path / "result").exists()
