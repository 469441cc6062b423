"""A saved model: it comes back the same, holds no pickle, and is refused where it is damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import ModelError
from tests.contracts.promises.case import Case

SAFE_ENDINGS = {".json", ".safetensors", ".npy", ".keras"}


def check_saved_and_loaded(case: Case) -> None:
    case.model.save(case.folder)
    loaded = case.kind.load(case.folder)
    pd.testing.assert_frame_equal(loaded.sample(80, seed=3), case.model.sample(80, seed=3))
    assert loaded.settings == case.model.settings
    assert loaded.schema == case.model.schema
    assert loaded.notes == case.model.notes
    assert loaded.passport() == case.model.passport()


def check_no_pickle(case: Case) -> None:
    case.model.save(case.folder)
    files = [path for path in case.folder.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.suffix in SAFE_ENDINGS
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_constant)
        if path.suffix == ".npy":
            np.load(path, allow_pickle=False)


def _no_constant(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


def check_a_damaged_folder(case: Case) -> None:
    for damage in DAMAGES:
        folder = case.folder / damage.__name__
        folder.mkdir()
        case.model.save(folder)
        damage(folder)
        with pytest.raises(ModelError):
            case.kind.load(folder)


def _lose_json(folder: Path) -> None:
    (folder / "model.json").unlink()


def _cut_json(folder: Path) -> None:
    text = (folder / "model.json").read_text(encoding="utf-8")
    (folder / "model.json").write_text(text[: len(text) // 2], encoding="utf-8")


def _lose_arrays(folder: Path) -> None:
    (folder / "arrays.safetensors").unlink()


def _cut_arrays(folder: Path) -> None:
    body = (folder / "arrays.safetensors").read_bytes()
    (folder / "arrays.safetensors").write_bytes(body[: len(body) // 2])


def _changed(folder: Path, **parts: Any) -> None:
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps({**model, **parts}), encoding="utf-8")


def _empty_state(folder: Path) -> None:
    _changed(folder, state={})


def _alien_state(folder: Path) -> None:
    _changed(folder, state=[1, 2, 3])


def _alien_key(folder: Path) -> None:
    _changed(folder, key="something else")


def _alien_settings(folder: Path) -> None:
    _changed(folder, settings={"no_such_setting": 1})


def _another_schema(folder: Path) -> None:
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    more = [*model["schema"]["columns"], {"name": "one more", "kind": "integer"}]
    _changed(folder, schema={**model["schema"], "columns": more})


DAMAGES = (
    _lose_json, _cut_json, _lose_arrays, _cut_arrays, _empty_state, _alien_state, _alien_key, _alien_settings,
    _another_schema,
)  # fmt: skip
