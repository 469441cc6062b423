"""Upload: choosing a table, what is told about it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine import samples
from engine.table.schema import Kind
from pages.ui import cached, datasets
from pages.ui.datasets import Dataset
from tests.engine.tables import club
from tests.pages.conftest import csv, text

Open = Callable[..., AppTest]


def upload(app: AppTest, content: bytes, name: str) -> AppTest:
    app.file_uploader[0].upload(name, content)
    return app.run()


def test_a_first_visitor_sees_where_to_drop_a_file_and_every_sample(open_app: Open) -> None:
    app = open_app()
    assert not app.exception
    assert len(app.file_uploader) == 1
    for sample in samples.SAMPLES:
        assert app.button(key=f"sample-{sample.key}")
    assert not app.dataframe


def test_a_sample_takes_one_click(open_app: Open) -> None:
    app = open_app()
    app.button(key="sample-penguins").click().run()
    assert not app.exception
    assert app.title[0].value == "penguins"
    assert "344 rows, 8 columns" in text(app)
    assert len(app.dataframe[0].value) == 344
    assert datasets.find(app.query_params["data"]) is not None


@pytest.mark.parametrize("sample", [s.key for s in samples.SAMPLES])
def test_samples_are_as_their_cards_say(open_app: Open, sample: str) -> None:
    app = open_app()
    app.button(key=f"sample-{sample}").click().run()
    known = samples.get(sample)
    assert f"{known.rows:,} rows, {known.columns} columns" in text(app)
    assert not app.error
    table = datasets.find(app.query_params["data"])
    assert table is not None
    schema = cached.schema(table)
    assert ("dates" in known.has) == any(column.kind is Kind.DATETIME for column in schema)
    assert ("gaps" in known.has) == (sum(c.missing for c in cached.profile(table, schema).columns) > 100)


def test_an_upload_is_kept_under_an_id_in_the_address(open_app: Open) -> None:
    app = upload(open_app(), csv(club()), "Our members.csv")
    assert not app.exception
    assert app.title[0].value == "Our members"
    again = open_app(datasets.find(app.query_params["data"]))
    assert again.title[0].value == "Our members"
    assert again.dataframe[0].value.equals(app.dataframe[0].value)


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        (b"", "empty.csv", "empty"),
        (b"%PDF-1.7 not a table", "table.csv", "PDF"),
        (b"\x80\x04\x95\x00\x00", "frame.csv", "pickle"),
        (bytes(range(256)) * 40, "binary.csv", ""),
    ],
)
def test_what_is_no_table_ends_in_a_sentence_and_leaves_nothing(
    open_app: Open, home: Path, content: bytes, name: str, told: str
) -> None:
    app = upload(open_app(), content, name)
    assert not app.exception
    assert len(app.error) == 1
    assert told in app.error[0].value
    assert list((home / "datasets").iterdir()) == []
    assert "data" not in app.query_params


def test_after_a_bad_file_a_good_one_is_taken(open_app: Open) -> None:
    app = upload(open_app(), b"", "empty.csv")
    app.file_uploader[0].clear()
    app = upload(app, csv(club()), "club.csv")
    assert not app.error
    assert app.title[0].value == "club"


def test_a_limit_names_its_setting(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABULAR_TWIN_MAX_CELLS", "100")
    app = upload(open_app(), csv(club()), "club.csv")
    assert "MAX\\_CELLS" in app.error[0].value


def test_what_the_reader_mended_is_listed(open_app: Open) -> None:
    app = upload(open_app(), b"a;b\n1;2\n3;4;5\n6;7\n8\n", "ragged.csv")
    assert "finding" in app.expander(key="findings").label
    assert "Line 3:" in app.expander(key="findings").markdown[0].value


def test_columns_have_a_profile_each(open_app: Open, table: Dataset) -> None:
    app = open_app(table)
    app.segmented_control(key="portrait").set_value("Columns").run()
    assert not app.exception
    for name in ("age", "fee", "city", "active", "joined", "country"):
        assert f"**{name}**" in text(app)
    assert len(app.get("vega_lite_chart")) >= 5


def test_ranges_have_no_digits_that_mean_nothing(open_app: Open) -> None:
    numbers = pd.DataFrame({"x": [-2.7639419750220484, 0.1, 2.642557917436817] * 10, "year": [1990, 2000, 2020] * 10})
    app = open_app(datasets.add(csv(numbers), "numbers.csv"))
    app.segmented_control(key="portrait").set_value("Columns").run()
    assert "-2.76394 to 2.64256" in text(app).replace("\\", "")
    assert "1990 to 2020" in text(app)


def test_many_columns_come_in_pages(open_app: Open) -> None:
    wide = pd.DataFrame({f"c{i}": range(30) for i in range(40)})
    app = open_app(datasets.add(csv(wide), "wide.csv"))
    app.segmented_control(key="portrait").set_value("Columns").run()
    assert "**c0**" in text(app)
    assert "**c39**" not in text(app)
    app.get_by_key("profile-page").set_value(4).run()
    assert "**c39**" in text(app)


def test_many_columns_are_found_by_name_kind_and_gaps(open_app: Open) -> None:
    wide = pd.DataFrame({f"c{i}": range(30) for i in range(20)} | {"town": ["Bern", None, "Basel"] * 10})
    app = open_app(datasets.add(csv(wide), "wide.csv"))
    app.segmented_control(key="portrait").set_value("Columns").run()
    app.get_by_key("profile-page").set_value(2).run()
    app.text_input(key="profile-name").set_value("C1").run()
    assert "11 columns of 21" in text(app)
    assert "**c19**" in text(app)
    app.selectbox(key="profile-kind").set_value("categorical").run()
    assert "No column is like that" in app.info[0].value
    app.text_input(key="profile-name").set_value("").run()
    assert "1 column of 21" in text(app)
    assert "**town**" in text(app)
    app.selectbox(key="profile-kind").set_value(None).run()
    app.selectbox(key="profile-odd").set_value("With missing cells").run()
    assert "1 column of 21" in text(app)


def test_a_value_is_found_beyond_the_rows_shown(open_app: Open) -> None:
    long = pd.DataFrame({"n": range(3_000), "who": ["nobody"] * 2_900 + ["Ada [x](y)"] + ["nobody"] * 99})
    app = open_app(datasets.add(csv(long), "long.csv"))
    assert len(app.dataframe[0].value) == 500
    app.text_input(key="find").set_value("ada [").run()
    assert list(app.dataframe[0].value.index) == [2_901]
    assert "1 row of 3,000 with it" in text(app)
    app.text_input(key="find").set_value("nobody").run()
    assert len(app.dataframe[0].value) == 500
    assert "The first 500 rows" in text(app)
    app.text_input(key="find").set_value("[x](z)").run()
    assert not app.dataframe
    assert "None of the 3,000 rows" in app.info[0].value
    assert "[x](z)" not in app.info[0].value


def test_names_from_a_table_have_no_effect_on_the_page(open_app: Open) -> None:
    evil = pd.DataFrame({"**bold** ![x](http://x.example/y.png) <b>": ["a", "b"] * 20, ":red[x]": range(40)})
    app = open_app(datasets.add(csv(evil), "![x](http://x.example).csv"))
    app.segmented_control(key="portrait").set_value("Columns").run()
    assert not app.exception
    assert "![x](" not in text(app)
    assert ":red[" not in text(app)


def test_another_table_may_be_chosen(open_app: Open, table: Dataset) -> None:
    app = open_app(table)
    app.button(key="another").click().run()
    assert len(app.file_uploader) == 1
    assert "data" not in app.query_params


def test_an_id_that_is_not_known_shows_the_beginning(open_app: Open) -> None:
    app = AppTest.from_file(str(Path(__file__).resolve().parents[2] / "streamlit_app.py"), default_timeout=60)
    app.query_params["data"] = "../../../etc/passwd-and-more-characters"
    app.run()
    assert not app.exception
    assert len(app.file_uploader) == 1


def test_a_file_can_be_read_differently(open_app: Open) -> None:
    table = datasets.add(b"1;a\n2;b\n3;c\n4;d\n", "rows.csv")
    app = open_app(table)
    before = len(app.dataframe[0].value)
    app.selectbox(key="read-header").set_value("1 line" if before == 4 else "no names")
    app.button(key="reread-go").click().run()
    assert not app.exception
    assert not app.error
    assert len(app.dataframe[0].value) == (3 if before == 4 else 4)
    again = open_app(table)
    assert len(again.dataframe[0].value) == len(app.dataframe[0].value)


def test_reading_that_fails_changes_nothing(open_app: Open) -> None:
    table = datasets.add("name,city\nJürgen,Köln\nZoë,Nîmes\n".encode("latin-1") * 5, "names.csv")
    app = open_app(table)
    before = app.dataframe[0].value
    app.selectbox(key="read-encoding").set_value("UTF-16")
    app.button(key="reread-go").click().run()
    assert not app.exception
    assert app.error
    assert app.dataframe[0].value.equals(before)


def test_another_sheet_of_a_workbook_can_be_read(open_app: Open, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "book.xlsx", engine="xlsxwriter") as book:
        pd.DataFrame({"a": range(5)}).to_excel(book, sheet_name="First", index=False)
        pd.DataFrame({"b": range(7)}).to_excel(book, sheet_name="Second", index=False)
    app = open_app(datasets.add((tmp_path / "book.xlsx").read_bytes(), "book.xlsx"))
    assert list(app.dataframe[0].value.columns) == ["a"]
    app.text_input(key="read-sheet").set_value("Second")
    app.button(key="reread-go").click().run()
    assert not app.exception
    assert app.dataframe[0].value.shape == (7, 1)
    assert list(app.dataframe[0].value.columns) == ["b"]
    app.text_input(key="read-sheet").set_value("Third")
    app.button(key="reread-go").click().run()
    assert "Third" in app.error[0].value
    assert app.dataframe[0].value.shape == (7, 1)


def test_infinite_numbers_are_told_at_once_and_stand_in_the_way_until_left_out(open_app: Open) -> None:
    frame = club().assign(level=1.5)
    frame.loc[range(3, len(frame)), "level"] = [n / 8 for n in range(len(frame) - 3)]
    frame.loc[1, "level"] = float("inf")
    dataset = cached.take(frame.to_parquet(), "levels.parquet")
    app = open_app(dataset)
    assert "1 infinite number (row 2)" in "".join(box.value for box in app.warning).replace("\\", "")
    app = open_app(dataset, page="configure")
    assert app.button(key="next").disabled
    assert "infinite number" in text(app)
    schema = cached.chosen_schema(dataset)
    columns = tuple(replace(column, selected=column.name != "level") for column in schema)
    dataset.save_schema(replace(schema, columns=columns))
    app = open_app(dataset, page="configure")
    assert not app.button(key="next").disabled


def test_infinite_numbers_of_a_json_file_are_told_once(open_app: Open) -> None:
    app = open_app(cached.take(b'[{"a": 1.5, "b": 1}, {"a": Infinity, "b": 2}, {"a": 2.5, "b": 3}]', "levels.json"))
    assert ["infinite" in box.value for box in app.warning] == [True]


def test_cards_of_times_of_day_and_of_names_that_go_on_and_on(open_app: Open) -> None:
    """Times stand without the date that stands for none; a name is cut, and whole in its help."""
    name = "and so on " * 40
    rows = "".join(f"{hour:02d}:{hour * 7 % 60:02d},{hour}\n" for hour in range(24))
    app = open_app(cached.take(f"at,{name}\n{rows}".encode(), "times.csv"))
    app.segmented_control(key="portrait").set_value("Columns").run()
    assert not app.exception
    assert any("00:00:00 to 23:41:00" in caption.value.replace("\\", "") for caption in app.caption)
    assert not any("1970" in caption.value for caption in app.caption)
    card = next(one for one in app.markdown if "and so on" in one.value)
    assert len(card.value) < 100
    assert name.strip() in card.help
