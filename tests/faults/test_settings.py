"""Every setting: read from environment and secrets, refused with a sentence, and in the docs' one table."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

from engine.errors import LibraryError, SettingsError, StorageError
from engine.library.settings import FOLDER, UNDO_HOURS, LibrarySettings
from engine.library.store import Library
from engine.limits import PREFIX, UNLIMITED, Limits
from pages.ui import datasets, entrance, shelf
from tests.engine.library.conftest import draft
from tests.pages.conftest import *  # noqa: F403  the app, as a person opens it

ROOT = Path(__file__).resolve().parents[2]
NAME = re.compile(rf"{PREFIX}[A-Z_]*[A-Z]")
LIMITS = {PREFIX + field.name.upper(): field for field in dataclasses.fields(Limits)}


def table_of_settings() -> dict[str, str]:
    """Each setting of the docs' one table, with its default as written there."""
    text = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| `({PREFIX}\w+)` \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return dict(rows)


def library() -> LibrarySettings:
    found = LibrarySettings.from_environment()
    assert found is not None
    return found


def log_in() -> str:
    """What the log-in's setting is taken for on a server that has none."""
    try:
        entrance.guard()
    except SettingsError as error:
        return "required" if f"{entrance.LOGIN} asks for a log-in" in str(error) else str(error)
    return "none"


@dataclasses.dataclass(frozen=True)
class Setting:
    """read: what the program goes by; first: its default; given, then: a value, and what is read of it; bad: values
    that make no sense."""

    read: Callable[[], Any]
    first: Any
    given: str
    then: Any
    bad: tuple[str, ...]


NO_COUNT = ("", "0", "-1", "5e6", "1_000", "1,000", "5000000.0", "many", "٣", "9" * 5_000 + "x")
NO_HOURS = ("soon", "-1", "nan", "inf", "1e300")
SETTINGS = {
    **{
        name: Setting(lambda f=field.name: getattr(Limits.from_environment(), f), field.default, "7", 7, NO_COUNT)
        for name, field in LIMITS.items()
    },
    datasets.HOME: Setting(datasets.home, ROOT / "runs", "{tmp}/own", "{tmp}/own", ("{tmp}/file/own",)),
    datasets.KEEP_HOURS: Setting(datasets.keep_seconds, 86_400, "1.5", 5_400.0, NO_HOURS),
    FOLDER: Setting(lambda: library().folder, None, "{tmp}/shelf", "{tmp}/shelf", ("{tmp}/file/shelf",)),
    UNDO_HOURS: Setting(lambda: library().undo, 86_400, "0", 0.0, NO_HOURS),
    entrance.LOGIN: Setting(log_in, "none", "required", "required", ("yes", "maybe")),
}


@pytest.fixture(autouse=True)
def _nothing_set(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, but for a library; a log-in is not set up. (After `home`, which sets one.)"""
    for name in SETTINGS:
        monkeypatch.setenv(name, "x")  # so that what a test leaves there is undone
        monkeypatch.delenv(name)
    monkeypatch.setenv(FOLDER, str(tmp_path / "library"))
    monkeypatch.setattr(shelf, "claims", lambda: None)
    (tmp_path / "file").touch()


def told(value: object) -> str:
    return str(value)


# Where they are read from


@pytest.mark.parametrize("name", SETTINGS)
def test_the_environment_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = SETTINGS[name]
    monkeypatch.setenv(name, own.given.format(tmp=tmp_path))
    assert told(own.read()) == told(own.then).format(tmp=tmp_path)


def test_the_secrets_are_read(tmp_path: Path) -> None:
    """Streamlit puts them into the environment when its server starts, before anything of ours runs."""
    file = tmp_path / "secrets.toml"
    text = {name: own.given.format(tmp=tmp_path) for name, own in SETTINGS.items()}
    lines = [f"{name} = {value}" if value == "7" else f'{name} = "{value}"' for name, value in text.items()]
    file.write_text("\n".join([*lines, "[auth]", 'client_id = "x"']), encoding="utf-8")
    before = config.get_option("secrets.files")
    config.set_option("secrets.files", [str(file)])
    try:
        assert Secrets().load_if_toml_exists()
    finally:
        config.set_option("secrets.files", before)
    for name, own in SETTINGS.items():
        assert told(own.read()) == told(own.then).format(tmp=tmp_path), name


# What makes no sense


@pytest.mark.parametrize("name", SETTINGS)
def test_a_value_that_makes_no_sense_is_told(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for bad in SETTINGS[name].bad:
        monkeypatch.setenv(name, bad.format(tmp=tmp_path))
        if name == datasets.HOME:
            with pytest.raises(StorageError, match=name):
                datasets.home()
        elif name == FOLDER:
            with pytest.raises(LibraryError, match="library's folder cannot be written"):
                Library(library()).save([draft()])
        else:
            with pytest.raises(SettingsError, match=f"^{name} must be ") as caught:
                entrance.guard()
            assert bad[:40] in str(caught.value)
            assert len(str(caught.value)) < 200


def test_it_is_told_on_the_first_page(open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}MAX_CELLS", "5e6")
    app = open_app()
    assert not app.exception
    assert "must be a whole number" in app.error[0].value


def test_a_number_beyond_all_bounds_is_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{PREFIX}MAX_TRAINING_BYTES", "9" * 5_000)
    assert Limits.from_environment().max_training_bytes == UNLIMITED


# The docs


def strings(path: Path) -> set[str]:
    """Names of settings among a file's strings; docstrings are none of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return {value for value in values if NAME.fullmatch(value)}


def test_the_table_lists_what_the_code_reads_and_nothing_else() -> None:
    paths = [path for folder in ("engine", "pages") for path in (ROOT / folder).rglob("*.py")]
    assert set(table_of_settings()) == set(SETTINGS) == set(LIMITS) | set().union(*map(strings, paths))


@pytest.mark.parametrize("name", SETTINGS)
def test_its_default_is_the_one_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = table_of_settings()[name].split(" (")[0].strip("`")
    first = SETTINGS[name].first
    monkeypatch.setattr(Path, "mkdir", lambda *_, **__: None)  # the default folder is not to be made by a test
    if name == FOLDER:
        monkeypatch.delenv(FOLDER)
        assert (LibrarySettings.from_environment(), written) == (None, "none")
        return
    assert SETTINGS[name].read() == first
    if name in LIMITS:
        assert written == ("all there is" if first == UNLIMITED else f"{first:,}")
    elif name in (datasets.KEEP_HOURS, UNDO_HOURS):
        assert 3600 * float(written) == first
    else:
        assert written == (f"{first.name}/" if isinstance(first, Path) else first)


def test_no_text_names_another_setting() -> None:
    known = set(table_of_settings())
    for path in (*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md"), ROOT / "Dockerfile", ROOT / "Makefile"):
        assert set(NAME.findall(path.read_text(encoding="utf-8"))) <= known, path


@pytest.mark.parametrize("field", dataclasses.fields(Limits), ids=lambda field: field.name)
def test_each_limit_has_a_user(field: dataclasses.Field[int]) -> None:
    paths = [path for part in ("engine", "pages") for path in (ROOT / part).rglob("*.py") if path.name != "limits.py"]
    assert any(re.search(rf"\.{field.name}\b", path.read_text(encoding="utf-8")) for path in paths)
