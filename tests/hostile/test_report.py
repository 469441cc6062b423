"""The report is a page of text and drawings: whatever a table's names are, nothing in it runs, loads or leads away."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from engine.evaluation import evaluate, report
from engine.evaluation.distributions import compare_table
from engine.run import RunRequest, RunResult, execute
from tests.hostile.markup import NAMES, SHOP, shop

ELEMENTS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "span", "strong", "b", "i", "div",
    "table", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "svg", "rect", "line", "text", "path", "dl",
    "dt", "dd", "ul", "li", "g", "circle",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "class", "style", "scope", "viewbox", "role", "aria-label",
    "aria-hidden", "x", "y", "x1", "x2", "y1", "y2", "width", "height", "text-anchor", "colspan", "d", "cx", "cy", "r",
}  # fmt: skip
VOID = {"meta"}


class Page(HTMLParser):
    """Elements, attributes, and text outside the style, as a browser has them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")


def parsed(text: str) -> Page:
    page = Page()
    page.feed(text)
    page.close()
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def run() -> RunResult:
    return execute(RunRequest(method="marginals"), shop(), SHOP)


@pytest.fixture(scope="module")
def facts(run: RunResult) -> dict[str, Any]:
    every = " ".join(NAMES.values())
    return {
        **run.figures,
        "table": NAMES["script"],
        "notes": list(NAMES.values()),
        "figures_of": every,
        "holdout_reason": every,
        "fallbacks": [{"method": NAMES["tag"], "reason": NAMES["image"]}],
        "settings": {NAMES["tag"]: NAMES["svg"]},
        "given": [NAMES["anchor"]],
        "balance": {"column": NAMES["tag"], "rows": [{"value": NAMES["script"], "rows": 3}]},
        "method_label": NAMES["tag"],
        "method_asked": NAMES["tag"],
        "chosen_because": NAMES["script"],
        "versions": {NAMES["tag"]: NAMES["script"]},
    }


@pytest.fixture(scope="module")
def page(run: RunResult, facts: dict[str, Any]) -> Page:
    real = SHOP.parse(shop())
    evaluation = evaluate(real, run.synthetic, SHOP)
    drawn = compare_table(real, run.synthetic, SHOP).values()
    return parsed(report.html(evaluation, facts=facts, target=NAMES["image"], comparisons=drawn))


def test_only_elements_and_attributes_of_ours_stand_in_it(page: Page) -> None:
    assert page.elements <= ELEMENTS
    assert {name for _, name, _ in page.attributes} <= ATTRIBUTES


def test_nothing_is_loaded_and_no_script_may_run(page: Page) -> None:
    policy = [value for tag, name, value in page.attributes if (tag, name) == ("meta", "content")]
    assert "default-src 'none'; style-src 'unsafe-inline'" in policy
    styles = [value for _, name, value in page.attributes if name == "style"]
    assert styles
    assert not [value for value in styles if "url(" in value or "zq" in value]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_every_name_stands_in_it_as_it_is(page: Page, name: str) -> None:
    words = "".join(page.words)
    assert name in words


def test_the_parser_would_see_what_got_through() -> None:
    page = parsed("<html><body><p><img src=x onerror=zqc()></img><script>zqb()</script></p></body></html>")
    assert {"img", "script"} <= page.elements - ELEMENTS
    assert "onerror" in {name for _, name, _ in page.attributes} - ATTRIBUTES
