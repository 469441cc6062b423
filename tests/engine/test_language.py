"""Made texts in a column's own words: what they keep of the real ones, and what never comes out."""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.errors import ModelError
from engine.fakers import Fakers
from engine.fakers.language import Language
from engine.fakers.language.counting import SHARED
from engine.generators import bundle
from engine.table.schema import Column, Kind, Schema

SCHEMA = Schema((Column("note", Kind.TEXT),))
SUBJECTS = [
    f"{which} {part}"
    for which in ("the", "a new", "this", "every old", "the second")
    for part in ("engine", "valve", "pump", "filter", "belt", "hose", "sensor")
]
VERBS = ["was checked", "leaks again", "needs oil", "runs hot", "stopped", "was replaced", "makes noise"]
PLACES = [
    "in the hall",
    "near the gate",
    "at night",
    "under load",
    "behind the tank",
    "during the test",
    "since Monday",
]
CITIES = ["Bratislava", "Rotterdam", "Gothenburg", "Salzburg", "Antwerp", "Ljubljana", "Krakow", "Tampere"]


def uneven(rng: np.random.Generator, some: list[str]) -> str:
    shares = 1 / np.arange(2, len(some) + 2)
    return str(rng.choice(some, p=shares / shares.sum()))


def reports(rows: int = 900, seed: int = 0) -> list[str]:
    """Reports of one to four sentences, some in two paragraphs, with rare words, a name and numbers now and then."""
    rng = np.random.default_rng(seed)
    texts = []
    for row in range(rows):
        sentences = []
        for _ in range(int(rng.integers(1, 5))):
            words = " ".join(uneven(rng, part) for part in (SUBJECTS, VERBS, PLACES))
            words += rng.choice(["", "", f", {rng.integers(2, 90)} times", f" (part {rng.integers(10**6, 10**7)})"])
            sentences.append(words[:1].upper() + words[1:] + rng.choice([".", ".", ".", "!"]))
        text = " ".join(sentences[:2]) + ("\n\n" if len(sentences) > 2 else "") + " ".join(sentences[2:])
        rare = f"qx{'abcdefghij'[row % 10]}{'klmnopqrst'[row // 10 % 10]}{'uvwxyz'[row // 100 % 6]}zu"
        extra = {
            0: f" Ask Jeremiah about {rare}.",
            1: " Mail j.doe@firm.nl.",
        }
        texts.append(text + extra.get(row % 15, ""))
    return texts


@pytest.fixture(scope="module")
def real() -> list[str]:
    return reports()


@pytest.fixture(scope="module")
def language(real: list[str]) -> Language:
    found = Language.of(pd.Series(real, dtype="str"), None)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def made(language: Language) -> list[str]:
    return list(language.draw(900, np.random.default_rng(1)))


def sentences(texts: list[str]) -> list[str]:
    """Pieces between end marks and line breaks, their words and numbers only, in small letters."""
    pieces = [piece for text in texts for piece in re.split(r"(?<=[.!?])\s+|\n", text)]
    return [folded for piece in pieces if (folded := " ".join(re.findall(r"\w+", piece.casefold())))]


def words(texts: list[str]) -> Counter[str]:
    return Counter(word for text in texts for word in re.findall(r"[^\W\d_]+", text.casefold()))


class TestWhatNeverComesOut:
    def test_real_sentences(self, real: list[str], made: list[str]) -> None:
        known = set(sentences(real))
        assert len(known) > 500
        assert not [sentence for sentence in sentences(made) if sentence in known]

    def test_real_sentences_where_the_chain_knows_hardly_another(self) -> None:
        """The table holds most of what can be said in its words: the rest, or foreign words, must do."""
        few = [f"{s} {v}." for s in ("Anton sings", "the dog barks", "a bird calls") for v in ("now", "here", "loud")]
        texts = [f"{a} {b} {c}" for a in few for b in few for c in few]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        drawn = list(found.draw(400, np.random.default_rng(0)))
        assert len(set(drawn)) == 400
        assert not set(sentences(drawn)) & set(sentences(texts))

    @pytest.mark.parametrize("mark", ["🦊", "?!"])
    def test_real_texts_without_a_word(self, mark: str) -> None:
        texts = [f"{mark} {s} {v}" for s in SUBJECTS for v in VERBS] + [mark]
        found = Language.of(pd.Series([*texts, *(mark * n for n in range(2, 200))], dtype="str"), None)
        assert found is not None
        assert all(re.search(r"[^\W_]", text) for text in found.draw(2_000, np.random.default_rng(0)))

    def test_rare_words(self, real: list[str], made: list[str]) -> None:
        texts = Counter(word for text in real for word in set(words([text])))
        rare = {word for word, many in texts.items() if many < SHARED}
        assert any(word.startswith("qx") for word in rare)
        assert not rare & set(words(made))

    def test_names_that_lists_know(self, real: list[str], made: list[str]) -> None:
        assert sum("Jeremiah" in text for text in real) == 60
        assert not [text for text in made if "jeremiah" in text.casefold()]

    def test_a_name_in_very_many_texts_and_one_that_is_a_word(self) -> None:
        rng = np.random.default_rng(0)
        texts = [f"In Madison we saw {rng.choice(CITIES)}, and hope to see more hope {n}." for n in range(300)]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        assert {"Madison", "hope"} <= set(found.words())

    def test_addresses_and_long_numbers(self, real: list[str], made: list[str]) -> None:
        numbers = re.compile(r"\d{5,}")
        known = {number for text in real for number in numbers.findall(text)}
        drawn = {number for text in made for number in numbers.findall(text)}
        assert drawn
        assert all(len(number) == 7 for number in drawn)
        assert not drawn & known
        assert not [text for text in made if "firm.nl" in text]
        assert [text for text in made if "@example.com" in text]

    def test_phone_numbers(self) -> None:
        rng = np.random.default_rng(0)
        phones = [f"+31 6 {rng.integers(1000, 9999)} {rng.integers(1000, 9999)}" for _ in range(300)]
        texts = [f"Please call {phone} before noon." for phone in phones]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        drawn = [text for text in found.draw(300, np.random.default_rng(1)) if "+" in text]
        assert len(drawn) > 250
        assert all(re.search(r"\+\d\d \d \d{4} \d{4}", text) for text in drawn)
        assert not [phone for phone in phones if any(phone in text for text in drawn)]


class TestWhatIsKept:
    def test_templates(self) -> None:
        rng = np.random.default_rng(0)
        texts = [f"Order #{rng.integers(100, 9999)} shipped to {rng.choice(CITIES)}" for _ in range(500)]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        drawn = list(found.draw(400, np.random.default_rng(1)))
        form = re.compile(rf"Order #\d{{3,4}} shipped to ({'|'.join(CITIES)})")
        assert np.mean([bool(form.fullmatch(text)) for text in drawn]) > 0.98
        assert not set(drawn) & set(texts)
        assert len({text.rsplit(" ", 1)[1] for text in drawn}) >= len(CITIES)

    def test_dates_are_dates(self) -> None:
        texts = [f"Seen on {day:%Y-%m-%d} by the doctor" for day in pd.date_range("2015-01-01", periods=400)]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        drawn = [re.search(r"\d{4}-\d\d-\d\d", text) for text in found.draw(200, np.random.default_rng(0))]
        days = [pd.to_datetime(day[0], errors="coerce") for day in drawn if day]
        assert len(days) > 190
        assert pd.Series(days).notna().mean() > 0.97

    def test_lengths_and_layout(self, real: list[str], made: list[str]) -> None:
        def shares(texts: list[str]) -> dict[str, float]:
            chars = "".join(texts)
            return {
                "digits": sum(c.isdecimal() for c in chars) / len(chars),
                "capitals": sum(c.isupper() for c in chars) / len(chars),
                "marks": sum(not c.isalnum() and not c.isspace() for c in chars) / len(chars),
                "paragraphs": float(np.mean(["\n\n" in text for text in texts])) / 10,
                "calls": float(np.mean([text.endswith("!") for text in texts])) / 10,
            }

        before, after = shares(real), shares(made)
        for name, share in before.items():
            assert after[name] == pytest.approx(share, abs=0.012), name
        for count in (len, lambda text: len(text.split()), lambda text: len(sentences([text]))):
            quartiles = [np.quantile([count(text) for text in texts], [0.25, 0.5, 0.75]) for texts in (real, made)]
            assert quartiles[1] == pytest.approx(quartiles[0], rel=0.2, abs=1)

    def test_frequencies(self, real: list[str], made: list[str], language: Language) -> None:
        kept = [word.casefold() for word in language.words()]
        counts = [words(texts) for texts in (real, made)]
        before, after = (np.array([count[word] for word in kept]) for count in counts)
        assert pd.Series(before).corr(pd.Series(after), method="spearman") > 0.85
        assert 0.5 * np.abs(before / before.sum() - after / after.sum()).sum() < 0.12

    def test_capitals_of_whole_texts(self) -> None:
        rng = np.random.default_rng(0)
        texts = [f"{rng.choice(['bright', 'quiet', 'large'])} room in {rng.choice(CITIES)} {n}" for n in range(400)]
        texts = [text.upper() if n % 4 == 0 else text.title() if n % 4 == 1 else text for n, text in enumerate(texts)]
        found = Language.of(pd.Series(texts, dtype="str"), None)
        assert found is not None
        drawn = list(found.draw(400, np.random.default_rng(0)))
        assert np.mean([text == text.upper() for text in drawn]) == pytest.approx(0.25, abs=0.08)
        assert np.mean(["Room" in text for text in drawn]) == pytest.approx(0.25, abs=0.08)

    def test_texts_without_blanks_between_words(self) -> None:
        rng = np.random.default_rng(0)
        parts = [["今日は", "明日は", "昨日は"], ["天気が", "電車が", "仕事が"], ["良い", "悪い", "遅い", "早い"]]
        texts = ["".join(rng.choice(part) for _ in range(3) for part in parts) + "。" for _ in range(300)]
        found = Language.of(pd.Series(texts, dtype="str"), "ja_JP")
        assert found is not None
        drawn = list(found.draw(200, np.random.default_rng(0)))
        assert np.mean([text.endswith("。") for text in drawn]) > 0.9
        assert not set(drawn) & set(texts)


class TestState:
    def test_words_of_the_passport(self, real: list[str]) -> None:
        fakers = Fakers(SCHEMA).fit(pd.DataFrame({"note": pd.Series(real, dtype="str")}))
        held = fakers.passport()
        assert set(held) == {"note"}
        texts = Counter(word for text in real for word in set(words([text])))
        assert {"engine", "leaks", "Monday"} <= set(held["note"])
        assert all(texts[word.casefold()] >= SHARED for word in held["note"])
        state = json.dumps(fakers.state(), ensure_ascii=False)
        assert not [text for text in real if text in state]
        real_numbers = {number for text in real for number in re.findall(r"\d{7}", text)}
        assert not [number for number in real_numbers if f'"{number}"' in state]

    def test_saved_and_loaded(self, language: Language) -> None:
        again = Language.from_state(json.loads(json.dumps(language.state())))
        for seed in (3, 4):
            drawn = [list(one.draw(40, np.random.default_rng(seed))) for one in (language, again)]
            assert drawn[0] == drawn[1]

    @pytest.mark.parametrize(
        "change",
        [
            lambda s: s["chain"]["token"].__setitem__(0, 10**6),
            lambda s: s["chain"]["state"].__setitem__(0, -3),
            lambda s: s["chain"]["weight"].__setitem__(0, 0),
            lambda s: s["chain"]["steps"].pop(),
            lambda s: s["plan"].update(gaps=["x"]),
            lambda s: s["plan"].update(total=[]),
            lambda s: s["plan"].update(following=[[0, 9999, 1]]),
            lambda s: s["mask"].update(closed="AAAA"),
            lambda s: s.update(filling=[]),
            lambda s: s.update(digits=[]),
            lambda s: s["sorts"].pop(),
        ],
    )
    def test_a_tampered_state(self, language: Language, change: Callable[[dict[str, Any]], Any]) -> None:
        state = copy.deepcopy(json.loads(json.dumps(language.state())))
        change(state)
        with pytest.raises(ModelError), bundle.reading():
            Language.from_state(state)

    def test_a_state_of_before(self) -> None:
        texts = pd.DataFrame({"note": pd.Series(reports(40), dtype="str")})
        before = Fakers(Schema((Column("note", Kind.TEXT, text="faker"),))).fit(texts)
        assert before.passport() == {}
        opened = Fakers.from_state(SCHEMA, json.loads(json.dumps(before.state())))
        assert opened.make(20, 1).equals(before.make(20, 1))

    @pytest.mark.parametrize("texts", [[], ["One text only."], ["??!", "...", "-", "!!", ";", ":", "?"]])
    def test_too_little_to_learn_from(self, texts: list[str]) -> None:
        table = pd.DataFrame({"note": pd.Series(texts, dtype="str")})
        drawn = Fakers(SCHEMA).fit(table).make(30, 0)["note"]
        assert len(drawn) == 30
        assert drawn.dropna().is_unique or not len(texts)
