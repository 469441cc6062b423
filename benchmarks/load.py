"""Many people at once: a table and a training each, on one server.

    python benchmarks/load.py [--clients 20] [--browsers 20] [--rows 2000] [--method marginals] [--think 6] [--seed 0]

Each client uploads its own table under the name that all use, goes through the pages with pauses as a person makes
them, trains, looks around meanwhile, and ends on the comparison. Some are browser sessions of their own (cookies,
socket, page) in one Chromium, which takes more of the cores that it shares with the server than the server itself;
the others speak to the server as a page does, and draw nothing. One goes before all others and is not counted.

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
from wire import WireClient

QUICK = 2.0  # seconds within which a page should answer


@dataclass
class Watch:
    """Memory of the server and of all trainings together, in megabytes."""

    server: Server
    begin: float = 0.0
    most: float = 0.0
    trainings: float = 0.0

    async def look(self) -> None:
        self.begin = self.server.megabytes
        while True:
            self.most = max(self.most, self.server.megabytes)
            self.trainings = max(self.trainings, sum(map(worker, self.server.process.children(recursive=True))))
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


async def load(server: Server, folder: Path, options: argparse.Namespace) -> tuple[list[Client], Watch, float, float]:
    """All clients to their end; also the seconds that it took, and the CPU seconds of the browsers."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    clients: list[Client] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        await WireClient(options.clients, own_file(options.clients, folder, options.rows), options).journey(server.url)
        for number in range(options.clients):
            file = own_file(number, folder, options.rows)
            if number < options.browsers:
                clients.append(await BrowserClient.come(browser, number, file, options))
            else:
                clients.append(WireClient(number, file, options))
        watch = Watch(server)
        looking = asyncio.create_task(watch.look())
        began = time.perf_counter()
        await asyncio.gather(*(client.journey(server.url) for client in clients))
        seconds = time.perf_counter() - began
        looking.cancel()
        taken = browsers()
        await browser.close()
    return clients, watch, seconds, taken


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


def queue(home: Path) -> tuple[int, int, int, float]:
    """Trainings, how many there were at once, pairs of them that started in another order than they came, and the
    longest wait in seconds."""
    runs = []
    for path in (home / "runs").glob("*/state.json"):
        state, outcome = json.loads(path.read_text()), path.with_name("outcome.json")
        if state["started"] is not None and outcome.exists():
            runs.append((state["created"], state["started"], json.loads(outcome.read_text())["ended"]))
    at_once = max((sum(start <= begun < end for _, start, end in runs) for _, begun, _ in runs), default=0)
    turned = sum(first[1] > second[1] for first, second in itertools.combinations(sorted(runs), 2))
    return len(runs), at_once, turned, max((start - created for created, start, _ in runs), default=0.0)


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
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--method", choices=METHODS, default="marginals")
    parser.add_argument(
        "--think", type=float, default=6.0, help="seconds of a pause, on average (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.browsers = options.clients if options.browsers is None else options.browsers
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        home.mkdir()
        with served(ROOT / "streamlit_app.py", home) as server:
            clients, watch, seconds, taken = asyncio.run(load(server, folder, options))
            times = server.process.cpu_times()
            cpu, after = times.user + times.system, server.megabytes
        wrong = {client.number: found for client in clients if (found := lost(client, home))}
        for kind, sort in ((BrowserClient, "browsers"), (WireClient, "that draw nothing")):
            tell_answers([client for client in clients if isinstance(client, kind)], sort)
        runs, at_once, turned, wait = queue(home)
        places = [place for client in clients for place in client.places]
        print(f"\n{options.clients} clients, {os.cpu_count()} cores, {seconds:.0f} s in all.")
        print(f"CPU seconds: server {cpu:.0f}, browsers {taken:.0f}.")
        print(f"Trainings: {runs}, at most {at_once} at once; {turned} pairs started out of order;")
        print(f"the longest wait was {wait:.0f} s; places in line told on pages: up to {max(places, default=0)}.")
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
