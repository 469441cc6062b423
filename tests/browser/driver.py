"""A server, and what a person does on its pages, by the stable keys of their controls; clicks are counted."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Download, Locator, Page

ROOT = Path(__file__).resolve().parents[2]
SHOTS = ROOT / "test-output" / "screenshots"
SIZES = ((1280, 900), (390, 844))  # a laptop and a phone
TRAINING = 300_000  # milliseconds that a training may take on a busy machine


QUIET = 250  # milliseconds without a change after which a page lies still
# Ends when neither elements nor attributes have changed for so long and no transition is under way.
STILL = """quiet => new Promise(done => {
    let last = performance.now();
    const watch = new MutationObserver(() => { last = performance.now(); });
    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    const moving = () => document.getAnimations().some(
        own => own.playState === "running" && Number.isFinite(own.effect?.getComputedTiming().endTime));
    const begun = last;
    const look = () => {
        const now = performance.now();
        if (moving()) last = now;
        if (now - last >= quiet || now - begun > 10_000) { watch.disconnect(); done(); }
        else setTimeout(look, 50);
    };
    look();
})"""


@contextmanager
def serving(home: Path) -> Iterator[str]:
    """The address of a server of its own, with tables and runs in `home`, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "streamlit_app.py", "--server.headless", "true"]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    environment = {**os.environ, "TABULAR_TWIN_HOME": str(home)}
    address = f"http://127.0.0.1:{port}"
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            _wait(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        assert process.poll() is None, "the server ended at once"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except OSError:
            time.sleep(0.25)
    raise AssertionError("the server does not answer")


class Visitor:
    """A person at a browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def control(self, key: str) -> Locator:
        return self.page.locator(f".st-key-{key}")

    def button(self, key: str) -> Locator:
        return self.control(key).locator("button").first

    def click(self, key: str) -> None:
        self.clicks += 1
        self.button(key).click()

    def choose(self, key: str, label: str) -> None:
        """One segment, or one entry of a radio."""
        self.clicks += 1
        self.control(key).get_by_text(label, exact=True).click()

    def look_at(self, part: str, view: str = "") -> None:
        """A part of the compare page, and a view of it where it has several."""
        self.choose("view-part", part)
        if view:
            self.settle()
            self.choose("view" if part == "Look" else f"view-{part.lower()}", view)

    def unfold(self, key: str) -> None:
        """Open a part that is folded away, and wait until it lies still: a list opened before that closes again."""
        self.clicks += 1
        self.control(key).locator("summary").first.click()
        self.settle()
        self.still()

    def pick(self, key: str, *labels: str) -> None:
        """Entries of a list that opens."""
        for label in labels:
            self.clicks += 1
            field = self.control(key).locator("input").first
            field.click()
            field.press_sequentially(label)
            self.page.wait_for_timeout(400)  # the list is drawn anew as one types
            self.page.get_by_role("option", name=label, exact=True).click()
            self.settle()

    def point(self, key: str, across: float, down: float) -> None:
        """A click into a chart, at shares of its plot's width and height from the upper left."""
        self.clicks += 1
        self.control(key).scroll_into_view_if_needed()
        self.still()
        box = self.control(key).locator(".nsewdrag").first.bounding_box()
        assert box is not None
        x, y = box["x"] + across * box["width"], box["y"] + down * box["height"]
        self.page.mouse.move(x - 3, y - 3)
        self.page.mouse.move(x, y)
        self.control(key).locator(".hoverlayer .hovertext").first.wait_for()
        self.page.mouse.down()
        self.page.mouse.up()
        self.settle()

    def fill(self, key: str, text: str) -> None:
        field = self.control(key).locator("input").first
        field.fill(text)
        field.press("Tab")
        self.settle()

    def drop(self, path: Path) -> None:
        """Choose a file of one's own."""
        self.page.locator("input[type=file]").set_input_files(path)

    def download(self, key: str) -> Download:
        with self.page.expect_download() as found:
            self.click(key)
        return found.value

    def settle(self) -> None:
        """Wait until the page is done."""
        self.page.wait_for_timeout(300)
        self.page.locator('[data-testid="stStatusWidget"]').wait_for(state="detached")
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()

    def still(self) -> None:
        """Wait until nothing has moved for a moment: charts have drawn themselves in, what unfolds lies still."""
        self.page.evaluate(STILL, QUIET)

    def heading(self, text: str) -> None:
        self.page.get_by_role("heading", level=1, name=text).wait_for()

    def error(self) -> str:
        box = self.page.locator('[data-testid="stAlertContentError"]').first
        box.wait_for()
        return box.inner_text()

    def trained(self) -> None:
        """Wait for the way to the comparison."""
        self.control("next").get_by_role("button", name="Compare").wait_for(timeout=TRAINING)

    def stretch(self, width: int, height: int) -> None:
        """The window as wide as said, and as high as the page."""
        self.page.set_viewport_size({"width": width, "height": height})
        whole = self.page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollHeight")
        self.page.set_viewport_size({"width": width, "height": max(height, min(whole, 6_000))})
        self.still()

    def picture(self, name: str) -> None:
        """What the window shows, under test-output."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")

    def shoot(self, name: str) -> None:
        """The whole page as a picture under test-output."""
        self.settle()
        self.still()
        size = self.page.viewport_size
        assert size is not None
        self.stretch(**size)
        self.picture(name)
        self.page.set_viewport_size(size)

    def overflow(self) -> int:
        """By how many pixels the page is wider than the screen."""
        found = self.page.evaluate(
            "(() => { const m = document.querySelector('[data-testid=\"stMain\"]');"
            " return m.scrollWidth - m.clientWidth; })()"
        )
        return int(found)
