"""Columns that are made anew: the form of the real ones, and none of their values."""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError, ModelError, SchemaError
from engine.fakers import Fakers, people, spaces
from engine.fakers.fakers import persons
from engine.fakers.occurrence import Occurrence
from engine.fakers.pools import OTHERS, template, without, words
from engine.generators import bundle
from engine.table.schema import Column, Kind, Schema
from tests.engine.tables import CLUB, club


def fitted(values: list[str | None], kind: Kind = Kind.IDENTIFIER, **how: Any) -> Fakers:
    schema = Schema((Column("c", kind, **how),))
    return Fakers(schema).fit(pd.DataFrame({"c": pd.Series(values, dtype="str")}))


def made(values: list[str | None], n: int, kind: Kind = Kind.IDENTIFIER, seed: int = 0, **how: Any) -> pd.Series:
    return fitted(values, kind, **how).make(n, seed)["c"]


def uuids(rows: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [str(uuid.UUID(bytes=rng.bytes(16), version=4)) for _ in range(rows)]


REAL = {
    "digits": [f"{i:05d}" for i in range(0, 600, 3)],
    "counter": [str(i) for i in range(1, 401)],
    "counter with prefix": [f"CUST-{i:06d}" for i in range(1, 301)],
    "numbers of one width": [str(i) for i in np.random.default_rng(0).choice(9_000_000, 300, replace=False) + 10**6],
    "two forms": [f"{'AB'[i % 2]}/{i:04d}" if i % 3 else f"PC {i:05d}" for i in range(300)],
    "letters": [f"{a}{b}-{c}x" for a in "ABCDEFGH" for b in "QRSTUVW" for c in "efghi"],
    "uuid": uuids(200),
    "other script": [f"Ж{i:03d}é" for i in range(100)],
    "few": ["K-17", "K-23", "K-99"],
}


class TestKeys:
    @pytest.mark.parametrize("name", REAL)
    def test_new_keys_are_unique_and_none_is_real(self, name: str) -> None:
        real = REAL[name]
        for n in (0, 1, len(real), 3 * len(real)):
            keys = made(list(real), n)
            assert len(keys) == n
            assert keys.is_unique
            assert not keys.isna().any()
            assert not set(keys) & set(real)

    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("digits", r"\d{5}"),
            ("counter with prefix", r"CUST-\d{6}"),
            ("numbers of one width", r"[1-9]\d{6}"),
            ("two forms", r"[AB]/\d{4}|PC \d{5}"),
            ("letters", r"[A-Z]{2}-[a-z]x"),
            ("uuid", r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"),
            ("few", r"[A-Z]-\d{2}"),
        ],
    )
    def test_the_form_is_kept(self, name: str, form: str) -> None:
        real = REAL[name]
        for key in made(list(real), len(real)):
            assert re.fullmatch(form, key), key

    def test_the_schemas_pattern_limits_what_few_keys_leave_open(self) -> None:
        keys = made(["AB-0001", "CD-0301", "EF-0502"], 200, pattern="AA-9999")
        assert keys.str.fullmatch(r"[A-Z]{2}-[0-9]{4}").all()

    def test_a_pattern_that_the_person_chose_is_followed(self) -> None:
        keys = made(["1", "2", "3"], 100, pattern="X-a9*", chosen=True)
        assert keys.str.fullmatch(r"X-[a-z][0-9][0-9A-Za-z]").all()

    def test_shares_of_forms(self) -> None:
        keys = made(REAL["two forms"], 3_000)
        assert keys.str.startswith("PC").mean() == pytest.approx(1 / 3, abs=0.05)

    def test_a_full_pattern_gives_longer_keys(self) -> None:
        real = [f"{i:02d}" for i in range(100)]
        keys = made(real, 150)
        assert keys.is_unique
        assert keys.str.fullmatch(r"\d{3,}").all()

    def test_a_key_of_its_own_form_gives_no_longer_keys(self) -> None:
        real = [f"AB-{i:04d}-X" for i in range(50)] + ["#"]
        assert made(real, 500).str.len().max() <= 9

    def test_a_form_without_room_leaves_its_share_to_another(self) -> None:
        """Four of ten digits are real: new ones among them would tell which."""
        keys = made(["2", "0", "1", "3", "c1"], 5)
        assert keys.is_unique
        assert keys.str.fullmatch(r"[a-z]\d").all()

    def test_a_rare_form_is_not_made_a_common_one(self) -> None:
        keys = made([*(f"{i:02d}" for i in range(100)), "QXZKWPLM"], 1_000)
        assert (keys.str.len() == 8).mean() < 0.15
        assert keys.is_unique

    def test_counters_count_on_in_rows(self) -> None:
        numbers = made(REAL["counter"], 50).astype(int)
        assert (numbers.diff().dropna() == 1).all()

    def test_keys_fit_the_type_of_the_file(self) -> None:
        real = [str(i) for i in range(-0, 120)]
        with pytest.raises(DataError, match="not enough free numbers"):
            made(real, 100, storage="int8")
        assert made(real, 100, storage="int16").astype(int).max() < 2**15

    def test_missing_keys(self) -> None:
        keys = made([None if i % 4 == 0 else f"K{i:05d}" for i in range(400)], 1_000)
        assert keys.isna().mean() == pytest.approx(0.25, abs=0.01)
        assert keys.dropna().is_unique

    def test_an_empty_column_stays_empty(self) -> None:
        assert made([None] * 5, 7).isna().all()

    def test_keys_that_come_back_come_back_as_often(self) -> None:
        real = [f"C{i:04d}" for i in range(300) for _ in range(1 + i % 3)]
        counts = made(real, 600).value_counts()
        assert counts.mean() == pytest.approx(2, abs=0.25)
        assert counts.max() == 3

    @settings(max_examples=60, deadline=None)
    @given(st.sets(st.from_regex(r"[A-C]{1,2}[-/]?[0-9]{1,4}", fullmatch=True), min_size=1, max_size=60))
    def test_never_a_real_key(self, real: set[str]) -> None:
        keys = made(sorted(real), 80, seed=3)
        assert keys.is_unique
        assert not set(keys) & real


class TestSpaces:
    @settings(max_examples=200, deadline=None)
    @given(st.integers(1, 10**6), st.data())
    def test_free_runs_hold_no_real_number_and_hide_where_they_are(self, size: int, data: st.DataObject) -> None:
        real = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=50)), dtype=np.int64)
        runs = spaces.free_runs(size, real)
        for start, end in runs.tolist():
            assert 0 <= start < end <= size
            assert not ((real >= start) & (real < end)).any()
        room = int((runs[:, 1] - runs[:, 0]).sum())
        assert room == 0 or size - room >= spaces.HIDING * len(np.unique(real))

    def test_a_last_block_that_is_cut_short_hides_less(self) -> None:
        runs = spaces.free_runs(17, np.array([0, 1, 2, 15]))
        assert 17 - (runs[:, 1] - runs[:, 0]).sum() >= spaces.HIDING * 4

    def test_a_space_without_real_values_is_free(self) -> None:
        assert spaces.free_runs(7, np.empty(0, dtype=np.int64)).tolist() == [[0, 7]]

    def test_the_whole_room_can_be_drawn(self) -> None:
        space = spaces.Space((("a", "b"), ("0", "1", "2")), np.array([[0, 2], [3, 6]]))
        assert sorted(space.draw(5, np.random.default_rng(0))) == ["a0", "a1", "b0", "b1", "b2"]
        with pytest.raises(ValueError, match="room for 5"):
            space.draw(6, np.random.default_rng(0))


def test_decoys_are_left_out_beside_the_real_values() -> None:
    fakes = [f"word{i}" for i in range(1_000)]
    kept = without(fakes, {"word3", "word500"})
    assert not {"word3", "word500"} & set(kept)
    assert 700 < len(kept) < 900
    assert set(kept) != set(without(fakes, {"word3", "word501"})) | {"word500"}


@given(st.text("ab 0123456789-", max_size=20))
def test_filling_a_templates_holes_keeps_the_template(value: str) -> None:
    hollow = template(value)
    filled = re.sub("\ue000", "7", hollow)
    assert template(filled) == hollow
    assert len(hollow) == len(value)


NAMES = ["Anna Smith", "John Brown", "Mary Jones", "Peter Miller"] * 30


class TestPersonal:
    def test_name_and_address_of_a_row_belong_together(self) -> None:
        schema = Schema(
            (
                Column("who", Kind.PERSONAL, provider="name"),
                Column("first", Kind.PERSONAL, provider="first_name"),
                Column("mail", Kind.PERSONAL, provider="email"),
            )
        )
        real = pd.DataFrame(
            {
                "who": [f"Anna Smith{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(300)],
                "first": "Anna",
                "mail": [f"a{i}@firm.nl" for i in range(300)],
            },
            dtype="str",
        )
        table = Fakers(schema).fit(real).make(500, 1)
        assert table["mail"].is_unique
        for who, first, mail in table.itertuples(index=False):
            assert who.startswith(f"{first} ")
            assert mail.split("@")[0].startswith(who.lower().replace(" ", "."))

    def test_a_second_name_is_another_person(self) -> None:
        columns = [
            Column(name, Kind.PERSONAL, provider=provider)
            for name, provider in (("a", "name"), ("b", "email"), ("c", "name"), ("d", "phone_number"), ("e", "email"))
        ]
        assert [[c.name for c in group] for group in persons(tuple(columns))] == [["a", "b"], ["c", "e"]]

    def test_a_name_of_the_lists_that_is_real_is_not_made(self) -> None:
        probe = made(NAMES, 3_000, Kind.PERSONAL, provider="name")
        real = probe.drop_duplicates().tolist()
        again = made(real, 3_000, Kind.PERSONAL, provider="name")
        assert not set(again) & set(real)

    @pytest.mark.parametrize(
        "provider", ["first_name", "user_name", "email", "phone_number", "address", "city", "country", "iban", "job"]
    )
    def test_feeding_fakes_as_real_values_never_returns_one(self, provider: str) -> None:
        real = made(NAMES, 400, Kind.PERSONAL, provider=provider).tolist()
        fakes = made(real, 400, Kind.PERSONAL, provider=provider, seed=1)
        assert not {v.casefold() for v in fakes} & {v.casefold() for v in real}

    @pytest.mark.parametrize("locale", ["de_DE", "nl_NL", "ja_JP", "zh_CN", "ru_RU", "fr_FR"])
    def test_locales(self, locale: str) -> None:
        real = [f"p{i}" for i in range(200)]
        for provider in ("name", "email"):
            values = made(real, 200, Kind.PERSONAL, provider=provider, locale=locale)
            assert values.is_unique
        assert values.str.fullmatch(r"[a-z]+\d*\.[a-z]+\d*@example\.(com|org|net)").all()

    @pytest.mark.parametrize("provider", OTHERS)
    def test_every_provider_also_where_a_locale_lacks_it(self, provider: str) -> None:
        values = made(["x", "y", "z"] * 9, 30, Kind.PERSONAL, provider=provider, locale="ja_JP")
        assert values.nunique() == 3
        assert values.str.len().min() > 0

    def test_more_names_than_the_lists_hold(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nearly every pair of listed names is real: double names take their place."""
        monkeypatch.setattr(people, "_MANY_WORDS", 70)
        first, last = (words("en_US", provider, 70) for provider in ("first_name", "last_name"))
        real = [f"{a} {b}" for a in first for b in last[:60]]
        names = made(real, 1_000, Kind.PERSONAL, provider="name")
        assert not set(names) & set(real)
        assert names.str.contains("-").all()

    def test_a_list_of_which_all_is_real(self) -> None:
        assert without(["only"], {"only", "only-only"}) == ["only 2"]

    def test_last_name_first(self) -> None:
        names = made([f"Smith{i}, Anna" for i in range(50)], 50, Kind.PERSONAL, provider="name")
        assert names.str.contains(", ").all()

    @pytest.mark.parametrize("provider", ["name", "first_name", "city", "company", "street_address", "email"])
    def test_capitals_and_small_letters_stay(self, provider: str) -> None:
        real = [f"Anna Smith{chr(97 + i % 26)} {i}" for i in range(60)]
        assert made([v.upper() for v in real], 60, Kind.PERSONAL, provider=provider).str.isupper().all()
        assert made([v.lower() for v in real], 60, Kind.PERSONAL, provider=provider).str.islower().all()
        mixed = made(list(real), 60, Kind.PERSONAL, provider=provider)
        assert provider == "email" or not (mixed.str.isupper() | mixed.str.islower()).any()

    def test_codes_are_written_as_the_real_ones(self) -> None:
        rng = np.random.default_rng(0)
        phones = [f"+49 {rng.integers(150, 180)} {rng.integers(10**6, 10**7)}" for _ in range(300)]
        values = made(list(phones), 300, Kind.PERSONAL, provider="phone_number")
        assert values.str.fullmatch(r"\+49 1[5-7]\d \d{7}").all()
        assert not set(values) & set(phones)
        digits = [f"4917{rng.integers(10**7, 10**8)}" for _ in range(300)]
        values = made(list(digits), 300, Kind.PERSONAL, provider="phone_number")
        assert values.str.fullmatch(r"4917\d{8}").all()

    def test_codes_written_in_all_ways_come_from_the_locale(self) -> None:
        real = [f"{i}{'-' * (i % 30)}{i * 7919}" for i in range(1, 200)]
        values = made(real, 200, Kind.PERSONAL, provider="phone_number", locale="en_US")
        assert values.str.contains(r"\d{3}").all()
        assert not values.str.contains("---").any()

    def test_many_unique_addresses(self) -> None:
        real = [f"{i} Long Road" for i in range(9_000)]
        for provider in ("address", "phone_number", "email"):
            assert made(real, 9_000, Kind.PERSONAL, provider=provider).is_unique

    def test_missing_values_and_repeats(self) -> None:
        values = made([None, *NAMES[:4]] * 50, 1_000, Kind.PERSONAL, provider="name")
        assert values.isna().mean() == pytest.approx(0.2, abs=0.005)
        assert values.nunique() == 4

    def test_what_cannot_be_made_up_is_said(self) -> None:
        with pytest.raises(SchemaError, match="“passwd” cannot be made up"):
            Fakers(Schema((Column("c", Kind.PERSONAL, provider="passwd"),)))
        with pytest.raises(SchemaError, match="no locale “xx_YY”"):
            fitted(NAMES[:5], Kind.PERSONAL, provider="name", locale="xx_YY")


TEXTS = [
    "The quick brown fox jumps over the lazy dog near the old mill.",
    "A short one.",
    "Nothing to report today, all is well and the weather is fine; we shall write again. Best wishes to all.",
] * 40


class TestText:
    def test_no_real_sentence(self) -> None:
        texts = made([f"{text} {i}" for i, text in enumerate(TEXTS)], 500, Kind.TEXT)
        real = {s.strip() for text in TEXTS for s in text.split(".")}
        assert not {s.strip() for text in texts for s in text.split(".") if s.strip()} & real

    def test_every_sentence_has_a_word_that_no_real_text_has(self) -> None:
        probe = made(TEXTS, 400, Kind.TEXT, text="faker").tolist()
        known = set(re.findall(r"\w+", " ".join(probe).casefold()))
        for text in made(probe, 300, Kind.TEXT, seed=5, text="faker"):
            for sentence in text.rstrip(".").split(". "):
                assert set(re.findall(r"[\w-]+", sentence.casefold())) - known

    def test_lengths_follow_the_real_ones(self) -> None:
        real = [f"{'word ' * (1 + i % 40)}{i}" for i in range(400)]
        texts = made(list(real), 800, Kind.TEXT)
        assert texts.str.len().median() == pytest.approx(pd.Series(real).str.len().median(), rel=0.15)

    def test_unique_stays_unique_and_short_stays_short(self) -> None:
        texts = made([f"note {i}" for i in range(3_000)], 3_000, Kind.TEXT)
        assert texts.is_unique
        assert texts.str.len().median() < 30

    def test_missing_texts(self) -> None:
        texts = made([None, "Words here."] * 100, 100, Kind.TEXT)
        assert texts.isna().sum() == 50


class TestOccurrence:
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from([None, *"abcdefghijklmnop"]), max_size=200), st.integers(0, 300))
    def test_codes_have_no_gaps(self, values: list[str | None], n: int) -> None:
        how = Occurrence.of(pd.Series(values, dtype="str"))
        codes = how.codes(n, np.random.default_rng(0))
        assert len(codes) == n
        present = np.unique(codes[codes >= 0])
        assert present.tolist() == list(range(len(present)))
        assert Occurrence.from_state(json.loads(json.dumps(how.state()))) == how

    def test_shares_of_few_values(self) -> None:
        how = Occurrence.of(pd.Series(["a"] * 80 + ["b"] * 20, dtype="str"))
        shares = np.bincount(how.codes(10_000, np.random.default_rng(0))) / 10_000
        assert sorted(shares) == pytest.approx([0.2, 0.8], abs=0.02)


class TestAll:
    def test_seeds(self) -> None:
        fakers = Fakers(CLUB).fit(club())
        pd.testing.assert_frame_equal(fakers.make(30, 1), fakers.make(30, 1))
        for name in ("member", "e-mail"):
            assert not fakers.make(30, 1)[name].equals(fakers.make(30, 2)[name])

    def test_a_column_does_not_depend_on_the_others(self) -> None:
        alone = Fakers(Schema((CLUB["member"],))).fit(club()).make(40, 5)
        assert alone["member"].tolist() == Fakers(CLUB).fit(club()).make(40, 5)["member"].tolist()

    def test_order_and_types(self) -> None:
        for n in (0, 1, 9):
            table = Fakers(CLUB).fit(club()).make(n, 0)
            assert list(table.columns) == ["member", "e-mail"]
            assert list(table.index) == list(range(n))
            assert {str(dtype) for dtype in table.dtypes} == {"str"}

    def test_a_table_with_nothing_to_make(self) -> None:
        assert Fakers(CLUB.select(["fee"])).fit(club()).make(3, 0).shape == (3, 0)

    @pytest.mark.parametrize("name", REAL)
    def test_the_state_is_json_without_a_real_value(self, name: str) -> None:
        real = REAL[name]
        fakers = fitted(list(real))
        text = json.dumps(fakers.state(), ensure_ascii=False)
        if max(map(len, real)) > 3:  # shorter ones are numbers that count something else
            assert not [key for key in real if re.search(rf"(?<![0-9]){re.escape(key)}(?![0-9])", text)]
        schema = Schema((Column("c", Kind.IDENTIFIER),))
        again = Fakers.from_state(schema, json.loads(text))
        pd.testing.assert_frame_equal(again.make(20, 4), fakers.make(20, 4))

    def test_no_personal_value_is_kept(self) -> None:
        schema = Schema(
            (
                Column("first", Kind.PERSONAL, provider="first_name"),
                Column("phone", Kind.PERSONAL, provider="phone_number"),
                Column("note", Kind.TEXT),
            )
        )
        first, phone = words("en_US", "first_name", 300), words("en_US", "phone_number", 300)
        real = pd.DataFrame({"first": first, "phone": phone, "note": [f"Call {p} back." for p in phone]}, dtype="str")
        text = json.dumps(Fakers(schema).fit(real).state(), ensure_ascii=False)
        kept = set(re.findall(r'"([^"]*)"', text))
        others = set(words("en_US", "last_name", 1_000))  # a list that is there whatever the table holds
        assert not (kept - others) & {*first, *phone, *real["note"]}

    def test_a_tampered_state(self) -> None:
        state = json.loads(json.dumps(Fakers(CLUB).fit(club()).state()))
        good = json.dumps(state)
        assert Fakers.from_state(CLUB, json.loads(good)).make(2, 0).shape == (2, 2)
        changes: list[Any] = [
            lambda s: s.pop("people"),
            lambda s: s["columns"].pop("member"),
            lambda s: s["columns"]["member"].update(kind="os.system"),
            lambda s: s["columns"]["member"]["spaces"][0].update(free=[[-5, 3]]),
            lambda s: s["columns"]["member"]["spaces"][0].update(slots=[]),
            lambda s: s["occurrence"]["member"].update(missing=7),
            lambda s: s["people"][0].update(columns=["age"]),
            lambda s: s["people"][0].update(domains=[]),
            lambda s: s["people"][0]["space"].update(slots=[["a"], ["b"]]),
        ]
        for change in changes:
            state = json.loads(good)
            change(state)
            with pytest.raises(ModelError), bundle.reading():
                Fakers.from_state(CLUB, state)
