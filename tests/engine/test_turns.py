"""Whose turn it is: fair between owners, and who may wait at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine import estimates, machine, turns
from engine.errors import JobError
from engine.estimates import Estimate
from engine.limits import UNLIMITED, Limits
from engine.race import RACE
from engine.run import RunRequest
from engine.runfolder import Record, State
from tests.engine.tables import CLUB, club

QUEUED, RUNNING, DONE = State.QUEUED, State.RUNNING, State.DONE


def run(
    name: str, state: State = QUEUED, at: float = 0.0, *, memory: int = 0, again: bool = False
) -> tuple[str, Record]:
    """`name` is the owner's letter and a number; `at`: when it was stored, or started."""
    started = at if state is not QUEUED or again else None
    return name, Record(state, created=at, started=started, owner=name[0], memory=memory)


def test_one_owner_is_served_in_the_order_of_coming() -> None:
    assert turns.in_turn([run("a1"), run("a2"), run("a3")]) == ("a1", "a2", "a3")


def test_an_owner_with_one_run_does_not_wait_for_one_with_many() -> None:
    many = [run(f"a{i}", at=i) for i in range(20)]
    order = turns.in_turn([*many, run("b1", at=30.0), run("c1", at=31.0)])
    assert order[:4] == ("a0", "b1", "c1", "a1")
    assert len(order) == 22


def test_who_has_fewest_running_is_next() -> None:
    runs = [run("a1", RUNNING, 1.0), run("a2", at=2.0), run("a3", at=3.0), run("b1", at=4.0), run("b2", at=5.0)]
    assert turns.in_turn(runs) == ("b1", "a2", "b2", "a3")


def test_among_equals_who_was_served_longest_ago_is_next() -> None:
    runs = [run("a0", DONE, 5.0), run("b0", DONE, 4.0), run("a1", at=6.0), run("b1", at=7.0)]
    assert turns.in_turn(runs) == ("b1", "a1")


def test_a_run_that_lost_its_worker_goes_on_first() -> None:
    assert turns.in_turn([run("a1", at=1.0), run("b1", at=2.0, again=True)]) == ("b1", "a1")


def test_the_place_told_is_what_happens() -> None:
    """Whichever run ends, the first of the line starts, and the others keep their order among themselves."""
    runs = [run("a1", RUNNING, 1.0), run("b1", RUNNING, 2.0)]
    runs += [run(name, at=3.0 + i) for i, name in enumerate(("a2", "a3", "b2", "c1"))]
    told = turns.in_turn(runs)
    assert told == ("c1", "a2", "b2", "a3")
    for ended in ("a1", "b1"):
        now = [
            (name, Record(DONE, "", r.created, r.started, 9.0, None, r.owner) if name == ended else r)
            for name, r in runs
        ]
        assert turns.in_turn(now)[0] == told[0]


@pytest.mark.parametrize(("memory", "room"), [(40, True), (41, False)])
def test_a_run_waits_until_its_memory_fits(memory: int, room: bool) -> None:
    limits = Limits(max_total_training_bytes=100)
    runs = [run("a1", RUNNING, memory=60), run("b1", memory=memory)]
    assert turns.fits(runs[1][1], runs, limits) is room
    assert turns.fits(runs[1][1], runs[1:], limits)


def test_a_full_line_is_told() -> None:
    limits = Limits(max_waiting_jobs=3, max_waiting_jobs_per_owner=2)
    runs = [run("a1"), run("a2"), run("a0", RUNNING)]
    turns.check_line(runs, "b", limits)
    with pytest.raises(JobError, match="2 runs of yours are waiting already"):
        turns.check_line(runs, "a", limits)
    with pytest.raises(JobError, match="line of this server is full"):
        turns.check_line([*runs, run("b1")], "c", limits)


@pytest.fixture
def likely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every training takes 3 GB."""
    found: Callable[..., Estimate] = lambda request, method, *how: Estimate(method, 1.0, 1, 3 * 10**9, 0)  # noqa: E731
    monkeypatch.setattr(estimates, "of_run", found)


@pytest.mark.usefixtures("likely")
@pytest.mark.parametrize("method", ["forest", "auto"])
def test_what_could_never_fit_is_refused(method: str) -> None:
    for limits in (Limits(max_training_bytes=10**9), Limits(max_total_training_bytes=10**9)):
        with pytest.raises(JobError, match="about 3 GB of memory, and 1 GB is the most"):
            turns.reserve(RunRequest(method), CLUB.parse(club()), CLUB, limits)


@pytest.mark.usefixtures("likely")
def test_what_a_run_reserves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "memory", lambda: 10**11)
    table = CLUB.parse(club())
    assert turns.reserve(RunRequest("forest"), table, CLUB, Limits()) == 3 * 10**9
    monkeypatch.setattr(machine, "memory", lambda: 2 * 10**9)  # an estimate alone refuses nothing: it may be wrong
    assert turns.reserve(RunRequest("forest"), table, CLUB, Limits()) == 17 * 10**8
    monkeypatch.setattr(machine, "memory", lambda: 10**11)
    assert turns.reserve(RunRequest("forest"), table, CLUB, Limits(max_total_training_bytes=4 * 10**9)) == 3 * 10**9
    assert turns.reserve(RunRequest(RACE), table, CLUB, Limits(max_training_bytes=10**9)) == 10**9
    assert turns.unknown(Limits(max_total_training_bytes=10, max_running_jobs=2, max_training_bytes=UNLIMITED)) == 5


def test_nobody_waits_for_all_the_runs_of_a_greedy_one() -> None:
    """Ten runs of one owner, then one each of nineteen others, two at once: between the coming and the start of any of
    the others at most one of the ten begins."""
    runs = dict([run(f"A{i}", at=float(i)) for i in range(10)] + [run(chr(98 + i), at=10.0 + i) for i in range(19)])
    now, running, begun = 100.0, [], []
    while (order := turns.in_turn(list(runs.items()))) or running:
        while order and len(running) < 2:
            begun.append(order[0])
            running.append(order[0])
            now += 1
            runs[order[0]] = replace(runs[order[0]], state=RUNNING, started=now)
            order = turns.in_turn(list(runs.items()))
        ended = running.pop(0)
        runs[ended] = replace(runs[ended], state=DONE)
    assert len(begun) == 29
    greedy = [begun.index(f"A{i}") for i in range(10)]
    assert [place for place in greedy if place < 20] == [0]
    assert [name for name in begun if name[0] == "A"] == [f"A{i}" for i in range(10)]


def test_one_owner_may_be_held_to_fewer_at_once_than_there_is_room_for() -> None:
    runs = [run("a1", RUNNING, 1.0), run("a2", at=2.0), run("b1", at=3.0), run("a3", at=4.0, again=True)]
    assert turns.may_start("a2", runs, Limits())
    held = Limits(max_running_jobs_per_owner=1)
    assert [turns.may_start(name, runs, held) for name in ("a2", "b1", "a3")] == [False, True, False]
