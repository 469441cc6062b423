"""What axe finds on a page, less what Streamlit's makers know of and only they can mend."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

GRAVE = ("serious", "critical")
OPTIONS = {"resultTypes": ["violations"]}


@dataclass(frozen=True, slots=True)
class Upstream:
    """A finding to pass over. part: that the selector of the element, or its HTML, holds."""

    rule: str
    part: str
    thread: str  # in streamlit/streamlit


UPSTREAM: tuple[Upstream, ...] = ()


@cache
def _axe() -> Axe:
    return Axe()


def findings(page: Page) -> list[str]:
    """Serious and critical ones of our own, as lines to read."""
    found = _axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{one['impact']} {one['id']} at {target}: {node['failureSummary']} {node['html'][:300]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
        if not _upstream(one["id"], target := " ".join(map(str, node["target"])), node["html"])
    ]


def _upstream(rule: str, target: str, html: str) -> bool:
    return any(known.rule == rule and (known.part in target or known.part in html) for known in UPSTREAM)
