"""Takes the pictures of the README: `make screenshots`.

A server of its own, census as the table, and two runs on it: the quickest method and the forest. Pictures that have not
changed to the eye are written anew all the same; look at them before they are committed.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

IMAGES = ROOT / "docs" / "images"
MOST = 1_600  # pixels of height: what is further down is cut off
COLORS = 256  # enough for flat pages; less than half of the bytes


def picture(png: bytes, path: Path) -> None:
    """Cut, with a palette, as small as it gets."""
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.crop((0, 0, image.width, min(image.height, MOST)))
    image.quantize(COLORS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(path, optimize=True)


def main() -> None:
    from playwright.sync_api import sync_playwright

    from engine import samples
    from engine.library.settings import FOLDER
    from engine.run import RunRequest
    from pages.ui import datasets
    from tests.browser import prepared, tour
    from tests.browser.conftest import CHROMIUM
    from tests.browser.driver import SIZES, Visitor, serving

    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        home = Path(name)
        os.environ |= {datasets.HOME: name, FOLDER: str(home / "library")}
        table = prepared.table(samples.get("census").path)
        run_id = prepared.finished(table, RunRequest("marginals"), RunRequest("forest", depth="full"))[-1]
        tour.keep(table, run_id)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with serving(home) as address:
            for look, shown in tour.SHOWN.items():
                width, _, scheme = look.partition("-")
                size = SIZES[0] if width == "1280" else SIZES[1]
                visitor = Visitor(browser.new_page(color_scheme=scheme))  # type: ignore[arg-type]
                for stop in tour.stops(visitor, address, table, run_id):
                    if stop in shown:
                        visitor.stretch(*size)
                        picture(visitor.page.screenshot(), IMAGES / f"{stop}-{look}.png")
                        visitor.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
                visitor.page.close()
        browser.close()


if __name__ == "__main__":
    main()
