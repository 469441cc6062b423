"""What axe finds on a page.

Nothing is passed over. Streamlit's own findings that are known upstream do not show here: headings have no link
(its issue 16149), the theme's colours are dark enough for the uploader's limit and for placeholders (8288, 8276), and
chosen segments on the dark page take the colour of links (12801).
"""

from __future__ import annotations

from functools import cache

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")


@cache
def _axe() -> Axe:
    return Axe()


def findings(page: Page) -> list[str]:
    """The serious and critical ones, as lines to read."""
    found = _axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{one['impact']} {one['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']} {node['html']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
