"""What axe finds on a page.

What is Streamlit's own and cannot be mended here is listed in UPSTREAM. Other findings that are known upstream do not
show here: headings have no link (its issue 16149), colours are dark enough for the limit of the uploader and for
placeholders (8288, 8276), and chosen segments on the dark page take the colour of links (12801).
"""

from __future__ import annotations

from functools import cache

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
# By axe's rule and a part of the selector: marks that st.metric draws unseen over its small chart (streamlit 1.67; no
# thread is known for it).
UPSTREAM = {("svg-img-alt", "metric_chart_", "_highlighted_points_marks")}


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
        if not _upstream(one["id"], " ".join(map(str, node["target"])))
    ]


def _upstream(rule: str, target: str) -> bool:
    return any(rule == known and all(part in target for part in parts) for known, *parts in UPSTREAM)
