"""A sample of the corpus in benchmarks/pollution.py: nothing is read wrongly without a word."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from benchmarks import pollution

AT_LEAST_RIGHT = {
    # A lost delimiter or line end fuses two cells, which nothing can part again; a quote inside free text may belong
    # there; a file that breaks off inside a quoted field does not say where the field would have ended.
    "missing delimiter": 0.0,
    "line end missing": 0.45,
    "last row breaks off": 0.7,
    "stray quote": 0.9,
    "opening or closing quote missing": 0.9,
    "row broken after a delimiter": 0.95,
    "other delimiter in one row": 0.9,
    "row cut short": 0.95,
    "extra delimiter": 0.95,
}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for _, polluted in pollution.corpus(rows=20, every=17):
        found[polluted.fault][pollution.judge(polluted).split(":")[0]] += 1
    return found


def test_no_polluted_file_is_read_wrongly(verdicts: dict[str, Counter[str]]) -> None:
    assert {fault: count["wrong"] for fault, count in verdicts.items() if count["wrong"]} == {}


def test_most_are_read_rightly_by_kind_of_fault(verdicts: dict[str, Counter[str]]) -> None:
    assert len(verdicts) >= len(pollution.FAULTS)
    shares = {fault: count["right"] / count.total() for fault, count in verdicts.items()}
    assert {fault: share for fault, share in shares.items() if share < AT_LEAST_RIGHT.get(fault, 1.0)} == {}
