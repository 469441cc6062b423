"""How quick the dashboard is, and how much memory it takes, in a real browser.

    python benchmarks/app.py [--repeat 3] [--rows 0,1000000]

Beside every figure stands that of a baseline measured in the same run: an empty Streamlit app of two pages, the second
with one chart of a column that one chooses, on the same machine. --rows: 0 stands for the sample census (48,842 rows),
any other number for a made-up table of 15 columns. Each table is opened, trained on by the quickest method, compared;
then pages are switched and the chart's column is changed, while the memory of the server's process is watched. A
training's own process is not counted, since it ends with the training. Beside other
work on the machine the CPU seconds of the same steps are the fairer figures.
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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
EMPTY_APP = """
import streamlit as st

def one():
    st.title("One")
    st.file_uploader("File")

def two():
    import plotly.graph_objects as go
    st.title("Two")
    with st.container(key="chooser"):
        column = st.selectbox("Column", ["first", "second"])
    with st.container(key="large"):
        st.plotly_chart(go.Figure(go.Bar(x=list("abc"), y=[1, 2, 3])).update_layout(title=column))

st.navigation([st.Page(one, title="One", default=True), st.Page(two, title="Two")]).run()
"""
PATIENCE = 300_000  # milliseconds for a training
UPLOADER = "[data-testid='stFileUploader']"
CHART = ".st-key-large .main-svg"
DONE = "[data-testid='stApp'][data-test-script-state='notRunning']"


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


@dataclass(frozen=True)
class Step:
    """What one thing that a person does costs: seconds until it is seen, CPU seconds, the server's megabytes after."""

    name: str
    seconds: float
    server: float
    browser: float
    megabytes: float


class Watch:
    """Times steps on a page."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server, self.steps = page, server, list[Step]()

    def step(self, name: str, act: Callable[[], object], *wanted: str) -> None:
        """Until all that is wanted is seen, and the script has ended."""
        started, server, browser = time.perf_counter(), cpu([self.server.process]), cpu(browsers())
        act()
        for selector in wanted:
            self.page.locator(selector).first.wait_for(timeout=PATIENCE)
        self.page.locator(DONE).wait_for(timeout=PATIENCE)
        seconds = time.perf_counter() - started
        server, browser = cpu([self.server.process]) - server, cpu(browsers()) - browser
        self.steps.append(Step(name, seconds, server, browser, self.server.megabytes))
        print(f"  {name}: {seconds:.2f} s", file=sys.stderr, flush=True)

    def best(self) -> list[Step]:
        """Of each step the quickest time, in the order of their first."""
        names = dict.fromkeys(step.name for step in self.steps)
        return [_best([step for step in self.steps if step.name == name]) for name in names]


def _best(same: list[Step]) -> Step:
    return Step(
        same[0].name,
        min(step.seconds for step in same),
        min(step.server for step in same),
        min(step.browser for step in same),
        max(step.megabytes for step in same),
    )


def cpu(processes: Iterable[psutil.Process]) -> float:
    """CPU seconds that the processes have used so far."""
    return float(sum(times.user + times.system for times in (process.cpu_times() for process in processes)))


def browsers() -> list[psutil.Process]:
    """The browser's processes, those that draw too."""
    return [child for child in psutil.Process().children(recursive=True) if "chrom" in child.name()]


def click(page: Page, key: str) -> Callable[[], None]:
    return lambda: page.locator(f".st-key-{key} button").first.click()


def go_to(page: Page, title: str) -> Callable[[], None]:
    """Another page, by the sidebar."""
    return lambda: page.locator("[data-testid='stSidebarNavLink']", has_text=title).click()


def change_column(watch: Watch, chooser: str, name: str) -> None:
    """Another column into the large chart; opening the list does not count."""
    field = watch.page.locator(f".st-key-{chooser} input").first
    field.click()
    field.press_sequentially(name)
    option = watch.page.get_by_role("option", name=name).first
    option.wait_for()
    watch.step("change the chart's column", option.click, f"{CHART} >> text={name}")


def baseline(page: Page, server: Server, repeat: int) -> list[Step]:
    """The same of the empty app, as far as it has it."""
    watch = Watch(page, server)
    page.goto(server.url)
    page.locator(UPLOADER).wait_for()
    for _ in range(repeat):
        watch.step("to the page with charts", go_to(page, "Two"), "h1 >> text=Two", CHART)
        for name in ("second", "first"):
            change_column(watch, "chooser", name)
        watch.step("to the page before", go_to(page, "One"), "h1 >> text=One", UPLOADER)
    return watch.best()


def journey(page: Page, server: Server, table: Path | None, repeat: int) -> list[Step]:
    """The main job on a table (None: the sample census), then its pages in turn and two columns of the chart."""
    watch = Watch(page, server)
    page.goto(server.url)
    page.locator(UPLOADER).wait_for()
    file = page.locator("input[type=file]")
    open_it = click(page, "sample-census") if table is None else lambda: file.set_input_files(table)
    watch.step("open the table", open_it, "[data-testid='stDataFrame']")
    watch.step("configure", click(page, "next"), "h1 >> text=Configure the twin", ".st-key-action button")
    page.locator(".st-key-method-family").get_by_text("Standard", exact=True).click()
    page.locator(".st-key-method").get_by_text("Standard statistics", exact=True).click()
    page.get_by_text("Settings of Standard statistics").wait_for(timeout=PATIENCE)
    page.locator(DONE).wait_for(timeout=PATIENCE)
    watch.step("start the training", click(page, "next"), ".st-key-stop button")
    page.locator(".st-key-next button").wait_for(timeout=PATIENCE)
    watch.step("compare, the first time", click(page, "next"), CHART)
    names = ("age", "fnlwgt") if table is None else ("c1", "c4")
    for _ in range(repeat):
        watch.step("to Upload", go_to(page, "Upload"), "h1", "[data-testid='stDataFrame']")
        watch.step("to Configure", go_to(page, "Configure"), "h1 >> text=Configure the twin", ".st-key-action button")
        watch.step("to Train", go_to(page, "Train"), "h1 >> text=Train the twin", ".st-key-next button")
        watch.step("to Compare", go_to(page, "Compare"), "h1 >> text=Real and synthetic", CHART)
        for name in names:
            change_column(watch, "column", name)
    seen = {"Correlations": ".st-key-heat-real .main-svg", "Distributions": CHART}
    for view, wanted in seen.items():
        watch.step(f"view {view}", page.locator(".st-key-view").get_by_text(view, exact=True).click, wanted)
    return watch.best()


def print_steps(title: str, steps: Iterable[Step]) -> None:
    print(f"\n| {title} | seconds | CPU s, server | CPU s, browser | MB after it |\n|---|---|---|---|---|")
    for step in steps:
        figures = f"{step.seconds:.2f} | {step.server:.2f} | {step.browser:.2f} | {step.megabytes:.0f}"
        print(f"| {step.name} | {figures} |", flush=True)


def print_starts(browser: Browser, folder: Path, repeat: int) -> None:
    """Starts and first paints beside those of the empty app."""
    empty = starts(browser, folder / "empty.py", folder, UPLOADER, repeat)
    ours = starts(browser, ROOT / "streamlit_app.py", folder, UPLOADER, repeat)
    print("| | Tabular Twin | empty app | ratio |\n|---|---|---|---|")
    labels = ("seconds until the server answers", "first paint, s", "second visitor's paint, s", "memory, MB")
    for label, own, other in zip(labels, ours, empty, strict=True):
        print(f"| {label} | {own:.2f} | {other:.2f} | {own / other:.2f} |", flush=True)


def made_up(rows: int, folder: Path) -> Path:
    """A file of so many rows."""
    from scale import made_up

    table, schema = made_up(rows, 15)
    path = folder / f"made-up-{rows}.csv"
    schema.to_text(table).to_csv(path, index=False)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--rows", type=lambda text: [int(part) for part in text.split(",")], default=[0, 1_000_000])
    args = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        (folder / "empty.py").write_text(EMPTY_APP)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        print_starts(browser, folder, args.repeat)
        with served(folder / "empty.py", folder / "home-empty") as server:
            print_steps("empty app", baseline(browser.new_page(), server, args.repeat))
        for rows in args.rows:
            table = made_up(rows, folder) if rows else None
            with served(ROOT / "streamlit_app.py", folder / f"home-{rows}-rows") as server:
                title = f"{rows:,} x 15" if rows else "census"
                print_steps(title, journey(browser.new_page(), server, table, args.repeat))
        browser.close()


if __name__ == "__main__":
    main()
