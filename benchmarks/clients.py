"""The clients of `load.py`: what they do, and those of them that are browsers."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.async_api import Browser, Locator, Page

PATIENCE = 900_000  # milliseconds for whatever a client waits for
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
class Client(ABC):
    """One person. answers: step, seconds until the new page begins to be seen, and until it is whole (or None)."""

    number: int
    file: Path
    options: argparse.Namespace
    answers: list[tuple[str, float, float | None]] = field(default_factory=list)
    places: list[int] = field(default_factory=list)  # in the queue, as told on the page
    problem: str = ""

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng([self.options.seed, self.number])

    async def journey(self, url: str) -> None:
        try:
            await self.travel(url)
        except Exception as error:
            self.problem = f"{type(error).__name__}: {(str(error) or 'no more is known').splitlines()[0]}"
            await self.show()

    @abstractmethod
    async def travel(self, url: str) -> None:
        """From the first page to the comparison."""

    @abstractmethod
    async def show(self) -> None:
        """Leave what is seen in a file."""

    @property
    @abstractmethod
    def ids(self) -> tuple[str, str]:
        """Of table and run, from the address."""

    async def pause(self) -> None:
        """As a person makes it before the next click."""
        await asyncio.sleep(float(self._rng.uniform(0.5, 1.5)) * self.options.think)

    def note_place(self, told: str) -> None:
        if "Waiting for its turn" in told:
            found = re.search(r"It is number (\d+) in line", told)
            self.places.append(int(found[1]) if found else 1)

    def check_words(self, told: str) -> None:
        others = set(re.findall(r"Town(\d\d)", told)) - {f"{self.number:02d}"}
        if others:
            self.problem = f"the page shows towns of {sorted(others)}"


@dataclass
class BrowserClient(Client):
    """A browser session of its own in a shared Chromium."""

    page: Page = field(kw_only=True)

    @classmethod
    async def come(cls, browser: Browser, number: int, file: Path, options: argparse.Namespace) -> BrowserClient:
        context = await browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE)
        return cls(number, file, options, page=await context.new_page())

    async def travel(self, url: str) -> None:
        page = self.page
        await self.pause()
        await self._answer("open", page.goto(url), page.locator("[data-testid='stFileUploader']"))
        await self.pause()
        upload = page.locator("input[type=file]").first.set_input_files(self.file)
        await self._answer("upload", upload, page.locator("[data-testid='stDataFrame']").first)
        await self.pause()
        await self._answer("configure", self._click("next"), self._heading("Configure the twin"))
        await self.pause()
        family = page.locator(".st-key-method-family").get_by_text("Standard", exact=True).click()
        method = page.locator(".st-key-method").get_by_text(METHODS[self.options.method], exact=True)
        await self._answer("kind of method", family, method)
        await self.pause()
        await method.click()
        await page.locator(WHOLE).wait_for()
        await self.pause()
        await self._answer("train", self._click("next"), self._heading("Train the twin"), whole=False)
        await self._wait()
        await self._answer("compare", self._click("next"), self._heading("Real and synthetic"))
        await page.locator("[data-testid='stPlotlyChart']").first.wait_for()
        self.check_words(await page.content())

    async def _wait(self) -> None:
        """Look around while the training waits and runs."""
        done = self.page.locator(".st-key-next").get_by_role("button", name="Compare")
        for name, heading in itertools.cycle((("Guide", None), ("Train", "Train the twin"))):
            self.note_place(await self.page.locator("[data-testid='stMain']").inner_text())
            await self.pause()
            if name == "Guide" and await done.count():
                return
            link = self.page.locator("[data-testid='stSidebarNavLink']", has_text=name).first.click()
            seen = self._heading(heading) if heading else self.page.get_by_role("heading", level=1).last
            await self._answer(f"look at {name.lower()}", link, seen, whole=False)

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

    async def show(self) -> None:
        await self.page.screenshot(path=self.file.with_suffix(".png"))

    @property
    def ids(self) -> tuple[str, str]:
        found = dict(re.findall(r"[?&](data|run)=([\w-]+)", self.page.url))
        return found.get("data", ""), found.get("run", "")
