"""Encodings: certain signs are obeyed, older encodings are guessed, binary data is refused."""

from __future__ import annotations

import pytest

from engine.errors import ReadError
from engine.table.findings import Severity
from engine.table.read import ReadOptions, read_table

GERMAN = "Name,Straße\nJürgen Müller,Königsallee\nGünther Weiß,Schöne Straße\n"
FRENCH = "nom,ville\nRené,Besançon\nHélène,Nîmes\nFrançois,Orléans\n"
POLISH = "imię,miasto\nZażółć,Łódź\nGrażyna,Kraków\nŁukasz,Gdańsk\nŚwięty,Żabno\n"
CZECH = "jméno,město\nJiří,Plzeň\nŽaneta,Břeclav\nŠárka,Děčín\n"
TURKISH = "ad,şehir\nGülşen,İstanbul\nÇağrı,Eskişehir\nIşık,Muğla\n"
RUSSIAN = "имя,город\nИван,Москва\nОльга,Санкт-Петербург\nПётр,Казань\n"
GREEK = "όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Θεσσαλονίκη\n"
JAPANESE = "名前,都市\n田中,東京\n佐藤,大阪\nスーパー,名古屋\n"
KOREAN = "이름,도시\n김철수,서울\n이영희,부산\n"
CHINESE = "姓名,城市\n王伟,北京\n李娜,上海\n张强,广州\n"
EURO = "item,price\ntea,5 €\ncake,6 €\n"
TYPOGRAPHY = "a,b\n“hi” – it’s,1\nnaïve,2\n"


def rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.strip().split("\n")]


def table(data: bytes, options: ReadOptions | None = None) -> list[list[str]]:
    frame = read_table(data, options=options).frame
    return [list(frame.columns), *frame.to_numpy().tolist()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
@pytest.mark.parametrize("text", [GERMAN, JAPANESE, RUSSIAN, EURO])
def test_unicode_with_and_without_byte_order_mark(text: str, encoding: str) -> None:
    assert table(text.encode(encoding)) == rows(text)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "latin-1"),
        (GERMAN, "mac_roman"),
        (GERMAN, "cp850"),
        (FRENCH, "cp1252"),
        (EURO, "cp1252"),
        (TYPOGRAPHY, "cp1252"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859_2"),
        (CZECH, "cp1250"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "cp866"),
        (GREEK, "cp1253"),
        (JAPANESE, "cp932"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (KOREAN, "cp949"),
        (CHINESE, "gb18030"),
    ],
)
def test_older_encodings_are_recognised_and_reported(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    assert table(data) == rows(text)
    finding = next(f for f in read_table(data).findings if f.code == "encoding")
    assert finding.severity == Severity.INFO


def test_latin_1_and_windows_1252_are_told_apart() -> None:
    assert read_table(GERMAN.encode("latin-1")).facts["encoding"] == "latin-1"
    assert read_table(EURO.encode("cp1252")).facts["encoding"] == "cp1252"


def test_a_late_foreign_letter_is_noticed() -> None:
    data = b"a,b\n" + b"x,1\n" * 5000 + "Müller,2\n".encode("cp1252")
    reading = read_table(data)
    assert reading.frame.iloc[-1, 0] == "Müller"


def test_a_few_foreign_bytes_in_utf_8_are_mended_line_by_line() -> None:
    data = b"name,n\n" + "Zoë,1\nJosé,2\nRené,3\n".encode() * 10 + "Müller,4\n".encode("cp1252")
    reading = read_table(data)
    assert reading.frame.iloc[-1, 0] == "Müller"
    assert reading.frame.iloc[0, 0] == "Zoë"
    assert [(f.row, f.severity) for f in reading.findings] == [(32, Severity.REPAIRED)]


def test_the_encoding_can_be_prescribed() -> None:
    assert table(GERMAN.encode("cp1252"), ReadOptions(encoding="cp1252")) == rows(GERMAN)
    assert table(GERMAN.encode("utf-8-sig"), ReadOptions(encoding="utf-8")) == rows(GERMAN)
    assert table(GERMAN.encode("utf-16"), ReadOptions(encoding="utf-16")) == rows(GERMAN)


def test_a_wide_encoding_without_its_mark_is_one_sentence() -> None:
    with pytest.raises(ReadError, match="lacks the mark"):
        read_table(b"a,b\n1,2\n", options=ReadOptions(encoding="utf-16"))


def test_a_wrong_or_unknown_encoding_is_one_sentence() -> None:
    with pytest.raises(ReadError, match="cannot be read as utf-8: line 2"):
        read_table("a,b\nMüller,1\n".encode("cp1252"), options=ReadOptions(encoding="utf-8"))
    with pytest.raises(ReadError, match="There is no text encoding “klingon”"):
        read_table(b"a,b\n", options=ReadOptions(encoding="klingon"))
    with pytest.raises(ReadError, match="There is no text encoding"):
        read_table(b"a,b\n", options=ReadOptions(encoding="rot13"))


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 40, b"\0" * 1000, b"MZ\x90\0" + b"\x01\x02" * 500, b"a,b\n" + b"\x02\x03" * 90]
)
def test_binary_data_under_the_name_of_a_csv_file(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"not a (text )?table"):
        read_table(data, name="table.csv")
