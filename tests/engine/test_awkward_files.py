"""Files that people really upload: each ends in one clear sentence, or, with every method, in a twin of its form."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import cli
from engine.generators import registry
from engine.table.formulas import as_in_source
from engine.table.infer import infer_schema
from engine.table.read import read_table
from tests.contracts.trainings import CHEAP

Content = Callable[[], bytes]


def csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def numbers(rows: int, columns: int) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(rng.normal(size=(rows, columns)).round(2), columns=[f"c{i}" for i in range(columns)])


UNPACKED = 50_000_000  # limit for these tests, so that the bomb need not be of gigabytes


def bomb() -> bytes:
    """An Excel file of some kilobytes that unpacks to more than the limit."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as workbook:
        workbook.writestr("[Content_Types].xml", "<Types/>")
        with workbook.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(UNPACKED // 1_000_000 + 10):
                sheet.write(b" " * 1_000_000)
    return packed.getvalue()


REFUSED: dict[str, tuple[str, Content]] = {
    "empty": ("empty.csv", lambda: b""),
    "blank": ("blank.csv", lambda: b"\n\n  \n"),
    "header only": ("header.csv", lambda: b"a,b,c\n"),
    "binary": ("photo.csv", lambda: bytes(np.random.default_rng(1).integers(0, 256, 20_000, dtype=np.uint8))),
    "picture": ("photo.csv", lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40),
    "zip bomb": ("bomb.xlsx", bomb),
    "endless cell": ("cell.csv", lambda: b"a,b\n1," + b"x" * 10_000_000 + b"\n2,y\n"),
}
TAKEN: dict[str, tuple[str, Content]] = {
    "one column": ("one.csv", lambda: csv(numbers(50, 1))),
    "one row": ("row.csv", lambda: b"a,b,c\n1,x,2024-01-05\n"),
    "an empty column": ("gap.csv", lambda: csv(numbers(40, 2).assign(nothing=None))),
    "only empty columns": ("gaps.csv", lambda: b"a,b\n" + b'"",""\n' * 20),
    "constants": ("same.csv", lambda: b"a,b,c\n" + b"1,x,2024-01-05\n" * 30),
    "NUL bytes": ("nul.csv", lambda: csv(numbers(40, 2)).replace(b"0.1", b"\x000.1")),
    "repeated names": ("twice.csv", lambda: b"a,a,,a\n" + b"1,2,3,4\n5,6,7,8\n" * 15),
    "names with markup": ("markup.csv", lambda: "🦊,<b>x</b>,=1+1,a|b\n".encode() + b"1,x,2,y\n3,z,4,y\n" * 15),
    "one distinct row": ("same.csv", lambda: csv(pd.concat([numbers(1, 3)] * 60))),
    "infinite numbers": ("inf.csv", lambda: b"a,b\n" + b"1.5,2\ninf,3\n-inf,4\n2.5,5\n" * 10),
    "keys and texts only": ("keys.csv", lambda: csv(pd.DataFrame({"id": [f"K-{i:05d}" for i in range(60)]}))),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_told_in_one_sentence(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TABULAR_TWIN_MAX_UNPACKED_BYTES", str(UNPACKED))
    name, content = REFUSED[case]
    (tmp_path / name).write_bytes(content())
    status = cli.main(["generate", str(tmp_path / name), "--out", str(tmp_path / "out.csv")])
    said = capsys.readouterr().err.strip()
    assert status == 2, said
    sentence = said.splitlines()[-1]
    assert "Traceback" not in said
    assert sentence.endswith((".", ")"))
    assert len(sentence) < 500
    assert not (tmp_path / "out.csv").exists()


# Once read, these are tables like any other; every method meets their names and labels in tests/contracts.
ODD_TO_READ = {"NUL bytes", "repeated names", "names with markup"}
PAIRS = [
    (case, method)
    for case in TAKEN
    for method in ["auto", *registry.GENERATORS]
    if case not in ODD_TO_READ or method in ("auto", "marginals")
]


@pytest.mark.parametrize(("case", "method"), PAIRS)
def test_odd_tables_get_a_twin_or_a_sentence(
    case: str, method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content = TAKEN[case]
    source, out = tmp_path / name, tmp_path / "out.csv"
    source.write_bytes(content())
    cheap = [f"--settings={name}={value}" for name, value in CHEAP.get(method, {}).items()]
    status = cli.main(["generate", str(source), "--out", str(out), "--method", method, "--rows", "25", *cheap])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    if status == 2:
        assert not out.exists()
        assert "row" in said  # the only reason left is a table with too few of them
        assert case == "one row"
        return
    assert status == 0, said
    real = read_table(source).frame
    twin = as_in_source(read_table(out).frame, real)
    assert len(twin) == 25
    assert list(twin.columns) == list(real.columns)
    schema = infer_schema(real)
    parsed, made = schema.parse(real), schema.parse(twin)
    for column in schema:
        if not column.kind.modelled:
            assert not set(made[column.name].dropna()) & set(parsed[column.name].dropna())
        elif not column.kind.numeric:
            assert set(made[column.name].dropna()) <= set(parsed[column.name].dropna())


def test_five_hundred_columns(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "wide.csv", tmp_path / "out.csv"
    source.write_bytes(csv(numbers(60, 500)))
    assert cli.main(["generate", str(source), "--out", str(out)]) == 0, capsys.readouterr().err
    assert read_table(out).frame.shape == (60, 500)
