"""Many people at once: browsers with a table and a training each, on one server.

    python benchmarks/load.py [--clients 20] [--rows 2000] [--method marginals] [--think 3] [--seed 0]

Each client is a browser session of its own (cookies, socket, page) in one Chromium: it uploads its own table under the
name that all use, goes through the pages with pauses as a person makes them, trains, looks around meanwhile, and ends
on the comparison. Told: how soon pages answered (until the new page is seen, and until it is whole), the order in which
trainings started, the memory of server and trainings, and whether anything was lost or mixed up. The browsers run on
the same cores as the server, and what they took is told too: elsewhere, each is on a machine of its own.

Exit status 1 when something was lost.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
from playwright.async_api import Browser, Locator, Page, async_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))

from app import ROOT, Server, served

PATIENCE = 900_000  # milliseconds for whatever a client waits for
QUICK = 2.0  # seconds within which a page should answer
WHOLE = "[data-testid='stApp'][data-test-script-state='notRunning']"
METHODS = {"marginals": "Standard statistics", "copula": "Gaussian copula", "forest": "Forest"}


def people(number: int, rows: int) -> pd.DataFrame:
    """A client's own table: everybody's columns, and towns that nobody else has."""
    rng = np.random.default_rng([number, 7])
    age = rng.integers(18, 90, rows)
    return pd.DataFrame(
        {
            "id": [f"K-{i:06d}" for i in range(rows)],
            "age": age,
            "income": (age * 300 + rng.lognormal(9, 0.5, rows)).round(2),
            "town": [f"Town{number:02d}-{i}" for i in rng.integers(0, 6, rows)],
            "member": rng.choice(["no", "yes"], rows),
            "since": pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 3_000, rows), "D"),
        }
    )


@dataclass
class Client:
    """One person at a browser. answers: step, seconds until the new page is seen, and until it is whole (or None)."""

    number: int
    page: Page
    file: Path
    options: argparse.Namespace
    answers: list[tuple[str, float, float | None]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # in the queue, as told on the page
    problem: str = ""

    async def journey(self, url: str) -> None:
        rng = np.random.default_rng([self.options.seed, self.number])
        pause = self._pauses(rng)
        try:
            await self._travel(url, pause)
        except Exception as error:
            self.problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            await self.page.screenshot(path=self.file.with_suffix(".png"))

    def _pauses(self, rng: np.random.Generator) -> Callable[[], Awaitable[None]]:
        async def pause() -> None:
            await asyncio.sleep(float(rng.uniform(0.5, 1.5)) * self.options.think)

        return pause

    async def _travel(self, url: str, pause: Callable[[], Awaitable[None]]) -> None:
        page = self.page
        await pause()
        await self._answer("open", page.goto(url), page.locator("[data-testid='stFileUploader']"))
        await pause()
        upload = page.locator("input[type=file]").first.set_input_files(self.file)
        await self._answer("upload", upload, page.locator("[data-testid='stDataFrame']").first)
        await pause()
        await self._answer("configure", self._click("next"), self._heading("Configure the twin"))
        await pause()
        family = page.locator(".st-key-method-family").get_by_text("Standard", exact=True).click()
        label = METHODS[self.options.method]
        method = page.locator(".st-key-method").get_by_text(label, exact=True)
        await self._answer("kind of method", family, method)
        await pause()
        await method.click()
        await page.locator(WHOLE).wait_for()
        await pause()
        await self._answer("train", self._click("next"), self._heading("Train the twin"), whole=False)
        await self._wait(pause)
        await self._answer("compare", self._click("next"), self._heading("Real and synthetic"))
        await page.locator("[data-testid='stPlotlyChart']").first.wait_for()
        await self._check_words()

    async def _wait(self, pause: Callable[[], Awaitable[None]]) -> None:
        """Look around while the training waits and runs."""
        done = self.page.locator(".st-key-next").get_by_role("button", name="Compare")
        for name, heading in itertools.cycle((("Guide", None), ("Train", "Train the twin"))):
            await self._note_place()
            await pause()
            if name == "Guide" and await done.count():
                return
            link = self.page.locator("[data-testid='stSidebarNavLink']", has_text=name).first.click()
            seen = self._heading(heading) if heading else self.page.get_by_role("heading", level=1).last
            await self._answer(f"look at {name.lower()}", link, seen, whole=False)

    async def _note_place(self) -> None:
        told = await self.page.locator("[data-testid='stMain']").inner_text()
        if "Waiting for its turn" in told:
            found = re.search(r"(\d+) are before it", told)
            self.places.append(int(found[1]) + 1 if found else 1)

    async def _check_words(self) -> None:
        told = await self.page.content()
        others = set(re.findall(r"Town(\d\d)", told)) - {f"{self.number:02d}"}
        if others:
            self.problem = f"the page shows towns of {sorted(others)}"

    async def _answer(self, step: str, act: Awaitable[object], seen: Locator, *, whole: bool = True) -> None:
        began = time.perf_counter()
        await act
        await seen.wait_for()
        first = time.perf_counter() - began
        if whole:
            await self.page.locator(WHOLE).wait_for()
        self.answers.append((step, first, time.perf_counter() - began if whole else None))

    async def _click(self, key: str) -> None:
        await self.page.locator(f".st-key-{key} button").first.click()

    def _heading(self, text: str) -> Locator:
        return self.page.get_by_role("heading", level=1, name=text)

    @property
    def ids(self) -> tuple[str, str]:
        """Of table and run, from the page's address."""
        found = dict(re.findall(r"[?&](data|run)=([\w-]+)", self.page.url))
        return found.get("data", ""), found.get("run", "")


@dataclass
class Watch:
    """Memory of the server and of all trainings, in megabytes, and how many of these there were at once."""

    server: Server
    begin: float = 0.0
    most: float = 0.0
    trainings: float = 0.0
    at_once: int = 0

    async def look(self) -> None:
        self.begin = self.server.megabytes
        while True:
            self.most = max(self.most, self.server.megabytes)
            sizes = [size for child in self.server.process.children(recursive=True) if (size := worker(child))]
            self.trainings = max(self.trainings, sum(sizes))
            self.at_once = max(self.at_once, len(sizes))
            await asyncio.sleep(0.3)


def worker(process: psutil.Process) -> float:
    """Megabytes of a training's process, 0 for another one."""
    try:
        return process.memory_info().rss / 1e6 if "engine.worker" in " ".join(process.cmdline()) else 0.0
    except psutil.Error:
        return 0.0


async def come(browser: Browser, number: int, folder: Path, options: argparse.Namespace) -> Client:
    file = folder / f"client-{number:02d}" / "people.csv"
    file.parent.mkdir()
    people(number, options.rows).to_csv(file, index=False)
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    return Client(number, await context.new_page(), file, options)


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
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        clients = [await come(browser, number, folder, options) for number in range(options.clients)]
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


def queue(home: Path) -> tuple[int, int, float]:
    """Trainings, pairs of them that started in another order than they came, and the longest wait in seconds."""
    states = [json.loads(path.read_text()) for path in (home / "runs").glob("*/state.json")]
    started = [(s["created"], s["started"]) for s in states if s["started"] is not None]
    pairs = itertools.combinations(sorted(started), 2)
    return len(states), sum(a[1] > b[1] for a, b in pairs), max((b - a for a, b in started), default=0.0)


def tell_answers(clients: list[Client]) -> None:
    answers = [answer for client in clients for answer in client.answers]
    print(f"| step | answers | median, s | 95 %, s | longest, s | within {QUICK:g} s | whole within {QUICK:g} s |")
    print("|---|---|---|---|---|---|---|")
    steps = list(dict.fromkeys(step for step, _, _ in answers))
    for step in (*steps, None):
        chosen = [answer for answer in answers if step in (None, answer[0])]
        first = np.array([answer[1] for answer in chosen])
        whole = np.array([answer[2] for answer in chosen if answer[2] is not None])
        shares = [f"{(times <= QUICK).mean():.0%}" if len(times) else "" for times in (first, whole)]
        figures = f"{np.median(first):.2f} | {np.quantile(first, 0.95):.2f} | {first.max():.2f}"
        print(f"| {step or '**all**'} | {len(first)} | {figures} | {shares[0]} | {shares[1]} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--method", choices=METHODS, default="marginals")
    parser.add_argument(
        "--think", type=float, default=3.0, help="seconds of a pause, on average (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        home.mkdir()
        with served(ROOT / "streamlit_app.py", home) as server:
            clients, watch, seconds, taken = asyncio.run(load(server, folder, options))
            times = server.process.cpu_times()
            cpu, after = times.user + times.system, server.megabytes
        wrong = {client.number: found for client in clients if (found := lost(client, home))}
        tell_answers(clients)
        runs, turned, wait = queue(home)
        places = [place for client in clients for place in client.places]
        print(f"\n{options.clients} clients, {os.cpu_count()} cores, {seconds:.0f} s in all.")
        print(f"CPU seconds: server {cpu:.0f}, browsers {taken:.0f}.")
        print(f"Trainings: {runs}, at most {watch.at_once} at once; {turned} pairs started out of order;")
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
