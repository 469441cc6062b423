"""Many people at once: a table and a training each, on one server.

    python benchmarks/load.py [--clients 20] [--browsers 20] [--greedy 0] [--rows 2000] [--method marginals] [--think 6]
           [--seed 0]

Each client uploads its own table under the name that all use, goes through the pages with pauses as a person makes
them, trains, looks around meanwhile, and ends on the comparison. Some are browser sessions of their own (cookies,
socket, page) in one Chromium, which takes more of the cores that it shares with the server than the server itself;
the others speak to the server as a page does, and draw nothing. One goes before all others and is not counted.

Beside browsers a gauge that draws nothing goes to and fro between pages: what it tells is the time of the server alone,
what browsers take beyond that is their own drawing, and their waiting for each other. --greedy N: the last client comes
first, and starts N runs at once, by as many methods.

Told: how soon pages answered (until the new page is seen: in a browser its heading, table or chart, elsewhere its first
part; and until it is whole), the order in which trainings started, the memory of server and trainings, and whether
anything was lost or mixed up. Exit status 1 when something was.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from app import ROOT, Server, served
from clients import METHODS, BrowserClient, Client, people
from playwright.async_api import async_playwright
from wire import Gauge, WireClient

QUICK = 2.0  # seconds within which a page should answer


@dataclass
class Watch:
    """Memory of the server and of all trainings together, in megabytes."""

    server: Server
    begin: float = 0.0
    most: float = 0.0
    trainings: float = 0.0
    load: float = 0.0  # of the machine: processes that run or wait for a core

    async def look(self) -> None:
        self.begin = self.server.megabytes
        while True:
            self.most = max(self.most, self.server.megabytes)
            self.trainings = max(self.trainings, sum(map(worker, self.server.process.children(recursive=True))))
            self.load = max(self.load, os.getloadavg()[0])
            await asyncio.sleep(0.3)


def worker(process: psutil.Process) -> float:
    """Megabytes of a training's process, 0 for another one."""
    try:
        return process.memory_info().rss / 1e6 if "engine.worker" in " ".join(process.cmdline()) else 0.0
    except psutil.Error:
        return 0.0


def own_file(number: int, folder: Path, rows: int) -> Path:
    file = folder / f"client-{number:02d}" / "people.csv"
    file.parent.mkdir()
    people(number, rows).to_csv(file, index=False)
    return file


def end_workers(home: Path) -> None:
    """End the trainings that the server has left behind."""
    for process in psutil.process_iter(["cmdline"]):
        if "engine.worker" in (words := process.info["cmdline"] or []) and words[-1].startswith(str(home)):
            process.kill()


def browsers() -> float:
    """CPU seconds that the browser has taken so far."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                times = process.cpu_times()
                total += times.user + times.system
        except psutil.Error:
            continue
    return total


@dataclass
class Seen:
    """What came of all clients. seconds: until the last had ended; drawing: CPU seconds of the browsers."""

    clients: list[Client]
    gauge: Gauge
    watch: Watch
    seconds: float
    drawing: float


async def load(server: Server, folder: Path, options: argparse.Namespace) -> Seen:
    """All clients to their end."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    clients: list[Client] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        await WireClient(options.clients, own_file(options.clients, folder, options.rows), options).journey(server.url)
        for number in range(options.clients):
            file = own_file(number, folder, options.rows)
            if number < options.browsers:
                clients.append(await BrowserClient.come(browser, number, file, options))
            elif options.greedy and number == options.clients - 1:
                hasty = argparse.Namespace(**{**vars(options), "think": 0.3})
                clients.append(WireClient(number, file, hasty, runs=options.greedy))
            else:
                clients.append(WireClient(number, file, options))
        watch = Watch(server)
        gauge = Gauge(options.clients + 1, own_file(options.clients + 1, folder, options.rows), options)
        beside = [asyncio.create_task(watch.look())]
        if options.browsers:
            beside.append(asyncio.create_task(gauge.journey(server.url)))
        began = time.perf_counter()
        going, rest = [], list(clients)
        if options.greedy:
            going.append(await goes_first(rest.pop(), server, folder / "home"))
        going += [asyncio.create_task(client.journey(server.url)) for client in rest]
        await asyncio.gather(*going)
        seconds = time.perf_counter() - began
        for task in beside:
            task.cancel()
        drawing = browsers()
        await browser.close()
    return Seen(clients, gauge, watch, seconds, drawing)


async def goes_first(greedy: WireClient, server: Server, home: Path) -> asyncio.Task[None]:
    """The journey of a client with many runs; the others may come when these are in line."""
    before = len(runs_in(home))
    journey = asyncio.create_task(greedy.journey(server.url))
    while not journey.done() and len(runs_in(home)) < before + greedy.runs:
        await asyncio.sleep(0.1)
    return journey


def lost(client: Client, home: Path) -> str:
    """What is wrong with what a client left on the server, or nothing."""
    if client.problem:
        return client.problem
    table, run = client.ids
    if (home / "datasets" / table / "source.bin").read_bytes() != client.file.read_bytes():
        return "the table is another one"
    made = pd.read_parquet(home / "runs" / run / "result" / "synthetic.parquet")
    own = {f"Town{client.number:02d}"}
    if len(made) != client.options.rows or set(made["town"].str[:6]) != own:
        return "the twin is another one"
    return ""


@dataclass(frozen=True)
class Run:
    """A training on disk. Times are seconds since 1970, None for what has not come."""

    owner: str
    created: float
    started: float | None
    ended: float | None

    @property
    def wait(self) -> float:
        return (self.started or time.time()) - self.created


def runs_in(home: Path) -> list[Run]:
    """All trainings, in the order in which they came."""
    runs = []
    for path in (home / "runs").glob("*/state.json"):
        state, outcome = json.loads(path.read_text()), path.with_name("outcome.json")
        ended = json.loads(outcome.read_text())["ended"] if outcome.exists() else state["ended"]
        runs.append(Run(state["owner"], state["created"], state["started"], ended))
    return sorted(runs, key=lambda run: run.created)


def tell_queue(runs: Sequence[Run], greedy: int) -> None:
    """How many trainings there were at once, pairs of them that started in another order than they came, and waits."""
    started = [(run.started, run.ended or time.time(), run) for run in runs if run.started is not None]
    at_once = max((sum(begun <= moment < end for begun, end, _ in started) for moment, _, _ in started), default=0)
    turned = sum(first[0] > second[0] for first, second in itertools.combinations(started, 2))
    print(f"Trainings: {len(started)} of {len(runs)} begun, at most {at_once} at once; {turned} pairs out of order;")
    own = [run for run in runs if greedy and [other.owner for other in runs].count(run.owner) == greedy]
    others = [run for run in runs if run not in own]
    print(f"the longest wait was {max((run.wait for run in others), default=0.0):.0f} s", end="")
    if not own:
        print(".")
        return
    over = [sum(o.started is not None and run.created < o.started < (run.started or 0) for o in own) for run in others]
    print(f" (median {np.median([run.wait for run in others]):.0f} s) for who had one.")
    begun = sum(run.started is not None for run in own)
    print(
        f"One had {len(own)} in line before all others came: {begun} were begun in the end, at most {max(over)} of them"
    )
    print("while any one run of somebody else waited.")


def tell_answers(clients: Sequence[Client], sort: str) -> None:
    if not clients:
        return
    print(f"\n{len(clients)} {sort}:\n")
    answers = [answer for client in clients for answer in client.answers]
    heads = ("median, s", "95 %", f"within {QUICK:g} s")
    print(f"| step | answers | seen: {' | '.join(heads)} | whole: {' | '.join(heads)} |")
    print("|---" * 8 + "|")
    steps = list(dict.fromkeys(step for step, _, _ in answers))
    for step in (*steps, None):
        chosen = [answer for answer in answers if step in (None, answer[0])]
        seen = np.array([answer[1] for answer in chosen])
        whole = np.array([answer[2] for answer in chosen if answer[2] is not None])
        print(f"| {step or '**all**'} | {len(seen)} | {spread(seen)} | {spread(whole)} |")


def spread(seconds: np.ndarray) -> str:
    """Three cells: median, 95 %, and the share within `QUICK`."""
    if not len(seconds):
        return " | | "
    return f"{np.median(seconds):.2f} | {np.quantile(seconds, 0.95):.2f} | {(seconds <= QUICK).mean():.0%}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--browsers", type=int, help="how many of them are browsers (default: all)")
    parser.add_argument("--greedy", type=int, default=0, help="runs that the last client starts at once before all")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--method", choices=METHODS, default="marginals")
    parser.add_argument(
        "--think", type=float, default=6.0, help="seconds of a pause, on average (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.browsers = options.clients - bool(options.greedy) if options.browsers is None else options.browsers
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        home.mkdir()
        with served(ROOT / "streamlit_app.py", home) as server:
            seen = asyncio.run(load(server, folder, options))
            times = server.process.cpu_times()
            cpu, after = times.user + times.system, server.megabytes
            runs = runs_in(home)
        end_workers(home)
        clients, watch = seen.clients, seen.watch
        wrong = {client.number: found for client in clients if (found := lost(client, home))}
        for kind, sort in ((BrowserClient, "browsers"), (WireClient, "that draw nothing")):
            tell_answers([client for client in clients if isinstance(client, kind)], sort)
        tell_answers([seen.gauge] if seen.gauge.answers else [], "gauge beside the browsers: the server alone")
        places = [place for client in clients for place in client.places]
        print(f"\n{options.clients} clients, {os.cpu_count()} cores, load up to {watch.load:.0f}.")
        print(f"All was done in {seen.seconds:.0f} s. CPU seconds: server {cpu:.0f}, browsers {seen.drawing:.0f}.")
        tell_queue(runs, options.greedy)
        print(f"Places in line told on pages: up to {max(places, default=0)}.")
        print(f"Memory, MB: server {watch.begin:.0f} at first, {watch.most:.0f} at most, {after:.0f} at the end;")
        print(f"all trainings together {watch.trainings:.0f} at most.")
        print(f"Lost or mixed up: {len(wrong)} of {len(clients)}. {wrong or ''}")
        if wrong:
            keep = ROOT / "test-output" / "load"
            shutil.copytree(folder, keep, dirs_exist_ok=True, ignore=shutil.ignore_patterns("home"))
            print(f"Pictures of what these saw: {keep}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
