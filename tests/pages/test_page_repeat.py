"""A run to repeat: its settings and its Python file beside the downloads, and the settings loaded again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine import snippet
from engine.protection import Protection
from engine.recipe import Recipe
from engine.run import RunRequest
from engine.table.schema import Column, Kind, Schema
from pages.ui import cached, datasets, downloads, loading, repeating
from pages.ui.datasets import Dataset
from tests.engine.tables import CLUB, club
from tests.pages.conftest import csv, text

Open = Callable[..., AppTest]
Finished = Callable[..., str]


def test_the_python_file_of_a_run_writes_the_very_file_that_the_page_gives(table: Dataset, finished: Finished) -> None:
    run = finished(seed=5, rows=40)
    recipe = repeating.recipe(table, run, cached.result(run))
    space: dict[str, Any] = {"__name__": "again"}
    exec(compile(snippet.python(recipe, table.title), "again.py", "exec"), space)
    out = table.folder / "again.csv"
    space["main"](str(table.source), str(out))
    assert out.read_bytes() == downloads._table(run, "csv")()


def test_the_window_offers_both_files_and_the_command(open_app: Open, table: Dataset, finished: Finished) -> None:
    app = open_app(table, finished(budget=60.0), page="compare")
    assert not app.exception
    assert {b.key for b in app.get("download_button")} >= {"download-settings", "download-python"}
    assert app.code[0].value == "python -m engine repeat club-settings.json club.csv --out club-again.csv"
    assert "time limit" in text(app)


def loaded(open_app: Open, table: Dataset, content: bytes) -> AppTest:
    app = open_app(table, page="configure")
    return app.file_uploader(key="settings-file").set_value(("settings.json", content, "application/json")).run()


def test_settings_are_loaded_and_shown_in_every_input(open_app: Open, table: Dataset) -> None:
    request = RunRequest(
        method="forest",
        settings={"trees": 3},
        rows=77,
        seed=12,
        release="audited",
        given=("age=30..40",),
        balance="city=Delft:40,Utrecht:60",
        protection=Protection("keep"),
    )
    recipe = Recipe(request, CLUB.select([n for n in CLUB.names if n != "fee"]), "club.csv")
    app = loaded(open_app, table, recipe.dumps().encode())
    assert not app.exception
    assert "seed 12" in app.success[0].value
    app.button(key="loaded-on").click().run()
    assert not app.exception
    assert (app.number_input(key="rows").value, app.number_input(key="seed").value) == (77, 12)
    assert app.radio(key="release").value == "audited"
    assert app.number_input(key="set-forest-trees").value == 3
    assert not app.error
    kept = loading.Choices.from_json(table.load_choices())
    again = kept.request()
    assert replace(again, settings={}, balance="") == replace(request, settings={}, balance="")
    assert {value: share for value, share in kept.balance["own"].items() if share} == {"Delft": 40, "Utrecht": 60}
    assert again.settings["trees"] == 3
    assert cached.chosen_schema(table) == recipe.schema


def retyped(name: str, kind: Kind) -> Schema:
    return replace(CLUB, columns=tuple(Column(name, kind) if c.name == name else c for c in CLUB.columns))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda recipe: b"a,b\n1,2\n", "no settings file"),
        (lambda recipe: replace(recipe, schema=retyped("city", Kind.INTEGER)).dumps().encode(), "city"),
        (lambda recipe: recipe.dumps().replace('"fee"', '"wage"').encode(), "other columns"),
        (lambda recipe: replace(recipe, request=RunRequest(seed=2**60)).dumps().encode(), "larger than"),
    ],
    ids=["another file", "another kind", "another table", "seed"],
)
def test_what_cannot_be_loaded_is_told_and_changes_nothing(
    open_app: Open, table: Dataset, change: Callable[[Recipe], bytes], said: str
) -> None:
    app = loaded(open_app, table, change(Recipe(RunRequest(), CLUB, "club.csv")))
    assert not app.exception
    assert said in app.error[0].value
    assert not app.success
    assert not any(c.name == "wage" for c in cached.chosen_schema(table))
    assert cached.chosen_schema(table)["city"].kind is Kind.CATEGORICAL
    assert loading.Choices.from_json(table.load_choices()).seed == 0


def test_settings_read_the_table_as_their_run_did(open_app: Open) -> None:
    table = datasets.add(csv(club()).replace(b",", b"|"), "club.csv")
    options = {"delimiter": "|"}
    app = loaded(open_app, table, Recipe(RunRequest(seed=9), CLUB, "club.csv", options).dumps().encode())
    assert not app.exception
    assert "seed 9" in app.success[0].value
    assert datasets.find(table.id).options == options  # type: ignore[union-attr]
