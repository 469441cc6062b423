"""Room for one more table: what is held for speed makes way first, then the table is refused; the home is bounded."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine import machine, room
from engine.errors import LimitError, StorageError
from engine.jobs import Jobs
from engine.limits import Limits
from engine.run import RunRequest
from tests.engine.tables import CLUB, club

FILE = 200_000_000  # of which reading takes a gigabyte
MOST = Limits(max_server_bytes=4 * 10**9)


class Server:
    """A server that holds tables, some of them for speed only."""

    def __init__(self, needed: int, spare: int) -> None:
        self.needed, self.spare = needed, spare
        self.evictions = 0

    def evict(self) -> None:
        self.evictions += 1
        self.spare = 0

    def held(self) -> int:
        return self.needed + self.spare


def test_what_fits_is_read_at_once() -> None:
    server = Server(2 * 10**9, 10**9)
    with room.reading(FILE, MOST, server.evict, server.held):
        pass
    assert server.evictions == 0


def test_what_is_held_for_speed_makes_way() -> None:
    server = Server(2 * 10**9, 2 * 10**9)
    with room.reading(FILE, MOST, server.evict, server.held):
        pass
    assert server.evictions == 1


def test_without_room_a_table_is_refused_and_a_small_one_is_read() -> None:
    server = Server(35 * 10**8, 10**9)
    with (
        pytest.raises(LimitError, match=r"takes about 1 GB of memory, and 3.5 GB of the 4 GB .* Try again in a while"),
        room.reading(FILE, MOST, server.evict, server.held),
    ):
        raise AssertionError("it was read")
    with room.reading(room.LARGE - 1, MOST, server.evict, server.held):
        pass
    with room.reading(FILE, Limits(max_server_bytes=5 * 10**9), server.evict, server.held):
        pass  # a refusal stands in nobody's way


def test_twenty_with_large_tables_keep_to_the_limit() -> None:
    """Each reading takes its gigabyte for a while, and leaves a table that is held for speed."""
    server, peak, refused = Server(3 * 10**8, 0), [0], [0]

    def read() -> None:
        try:
            with room.reading(FILE, MOST, server.evict, server.held):
                server.needed += 10**9
                peak[0] = max(peak[0], server.held())
                server.needed -= 10**9
                server.spare += 6 * 10**8
        except LimitError:
            refused[0] += 1

    people = [threading.Thread(target=read) for _ in range(20)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert peak[0] <= MOST.max_server_bytes
    assert refused == [0]
    assert server.evictions > 0


def test_by_default_it_is_half_of_the_machines_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: 8 * 10**9)
    assert room.most(Limits()) == 4 * 10**9
    assert room.most(Limits(max_server_bytes=10**9)) == 10**9


def test_what_this_process_holds_is_seen() -> None:
    before = room.held()
    block = b"x" * 50_000_000
    assert room.held() - before > 40_000_000
    del block


def test_a_full_home_takes_no_run_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "source.bin").write_bytes(b"x" * 2_000)
    room.check_disk(tmp_path, 500, Limits(max_home_bytes=2_500))
    with pytest.raises(StorageError, match=r"tables and runs take 2 kB of 2.5 kB\. Delete runs"):
        room.check_disk(tmp_path, 501, Limits(max_home_bytes=2_500))
    jobs = Jobs(tmp_path / "runs", Limits(max_home_bytes=1_999), home=tmp_path)
    with pytest.raises(StorageError, match="No room is left on this server"):
        jobs.start(RunRequest("marginals"), club(), CLUB)
    assert jobs.ids() == ()
    assert not list(jobs.root.iterdir())
