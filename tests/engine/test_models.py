"""A saved model comes from anyone: only a sound bundle is opened, everything else is one sentence."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from engine import models
from engine.errors import ModelError
from engine.limits import Limits

CONTENT = {"schema": {"columns": []}, "report": {}}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    generator = tmp_path / "made"
    generator.mkdir()
    (generator / "model.json").write_text('{"a": 1}')
    (generator / "arrays.safetensors").write_bytes(bytes(range(256)) * 40)
    path = tmp_path / "model.zip"
    models.write(path, CONTENT, {"key": "value"}, generator)
    return path


def rewrite(path: Path, change: dict[str, bytes | None], extra: list[tuple[str, bytes]] | None = None) -> Path:
    """A copy of the bundle with members replaced (None: left out) and others added."""
    copy = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = change.get(info.filename, old.read(info))
            if body is not None:
                new.writestr(info.filename, body)
        for name, body in extra or []:
            new.writestr(name, body)
    return copy


def manifest(path: Path, **changes: object) -> dict[str, bytes | None]:
    with zipfile.ZipFile(path) as bundle:
        return {models.MANIFEST: json.dumps({**json.loads(bundle.read(models.MANIFEST)), **changes}).encode()}


def refused(source: Path | bytes, limits: Limits | None = None) -> str:
    with pytest.raises(ModelError) as caught, models.opened(source, limits):
        pass
    return str(caught.value)


def test_a_bundle_comes_back_as_it_was_written(saved: Path) -> None:
    with models.opened(saved) as opened:
        assert opened.fakers == {"key": "value"}
        assert opened.manifest["schema"] == CONTENT["schema"]
        assert opened.generator is not None
        assert (opened.generator / "arrays.safetensors").read_bytes() == bytes(range(256)) * 40
        folder = opened.generator
    assert not folder.exists()


def test_the_manifest_names_the_versions(saved: Path) -> None:
    with models.opened(saved) as opened:
        assert {"tabular-twin", "python", "numpy", "pandas"} <= set(opened.manifest["packages"])


def test_bytes_open_like_a_path(saved: Path) -> None:
    with models.opened(saved.read_bytes()) as opened:
        assert opened.fakers == {"key": "value"}


def test_the_same_model_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.zip"
    models.write(again, CONTENT, {"key": "value"}, tmp_path / "made")
    assert again.read_bytes() == saved.read_bytes()


def test_a_bundle_without_generator(tmp_path: Path) -> None:
    models.write(tmp_path / "m.zip", CONTENT, {}, None)
    with models.opened(tmp_path / "m.zip") as opened:
        assert opened.generator is None


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    assert "There is no saved model" in refused(tmp_path / "nowhere.zip")


@pytest.mark.parametrize("body", [b"", b"not a zip", b"PK\x03\x04" + b"\0" * 100, b"a,b\n1,2\n" * 1000])
def test_what_is_no_zip_is_refused(body: bytes) -> None:
    assert "no saved model" in refused(body)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr("holiday.txt", "sea")
    assert "no manifest.json" in refused(path)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.99])
def test_a_cut_file_is_refused(saved: Path, cut: float) -> None:
    body = saved.read_bytes()
    refused(body[: int(len(body) * cut)])


def test_flipped_bytes_never_open(saved: Path) -> None:
    """Every 7th byte of the members' region in turn: either the bundle is refused, or its content is intact."""
    body = saved.read_bytes()
    intact = 0
    for position in range(0, len(body), 7):
        damaged = bytearray(body)
        damaged[position] ^= 0xFF
        try:
            with models.opened(bytes(damaged)) as opened:
                assert opened.fakers == {"key": "value"}
                assert opened.manifest["schema"] == CONTENT["schema"]
                intact += 1
        except ModelError:
            pass
    assert intact < len(body) / 14  # only bytes that mean nothing, such as dates


@pytest.mark.parametrize(
    "name",
    [
        "../escape.json",
        "/etc/passwd",
        "generator/../../escape.json",
        "generator/sub/file.json",
        "generator\\..\\escape.json",
        "generator/.hidden",
        "C:evil.json",
        "surplus.json",
        "generator/",
    ],
)
def test_paths_out_of_the_bundle_are_refused(saved: Path, name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(saved) as bundle:
        listed = json.loads(bundle.read(models.MANIFEST))["members"]
    listed[name] = {"bytes": 1, "sha256": "0"}
    path = rewrite(saved, manifest(saved, members=listed), [(name, b"x")])
    assert "unexpected member" in refused(path)
    assert not (tmp_path / "escape.json").exists()


def test_a_member_that_the_manifest_does_not_list_is_refused(saved: Path) -> None:
    assert "not those" in refused(rewrite(saved, {}, [("generator/more.json", b"{}")]))


def test_a_member_that_is_absent_is_refused(saved: Path) -> None:
    assert "not those" in refused(rewrite(saved, {"generator/model.json": None}))


def test_a_changed_member_is_refused(saved: Path) -> None:
    assert "was changed" in refused(rewrite(saved, {"generator/model.json": b'{"a": 2}'}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_is_refused(saved: Path) -> None:
    assert "twice" in refused(rewrite(saved, {}, [("fakers.json", b"{}")]))


def test_a_bomb_is_refused_before_it_is_unpacked(saved: Path) -> None:
    path = rewrite(saved, {"generator/arrays.safetensors": b"\0" * 3_000_000})
    assert "unpacks to more than 1,000,000 bytes" in refused(path, Limits(max_unpacked_bytes=1_000_000))


def test_a_later_version_is_named(saved: Path) -> None:
    assert "later version" in refused(rewrite(saved, manifest(saved, version=models.VERSION + 1)))


@pytest.mark.parametrize("changes", [{"format": "other"}, {"version": "1"}, {"version": 0}, {"members": []}])
def test_an_alien_manifest_is_refused(saved: Path, changes: dict[str, object]) -> None:
    refused(rewrite(saved, manifest(saved, **changes)))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_no_object_is_refused(saved: Path, body: bytes) -> None:
    assert "damaged" in refused(rewrite(saved, {models.MANIFEST: body}))


def test_unusual_packing_is_refused(saved: Path, tmp_path: Path) -> None:
    path = tmp_path / "lzma.zip"
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    assert "packed in a way" in refused(path)
