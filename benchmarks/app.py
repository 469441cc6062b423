"""How quick the dashboard is to start and to paint, and how much memory it takes, in a real browser.

    python benchmarks/app.py [--repeat 3]

Beside every figure stands that of a baseline measured in the same run: an empty Streamlit app on the same machine. The
sample census (48,842 rows) is then opened page by page, and trained on, while the memory of the server's process is
watched; a training's own process is not counted, since it ends with the training.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
EMPTY_APP = "import streamlit as st\nst.title('Empty')\nst.file_uploader('File')\n"
PATIENCE = 300_000  # milliseconds for a training
UPLOADER = "[data-testid='stFileUploader']"


@dataclass(frozen=True)
class Server:
    url: str
    process: psutil.Process
    seconds: float  # from the command to the first healthy answer

    @property
    def megabytes(self) -> float:
        return float(self.process.memory_info().rss) / 1e6


@contextmanager
def served(script: Path, home: Path) -> Iterator[Server]:
    """A server of its own on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    started = time.perf_counter()
    environment = {**os.environ, "TABULAR_TWIN_HOME": str(home)}
    with subprocess.Popen(command, cwd=script.parent, env=environment, stdout=subprocess.DEVNULL) as child:
        url = f"http://127.0.0.1:{port}"
        try:
            while not healthy(url):
                time.sleep(0.02)
            yield Server(url, psutil.Process(child.pid), time.perf_counter() - started)
        finally:
            child.terminate()


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health") as answer:  # our own server  # nosec B310
            return bool(answer.status == 200)
    except OSError:
        return False


def paint(browser: Browser, server: Server, wanted: str) -> float:
    """Seconds from opening the page in a fresh browser session until `wanted` is seen."""
    page = browser.new_page()
    started = time.perf_counter()
    page.goto(server.url)
    page.locator(wanted).first.wait_for()
    seconds = time.perf_counter() - started
    page.close()
    return seconds


def starts(browser: Browser, script: Path, folder: Path, wanted: str, repeat: int) -> tuple[float, float, float, float]:
    """The best of some starts: seconds to health, to the first paint, to a second one; and megabytes after them."""
    found = []
    for i in range(repeat):
        with served(script, folder / f"home-{i}") as server:
            first, second = paint(browser, server, wanted), paint(browser, server, wanted)
            found.append((server.seconds, first, second, server.megabytes))
    best = [min(column) for column in zip(*found, strict=True)]
    return best[0], best[1], best[2], best[3]


def journey(page: Page, server: Server) -> Iterator[tuple[str, float, float]]:
    """Each step of the main job on census: its name, seconds until it is seen, megabytes of the server after it."""
    page.goto(server.url)
    page.locator(UPLOADER).wait_for()
    started = time.perf_counter()

    def told(name: str) -> tuple[str, float, float]:
        nonlocal started
        seconds, started = time.perf_counter() - started, time.perf_counter()
        return name, seconds, server.megabytes

    page.locator(".st-key-sample-census button").click()
    page.locator("[data-testid='stDataFrame']").first.wait_for()
    yield told("open census")
    page.locator(".st-key-next button").click()
    page.locator(".st-key-action button").wait_for()
    yield told("configure")
    page.locator(".st-key-next button").click()
    page.locator(".st-key-stop button").wait_for()
    yield told("start the training")
    page.locator(".st-key-next button").wait_for(timeout=PATIENCE)
    yield told("train")
    page.locator(".st-key-next button").click()
    page.locator("[data-testid='stPlotlyChart']").first.wait_for(timeout=PATIENCE)
    yield told("compare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "empty.py").write_text(EMPTY_APP)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        empty = starts(browser, folder / "empty.py", folder, UPLOADER, args.repeat)
        ours = starts(browser, ROOT / "streamlit_app.py", folder, UPLOADER, args.repeat)
        print("| | Tabular Twin | empty app | ratio |\n|---|---|---|---|")
        labels = ("seconds until the server answers", "first paint, s", "second visitor's paint, s", "memory, MB")
        for label, own, other in zip(labels, ours, empty, strict=True):
            print(f"| {label} | {own:.2f} | {other:.2f} | {own / other:.2f} |")
        print("\n| step | seconds | MB after it |\n|---|---|---|")
        with served(ROOT / "streamlit_app.py", folder / "home-journey") as server:
            for step, seconds, megabytes in journey(browser.new_page(), server):
                print(f"| {step} | {seconds:.1f} | {megabytes:.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
