"""A few of the files of `make fuzz`: each is done with, or refused in one sentence."""

from __future__ import annotations

import pytest

from benchmarks import fuzz, mutated_files
from engine.errors import ReadError

TRIED = 12  # of each kind


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", mutated_files.KINDS)
def test_changed_files_are_done_with_or_refused(kind: str) -> None:
    found = {seed: fuzz.outcome(kind, seed) for seed in range(TRIED)}
    assert {seed: said for seed, said in found.items() if said not in ("done", "refused")} == {}
    assert "refused" in found.values()


@pytest.mark.parametrize("kind", mutated_files.KINDS)
def test_the_same_seed_gives_the_same_file(kind: str) -> None:
    files = [mutated_files.made(kind, seed) for seed in range(6)]
    assert files == [mutated_files.made(kind, seed) for seed in range(6)]
    assert len(set(files)) > 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("x"), "KeyError"),
        (RecursionError(), "RecursionError"),
        (MemoryError(), "MemoryError"),
        (ReadError("It is damaged."), "refused"),
    ],
)
def test_what_is_no_sentence_counts_as_wrong(error: Exception, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(body: bytes, seed: int) -> None:
        raise error

    monkeypatch.setitem(fuzz._OPENERS, "text", opened)
    assert fuzz.judged("text", b"").startswith(said)
