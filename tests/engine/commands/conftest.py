"""A small table, and commands that must succeed or be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import cli
from engine.generators import registry
from tests.engine.commands.shell import Cli
from tests.engine.doubles import Broken, Rows
from tests.engine.tables import club


@pytest.fixture(autouse=True)
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.GENERATORS, "rows", Rows)
    monkeypatch.setitem(registry.GENERATORS, "broken", Broken)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    club().to_csv(tmp_path / "club.csv", index=False)
    return tmp_path / "club.csv"


@pytest.fixture
def ok(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command that must succeed; what it said on stdout."""

    def run(*arguments: object) -> str:
        status = cli.main([str(a) for a in arguments])
        said = capsys.readouterr()
        assert status == 0, said.err
        return said.out

    return run


@pytest.fixture
def mistake(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command that must be refused; the one sentence that it said."""

    def run(*arguments: object) -> str:
        assert cli.main([str(a) for a in arguments]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "Traceback" not in said.err
        assert len(said.err.strip().splitlines()) == 1
        return said.err.strip()

    return run
