"""A saved model from anyone: nothing in it is run, and whatever was changed ends in one sentence or in rows."""

from __future__ import annotations

import ast
import io
import json
import pickle
import resource
import stat
import struct
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import models, plainjson
from engine.errors import ModelError, ReadError, TwinError
from engine.synthesizer import Synthesizer
from engine.table.read import read_table
from tests.hostile.tampering import Members, members_of, packed, tampered

ROOT = Path(__file__).resolve().parents[2]
BUNDLES = ROOT / "tests/data/bundles"
TRIED = 60  # changes of each model
MEMORY = 600_000  # kilobytes that opening and using a changed model of 20 kB may take


def model(method: str, form: str = "2") -> Members:
    return members_of(BUNDLES / f"format-{form}-{method}.zip")


def refused(members: Members) -> str:
    with pytest.raises(ModelError) as caught:
        Synthesizer.load(packed(members))
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("method", "form"),
    [(m, "2") for m in ("marginals", "copula", "kde", "pattern", "forest", "cascade")] + [("cascade", "1a")],
)
def test_a_changed_model_is_a_sentence_or_rows(method: str, form: str) -> None:
    members = model(method, form)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    opened = 0
    for seed in range(TRIED):
        body = tampered(members, seed)
        try:
            twin = Synthesizer.load(body)
            assert len(twin.sample_parsed(20, seed=1)) == 20
            twin.passport()
            opened += 1
        except TwinError:
            continue  # anything else is a mistake of ours, and fails here
    assert opened < TRIED * 0.8
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEMORY


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("method", ["gan", "transformer"])
def test_a_changed_deep_model_is_a_sentence_or_rows(method: str) -> None:
    members = model(method)
    for seed in range(15):
        with suppress(TwinError):
            assert len(Synthesizer.load(tampered(members, seed)).sample_parsed(5, seed=1)) == 5


def test_members_of_another_method_are_refused() -> None:
    marginals, forest = model("marginals"), model("forest")
    refused({**marginals, **{name: body for name, body in forest.items() if name.startswith("generator/")}})
    refused({**forest, "fakers.json": marginals["fakers.json"], "generator/model.json": b"{}"})


@pytest.mark.parametrize("member", ["fakers.json", "generator/model.json"])
@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b"\xff", b'{"a": ' * 100_000, b"[" * 1_000_000, b'{"a": 1' + b"0" * 5_000 + b"}"]
)
def test_json_that_is_damaged_or_deep_is_refused(member: str, body: bytes) -> None:
    refused({**model("marginals"), member: body})


def test_json_of_too_many_values_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plainjson, "MOST_VALUES", 1_000)
    assert plainjson.loads(b"[" + b"[]," * 400 + b"[]]")
    with pytest.raises(ValueError, match="more than 1,000 values"):
        plainjson.loads(b"[" + b"[]," * 2_000 + b"[]]")
    refused({**model("marginals"), "generator/model.json": b'{"a": [' + b"[]," * 2_000 + b"[]]}"})


def test_a_manifest_beyond_its_bound_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_MANIFEST_BYTES", 100)
    assert "manifest is too large" in refused(model("marginals"))


def test_json_with_half_a_character_is_not_taken() -> None:
    for body in (b'"\\ud800"', b'["\\udc00\\ud800"]', b'"\xed\xa0\x80"', '"\ud800"'.encode("utf-16", "surrogatepass")):
        with pytest.raises(ValueError, match=r"surrogate|decode"):
            plainjson.loads(body)
    assert plainjson.loads(b'"\\ud83e\\udd8a \\\\ud800"') == "🦊 \\ud800"


def header(tensors: dict[str, Any], data: bytes = b"") -> bytes:
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    "body",
    [
        header({"a0": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}}),
        header({"a0": {"dtype": "F64", "shape": [2**62, 4], "data_offsets": [0, 8]}}, b"\0" * 8),
        header({"a0": {"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}}, b"\0" * 8),
        header({"a0": {"dtype": "object", "shape": [1], "data_offsets": [0, 8]}}, b"\0" * 8),
        header({"a0": {"dtype": "F64", "shape": [1], "data_offsets": [8, 0]}}, b"\0" * 8),
        struct.pack("<Q", 2**62) + b"{}",
        b"",
    ],
)
def test_arrays_whose_header_lies_are_refused(body: bytes) -> None:
    refused({**model("marginals"), "generator/arrays.safetensors": body})


def test_a_link_in_the_archive_is_no_link_on_disk(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mine")
    members = {**model("marginals"), "generator/link": str(secret).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed(members))) as old, zipfile.ZipFile(out, "w") as new:
        for info in old.infolist():
            body = old.read(info)
            if info.filename == "generator/link":
                info.external_attr = (stat.S_IFLNK | 0o777) << 16
            new.writestr(info, body)
    with models.opened(out.getvalue()) as opened:
        assert opened.generator is not None
        link = opened.generator / "link"
        assert not link.is_symlink()
        assert link.read_text() == str(secret)


# Pickle, and all else that runs what it reads


class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    trap = Trap(tmp_path / "sprung")
    yield trap
    assert not trap.mark.exists()
    pickle.loads(pickle.dumps(trap))  # the trap itself works
    assert trap.mark.exists()


def pickled_npy(trap: Trap) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([trap], dtype=object), allow_pickle=True)
    return out.getvalue()


def test_a_pickle_is_never_opened(trap: Trap) -> None:
    for body in (pickle.dumps(trap), pickled_npy(trap), pickle.dumps({"format": models.FORMAT, "x": trap})):
        for name in ("table.csv", "table.pkl", "table.npy", "table.parquet", "table.json"):
            with pytest.raises(ReadError):
                read_table(body, name=name)
        with pytest.raises(ModelError):
            Synthesizer.load(body)
        for member in ("fakers.json", "generator/model.json", "generator/arrays.safetensors"):
            refused({**model("marginals"), member: body})
        # Beside the members that a method reads, it lies there unread.
        Synthesizer.load(packed({**model("marginals"), "generator/model.pkl": body})).sample_parsed(2)


_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "code", "runpy"}
_CALLS = {"eval", "exec", "compile", "__import__"}
_METHODS = {"read_pickle", "to_pickle", "load_model", "save_model", "query", "eval"}


def findings(path: Path) -> Iterator[str]:
    """Where a module imports or calls something that can run what it reads."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or ""]
        elif isinstance(node, ast.Call):
            yield from _call(node, path)
            continue
        else:
            continue
        for name in named:
            if name.partition(".")[0] in _MODULES:
                yield f"{path.name}:{node.lineno} imports {name}"


def _call(node: ast.Call, path: Path) -> Iterator[str]:
    where = f"{path.name}:{node.lineno}"
    if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        yield f"{where} calls {node.func.id}"
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        if node.func.attr in _METHODS and (node.args or node.keywords):
            yield f"{where} calls .{node.func.attr}"
        if node.func.attr == "load" and owner in ("np", "numpy", "torch"):
            yield f"{where} calls {owner}.load"
    if any(k.arg == "allow_pickle" for k in node.keywords) or any(
        k.arg == "shell" and not (isinstance(k.value, ast.Constant) and k.value.value is False) for k in node.keywords
    ):
        yield f"{where} passes allow_pickle or shell"


def test_no_module_can_run_what_it_reads() -> None:
    modules = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    assert len(modules) > 300
    assert [finding for path in modules for finding in findings(path)] == []


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import pickle\nfrom joblib import load\neval('1')\nnp.load(x)\nt.query('a')\nrun(c, shell=True)\n")
    assert len(list(findings(bad))) == 6
