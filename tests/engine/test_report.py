"""The HTML report: complete, escaped, and in need of nothing else."""

from __future__ import annotations

from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest

from engine.evaluation import report
from engine.evaluation.base import Goal, MetricInfo, MetricResult, Part

EVIL = '<script>alert("x")</script>&amp; | …'


def info(goal: Goal = Goal.MAXIMIZE, **changes: Any) -> MetricInfo:
    facts = {
        "key": "shapes",
        "label": "Column shapes",
        "group": "fidelity",
        "meaning": "How alike.",
        "source": "A paper.",
    }
    return MetricInfo(**{**facts, "goal": goal, "low": 0.0, "high": 1.0, **changes})


def page(*results: MetricResult, **more: Any) -> str:
    return report.html(SimpleNamespace(results=results), **more)  # type: ignore[arg-type]


class Balanced(HTMLParser):
    """Checks that every tag is closed in order, and keeps text and attributes."""

    VOID = frozenset({"meta", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str) -> Balanced:
    parser = Balanced()
    parser.feed(text)
    parser.close()
    assert not parser.open
    return parser


@pytest.fixture
def result() -> MetricResult:
    parts = (Part(("age",), 0.9, "KS complement", 0.99), Part((EVIL,), 0.4), Part(("age", "fee"), 0.7))
    return MetricResult(info(), 0.93, "Alike.", (0.91, 0.95), 0.98, parts=parts)


def test_figures_stand_beside_their_reference(result: MetricResult) -> None:
    text = parsed(page(result)).text
    for expected in ("Column shapes", "0.9300", "0.9100 to 0.9500", "0.9800", "Alike.", "KS complement", "A paper."):
        assert expected in text


def test_everything_from_a_table_is_escaped(result: MetricResult) -> None:
    facts = {
        "table": EVIL,
        "notes": [EVIL],
        "fallbacks": [{"method": EVIL, "reason": EVIL}],
        "given": [EVIL],
        "settings": {EVIL: EVIL},
        "figures_of": EVIL,
        "method_label": EVIL,
    }
    found = parsed(page(result, facts=facts, target=EVIL))
    assert "script" not in found.tags
    assert found.text.count(EVIL) >= 9


def test_nothing_is_fetched(result: MetricResult) -> None:
    text = page(result)
    assert "default-src 'none'" in text
    assert not {"script", "link", "img", "iframe"} & parsed(text).tags
    assert "http" not in text.replace("http-equiv", "")
    assert "url(" not in text


def test_light_and_dark() -> None:
    assert "prefers-color-scheme: dark" in page()


def test_what_cannot_be_measured_says_why() -> None:
    reason = MetricResult(
        info(), None, "", not_applicable="because <nothing> is numeric", reference_reason="No holdout."
    )
    text = parsed(page(reason)).text
    assert "Not applicable: because <nothing> is numeric" in text
    assert "No holdout." in text


def test_the_worst_comes_first() -> None:
    parts = [Part((name,), value) for name, value in [("a", 0.2), ("b", 0.9), ("c", 0.5)]]
    order = {goal: [p.columns[0] for p in report.worst_first(info(goal, target=0.5), parts)] for goal in Goal}
    assert order[Goal.MAXIMIZE] == ["a", "c", "b"]
    assert order[Goal.MINIMIZE] == ["b", "c", "a"]
    assert order[Goal.TARGET] == ["b", "a", "c"]


def test_many_pairs_are_cut_and_the_page_says_so() -> None:
    parts = tuple(Part((f"c{i}", f"d{i}"), i / 100) for i in range(report.PAIRS + 7))
    text = parsed(page(MetricResult(info(), 0.5, "", parts=parts))).text
    assert f"The {report.PAIRS} worst of {report.PAIRS + 7} pairs" in text
    assert "c0 × d0" in text
    assert f"c{report.PAIRS} × d{report.PAIRS}" not in text


def test_the_target_leads(result: MetricResult) -> None:
    text = parsed(page(result, target="age")).text
    lead = text[text.index("Target “age”") : text.index("All figures")]
    assert "age × fee" in lead
    assert EVIL not in lead


@pytest.mark.parametrize(("value", "share"), [(0.5, "50.0%"), (-3.0, "0.0%"), (7.0, "100.0%")])
def test_bars_stay_inside_their_range(value: float, share: str) -> None:
    styles = [v for k, v in parsed(page(MetricResult(info(), value, ""))).attributes if k == "style"]
    assert styles == [f"--v:{share}"]


def test_an_endless_range_has_an_empty_bar() -> None:
    styles = [v for k, v in parsed(page(MetricResult(info(high=float("inf")), 3.0, ""))).attributes if k == "style"]
    assert styles == ["--v:0.0%"]


def test_the_run_can_be_repeated_from_the_page(result: MetricResult) -> None:
    facts = {
        "method_label": "Forest",
        "method_asked": "auto",
        "chosen_because": "Enough rows.",
        "settings": {"trees": 5},
        "seed": 0,
        "versions": {"pandas": "3.1"},
        "rows": {"real": 32561},
        "peak_memory_bytes": 250_000_000,
    }
    text = parsed(page(result, facts=facts)).text
    for expected in ("Forest (asked for: auto). Enough rows.", "trees 5", "pandas 3.1", "real 32,561", "250 MB"):
        assert expected in text
