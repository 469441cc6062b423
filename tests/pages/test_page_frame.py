"""The frame: starting over, the line of steps, the guide, texts, and what the first paint loads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.charts import theme
from engine.errors import JobError
from engine.evaluation.registry import METRICS
from engine.generators import registry
from pages.ui import cached, datasets, state, words
from pages.ui.chapters import CHAPTERS, find
from pages.ui.datasets import Dataset
from tests.pages.conftest import APP, text

Open = Callable[..., AppTest]

# Streamlit itself brings numpy, and Plotly where it is installed.
HEAVY = ("pandas", "altair", "faker", "scipy", "sklearn", "lightgbm", "numba", "torch", "tensorflow", "duckdb")


def test_the_first_paint_loads_nothing_heavy() -> None:
    code = (
        "import json, sys\n"
        "from unittest import mock\n"
        "from streamlit.testing.v1 import AppTest\n"
        "with mock.patch('pages.ui.cached.warm_up', lambda: None):\n"
        f"    app = AppTest.from_file({str(APP)!r}, default_timeout=60).run()\n"
        "assert not app.exception and len(app.file_uploader) == 1\n"
        f"print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=APP.parent)
    assert json.loads(done.stdout.splitlines()[-1]) == []


def test_starting_over_removes_table_and_runs(
    open_app: Open, table: Dataset, finished: Callable[..., str], home: Path
) -> None:
    run = finished()
    app = open_app(table, run, page="compare")
    app.button(key="start-over").click().run()
    assert not app.exception
    assert len(app.file_uploader) == 1
    assert "data" not in app.query_params
    assert datasets.find(table.id) is None
    with pytest.raises(JobError):
        cached.jobs().status(run)
    assert list((home / "datasets").iterdir()) == []


def test_steps_open_as_far_as_the_way_goes(open_app: Open, table: Dataset, finished: Callable[..., str]) -> None:
    def steps(app: AppTest) -> tuple[list[str], list[str]]:
        line = app.container(key="steps")
        links = [link.proto.label.strip("*") for link in line.get("page_link")]
        return links, [caption.value.split()[-1] for caption in line.caption]

    assert steps(open_app()) == (["Upload"], ["Configure", "Train", "Compare"])
    assert steps(open_app(table)) == (["Upload", "Configure", "Train"], ["Compare"])
    assert steps(open_app(table, finished())) == (["Upload", "Configure", "Train", "Compare"], [])


def test_the_guide_is_read_a_chapter_at_a_time(open_app: Open) -> None:
    app = open_app(page="guide")
    assert not app.exception
    assert app.header[0].value == "First steps"
    for key, chapter in CHAPTERS.items():
        app.pills(key=state.CHAPTER).set_value(key).run()
        assert not app.exception
        assert app.header[0].value == chapter.title
        assert all(section.text.strip() in text(app) for section in chapter.sections())


def test_the_guide_knows_every_method_and_figure() -> None:
    methods, figures = CHAPTERS["methods"].sections(), CHAPTERS["figures"].sections()
    assert [s.title for s in methods] == ["", *(i.label for i in registry.infos())]
    assert [s.title for s in figures] == ["", *(m.info.label for m in METRICS.values())]
    assert all(i.holds in s.text for i, s in zip(registry.infos(), methods[1:], strict=True))


def test_words_are_found_in_the_guide(open_app: Open) -> None:
    app = open_app(page="guide")
    app.text_input(key="guide-find").set_value("harbor safe").run()
    assert [e.label for e in app.expander] == ["Privacy and law: HIPAA"]
    assert "Expert Determination" in app.expander[0].markdown[0].value
    app.text_input(key="guide-find").set_value("passport xylophone").run()
    assert not app.expander
    assert "Nothing in the guide" in app.info[0].value
    assert find("gaussian copula")[0][1].title == "Gaussian copula"
    assert find("  ") == []


def test_the_guide_claims_no_privacy() -> None:
    said = "\n".join(section.text for chapter in CHAPTERS.values() for section in chapter.sections()).lower()
    for word in ("guarantee", "compliant", "impossible", "100%", "fully anonymous", "safe to share"):
        assert word not in said
    assert "not anonymous by itself" in said
    assert "no legal advice" in said
    assert "reasonably likely" in said


def test_unused_tables_are_cleared_away(
    home: Path, table: Dataset, open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(datasets.KEEP_HOURS, "0")
    app = open_app()
    app.button(key="sample-penguins").click().run()
    assert datasets.find(table.id) is None
    assert app.title[0].value == "penguins"


@pytest.mark.parametrize(
    ("value", "told"), [(1.0, "100.0%"), (0.99996, "> 99.9%"), (0.0, "0.0%"), (0.0001, "< 0.1%"), (0.5, "50.0%")]
)
def test_shares_are_never_rounded_to_what_they_are_not(value: float, told: str) -> None:
    assert words.share(value) == told


def test_shares_are_spelled_alike_in_words_charts_and_tables() -> None:
    for value in (0.0, 0.0123, 0.5, 0.968, 1.0):
        assert words.share(value) == theme.percent(value) == f"{value:.1%}"


@pytest.mark.parametrize("name", ["**bold**", "[x](y)", "![x](http://y)", ":red[x]", "$a$ b", "<b>", "a\n# b", "`c`"])
def test_plain_text_has_no_effect_in_markdown(name: str) -> None:
    shown = words.plain(name).replace("\u2060", "")  # of no width
    assert shown.replace("\\", "") == " ".join(name.split())
    assert all(mark.isalnum() or mark in " \\" or shown[place - 1] == "\\" for place, mark in enumerate(shown))


@pytest.mark.parametrize("name", ["http://x.y", "see www.x.org", "a@b.org"])
def test_plain_text_holds_no_link(name: str) -> None:
    """Markdown finds addresses by their letters, whatever is escaped; a mark of no width keeps it away."""
    shown = words.plain(name).replace("\\", "")
    assert shown.replace("\u2060", "") == name
    assert not re.search(r"://\w|www\.|\w@", shown)


def test_names_written_from_the_right_leave_the_numbers_beside_them_alone() -> None:
    assert words.plain("שם") == "\u2068שם\u2069"
    assert words.plain("name") == "name"


@pytest.mark.parametrize(
    ("value", "told"),
    [(0.4, "less than a second"), (1, "1 second"), (89, "89 seconds"), (100, "2 minutes"), (7200, "2.0 hours")],
)
def test_times_are_as_exact_as_people_want(value: float, told: str) -> None:
    assert words.seconds(value) == told
