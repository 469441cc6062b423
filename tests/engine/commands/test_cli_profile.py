"""`methods` and `profile`: what there is, and what a table holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import machine
from engine.generators import registry
from tests.engine.commands.shell import Cli
from tests.engine.doubles import Big
from tests.engine.tables import CLUB


class TestMethods:
    def test_lists_every_method(self, ok: Cli) -> None:
        said = ok("methods")
        assert all(key in said for key in registry.GENERATORS)

    def test_json_holds_settings_with_bounds(self, ok: Cli) -> None:
        listed = {m["key"]: m for m in json.loads(ok("methods", "--json"))}
        assert list(listed) == list(registry.GENERATORS)
        assert listed["rows"]["settings"][0] | {"help": ""} == {
            "name": "steps",
            "type": "int",
            "default": 3,
            "help": "",
            "low": 1,
            "high": 10,
            "choices": None,
            "advanced": False,
        }


class TestProfile:
    def test_text_tells_kinds_and_advice(self, ok: Cli, data: Path) -> None:
        said = ok("profile", data)
        assert "200 rows, 8 columns" in said
        for name in CLUB.names:
            assert name in said
        assert "datetime" in said
        assert "forest" in said

    def test_json_and_schema_file(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        facts = json.loads(ok("profile", data, "--json", "--out", tmp_path / "schema.json"))
        assert facts["rows"] == 200
        assert facts["schema"] == json.loads((tmp_path / "schema.json").read_text("utf-8"))
        assert {a["method"] for a in facts["advice"]} == set(registry.GENERATORS)
        assert {"findings", "facts", "format", "profile"} <= set(facts)
        assert facts["seen"]["rows"] == 200
        told = {a["method"]: a["estimate"] for a in facts["advice"]}
        assert told["rows"] is None  # a stand-in that tells no cost
        assert told["forest"]["seconds"] > 0
        assert told["forest"]["memory_bytes"] > 10_000_000
        assert told["forest"]["fits"] is True

    def test_a_method_that_does_not_fit_is_told_with_the_setting_that_does(
        self, ok: Cli, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(registry.GENERATORS, "big", Big)
        monkeypatch.setattr(machine, "memory_left", lambda: 300_000_000)
        said = ok("profile", data)
        assert "“big” would need about 396 MB of memory; 270 MB are free" in said
        assert "--settings width=32" in said
        big = next(a for a in json.loads(ok("profile", data, "--json"))["advice"] if a["method"] == "big")
        assert big["estimate"]["fits"] is False
        assert big["smaller"]["settings"] == {"width": 32}
        assert big["smaller"]["estimate"]["fits"] is True

    def test_a_schema_file_is_used(self, ok: Cli, data: Path, tmp_path: Path) -> None:
        ok("profile", data, "--out", tmp_path / "schema.json")
        schema = json.loads((tmp_path / "schema.json").read_text("utf-8"))
        schema["columns"] = [
            c if c["name"] != "fee" else {"name": "fee", "kind": "categorical"} for c in schema["columns"]
        ]
        (tmp_path / "schema.json").write_text(json.dumps(schema))
        facts = json.loads(ok("profile", data, "--json", "--schema", tmp_path / "schema.json"))
        assert {c["name"]: c["kind"] for c in facts["schema"]["columns"]}["fee"] == "categorical"
