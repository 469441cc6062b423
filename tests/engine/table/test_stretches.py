"""Stretches of good rows read by Arrow give what the careful path alone gives: the same table, findings and facts."""

from __future__ import annotations

import random

import pytest

from benchmarks import pollution
from engine.errors import TwinError
from engine.table import scan, stretches
from engine.table.read import read_table
from engine.table.stretches import Stretches

PIECES = [
    *("1,alpha,2020-01-01", "2,beta,2021-02-03", "3,gamma,2022-03-04", '4,"de,lta",2023-04-05', "5,,2024-05-06"),
    *('6,"a ""b"" c",2020-01-01', '"7","x","2020-01-01"', '8,"",', ",,", " , ,", ",,2020-01-01", "", " ", "--,=-,||"),
    *("Total,3,4", "sum:,,5", "source: us", "9,only two", "10,a,b,c,d", "n,word,day", "# a remark", "# a,re,mark"),
    *("'11','x','2020-01-01'", "“12”,“y”,“z”", "13, x, 2020-01-01", '14,"open,2020-01-01', '15,open",2020-01-01'),
    *('16,"two', 'lines",2020-01-01', '17,5" pipe,2020-01-01', '18,"a, ",","', "19;x;2020-01-01", '20, "x",2020-01-01'),
    *("21,é,2020-01-01", "\u00a0,\u2003,", '22,"x" ,2020-01-01', "*,1,2", "(c) me,1,2", "23\\,x,2020-01-01"),
]


def outcome(data: bytes) -> object:
    try:
        reading = read_table(data, name="table.csv")
    except TwinError as error:
        return str(error)
    frame = reading.frame
    facts = {k: v for k, v in reading.facts.items() if k != "path"}
    return (
        list(frame.columns),
        frame.astype(object).where(frame.notna(), None).to_numpy().tolist(),
        reading.findings,
        facts,
    )


def both_ways(data: bytes, monkeypatch: pytest.MonkeyPatch) -> tuple[object, object, int]:
    """What comes out with short stretches in small blocks, and without any; and how many stretches there were."""
    used = []
    at = Stretches.at

    def counted(self: Stretches, line: int) -> stretches.Stretch | None:
        found = at(self, line)
        used.append(found is not None)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(stretches, "LEAST", 1)
        patch.setattr(scan, "BLOCK", 150)
        patch.setattr(Stretches, "at", counted)
        quick = outcome(data)
    with monkeypatch.context() as patch:
        patch.setattr(Stretches, "at", lambda _self, _line: None)
        return quick, outcome(data), sum(used)


def test_polluted_files_come_out_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    stretched = 0
    for _, polluted in pollution.corpus(rows=20, every=60):
        quick, careful, used = both_ways(polluted.data, monkeypatch)
        assert quick == careful, polluted.data
        stretched += used > 0
    assert stretched > 50  # else nothing was compared


@pytest.mark.parametrize("seed", range(60))
def test_rows_of_all_kinds_in_any_order_come_out_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    good, end = PIECES[: rng.choice([3, 8])], rng.choice(["\n", "\r\n", "\r"])
    lines = ["n,word,day", *rng.choices(good, k=12)]
    for _ in range(rng.randint(1, 12)):
        lines += [rng.choice(PIECES), *rng.choices(good, k=rng.randint(0, 6))]
    quick, careful, _ = both_ways(end.join(lines).encode(), monkeypatch)
    assert quick == careful
