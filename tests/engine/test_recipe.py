"""Settings of a run: as a file, as a Python file and as one command line, each gives the same bytes again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import cli, snippet
from engine.errors import SettingsError
from engine.protection import Protection
from engine.recipe import Recipe
from engine.run import RunRequest, execute, with_pseudonyms
from engine.table.read import ReadOptions, read_table
from engine.table.schema import Kind, Schema
from engine.table.write import to_bytes
from tests.engine.tables import CLUB, club

OPTIONS = {"delimiter": "|"}
SECRET = b"long enough"


def asked(schema: Schema = CLUB, **request: Any) -> Recipe:
    wanted = RunRequest(**{"method": "marginals", "rows": 57, "seed": 3, **request})
    return Recipe(wanted, schema, "club members.csv", OPTIONS)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The club in a file that is read as prescribed."""
    path = tmp_path / "here it has another name"
    path.write_bytes(club().to_csv(index=False, sep="|").encode())
    return path


def made(recipe: Recipe, data: Path, secret: bytes | None = None) -> bytes:
    """As the dashboard makes it: the run's own schema, its result, then the file."""
    reading = read_table(data.read_bytes(), name=recipe.file, options=ReadOptions(**recipe.options))
    result = execute(recipe.request, reading.frame, recipe.schema, secret=secret)
    return to_bytes(result.synthetic, recipe.schema.selected, "csv")


def by_python(recipe: Recipe, data: Path, secret: bytes | None = None) -> bytes:
    """What the Python file writes when it is run."""
    space: dict[str, Any] = {"__name__": "again"}
    exec(compile(snippet.python(recipe, "club"), "again.py", "exec"), space)
    if secret is not None:
        space["SECRET"] = secret
    out = data.with_name("again.csv")
    space["main"](str(data), str(out))
    return out.read_bytes()


def test_every_way_to_repeat_a_run_gives_the_same_bytes(data: Path, tmp_path: Path) -> None:
    recipe = asked(
        CLUB.select([n for n in CLUB.names if n != "city"]), protection=Protection("keep"), release="audited"
    )
    first = made(recipe, data)
    assert first.count(b"\n") == 58
    assert by_python(recipe, data) == first
    settings, out = tmp_path / "club-settings.json", tmp_path / "again.csv"
    settings.write_text(recipe.dumps(), encoding="utf-8")
    assert cli.main(["repeat", str(settings), str(data), "--out", str(out)]) == 0
    assert out.read_bytes() == first
    other = replace(recipe, request=replace(recipe.request, seed=4))
    assert by_python(other, data) != first


def test_pseudonyms_are_repeated_and_their_secret_is_in_no_file(data: Path) -> None:
    asks = replace(CLUB, columns=tuple(replace(c, pseudonym=True) if c.name == "e-mail" else c for c in CLUB.columns))
    _, worked = with_pseudonyms(CLUB.parse(club()), asks, 3, SECRET)
    assert worked["e-mail"].kind is Kind.CATEGORICAL
    recipe = Recipe.of_run(asked().request, worked, "club.csv", options=OPTIONS)
    text = snippet.python(recipe, "club")
    assert SECRET.decode() not in text + recipe.dumps()
    assert any("secret" in note for note in recipe.reservations())
    first = made(replace(recipe, schema=asks), data, SECRET)
    assert by_python(recipe, data, SECRET) == first
    assert by_python(recipe, data) != first


def test_the_file_says_all_that_was_asked() -> None:
    recipe = asked(given=("age>30",), target="city", depth="full", guess=("fee",), holdout=0.3, budget=5.0)
    assert Recipe.loads(recipe.dumps()) == recipe
    assert any("time limit" in note for note in recipe.reservations())


def test_no_row_is_in_the_files() -> None:
    recipe = asked()
    text = recipe.dumps() + snippet.python(recipe, "club")
    for name in ("member", "e-mail"):
        assert not any(cell in text for cell in club()[name])


@pytest.mark.parametrize(
    "stem",
    ['a"""b', "a\nimport os\n#", "it's", "a\\", "{request}"],
    ids=["quotes", "lines", "apostrophe", "back", "brace"],
)
def test_names_of_files_are_text_and_no_program(data: Path, stem: str) -> None:
    recipe = replace(asked(), file=f"{stem}.csv")
    assert by_python(recipe, data) == made(recipe, data)
    compile(snippet.python(recipe, stem), "again.py", "exec")
    assert "\nimport os\n" not in snippet.python(recipe, stem)
    assert "\n" not in snippet.command(recipe, stem)


@pytest.mark.parametrize(
    "change",
    [
        {"what": "another"},
        {"version": 99},
        {"version": True},
        {"request": {"seed": "one"}},
        {"request": {"method": ["marginals"]}},
        {"request": {"given": [1]}},
        {"request": 3},
        {"schema": {}},
        {"schema": None},
        {"read": {"colour": "red"}},
        {"read": {"header": 99}},
        {"formulas": "run"},
        {"versions": None},
    ],
    ids=str,
)
def test_what_is_no_settings_file_is_told(change: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="ettings"):
        Recipe.loads(json.dumps({**asked().to_json(), **change}))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"a,b\n1,2\n", b"[" * 100_000], ids=lambda c: str(c[:8]))
def test_another_file_is_told(content: bytes) -> None:
    with pytest.raises(SettingsError, match="no settings file"):
        Recipe.loads(content)
