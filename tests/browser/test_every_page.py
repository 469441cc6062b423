"""Every page and view on a laptop and on a phone, light and dark: it fits the screen, and axe finds nothing grave."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine import samples
from engine.library.settings import FOLDER
from engine.run import RunRequest
from pages.ui import datasets
from pages.ui.datasets import Dataset
from tests.browser import accessible, prepared, tour
from tests.browser.driver import SIZES, Visitor, serving


@pytest.fixture(scope="module")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Dataset, str]]:
    """A server's address, a table with dates, and a run on it that all views have something to show of."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(datasets.HOME, str(home))
        patch.setenv(FOLDER, str(home / "library"))
        table = prepared.table(samples.get("weather").path, rows=400)
        _, run_id = prepared.finished(table, RunRequest("copula"), RunRequest("marginals", depth="full"))
        tour.keep(table, run_id)
        with serving(home) as address:
            yield address, table, run_id


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_the_screen_and_is_accessible(
    visit: Callable[..., Visitor], weather: tuple[str, Dataset, str], scheme: str
) -> None:
    """Each is left as a picture to look at."""
    visitor = visit(scheme=scheme)
    found: list[str] = []
    seen = set()
    for name in tour.stops(visitor, *weather):
        for width, height in SIZES:
            visitor.stretch(width, height)
            visitor.picture(f"{name}-{width}-{scheme}")
            found += [f"{name} at {width}: {finding}" for finding in accessible.findings(visitor.page)]
            if (wider := visitor.overflow()) > 0:
                found.append(f"{name} at {width}: wider than the screen by {wider} pixels")
        visitor.page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        seen.add(name)
    assert {"upload", "table", "columns", "compare-in-time", "compare-privacy", "compare-runs", *tour.PAGES} <= seen
    assert not found, "\n".join(found)
