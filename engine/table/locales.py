"""The language and country that personal values point to, such as "de_DE"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pandas as pd

from engine.table import countries, namelists
from engine.table.schemes import SCHEMES, plain

DEFAULT = "en_US"
_MARKS = {"de_DE": "äöüßÄÖÜ", "fr_FR": "éèêçàâîôûÉÈÇ", "es_ES": "ñáíóúÑÁÍÓÚ", "pl_PL": "łśżźćńęąŁŚŻ", "it_IT": "ìòù"}
_SCRIPTS = {
    "ru_RU": r"[\u0400-\u04ff]",
    "ja_JP": r"[\u3040-\u30ff]",
    "zh_CN": r"[\u4e00-\u9fff]",
    "el_GR": r"[\u0370-\u03ff]",
    "ko_KR": r"[\uac00-\ud7af]",
    "ar_SA": r"[\u0600-\u06ff]",
    "he_IL": r"[\u0590-\u05ff]",
}
_POSTCODES = {
    "en_GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "en_CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "nl_NL": r"\d{4} ?[A-Z]{2}",
    "pl_PL": r"\d{2}-\d{3}",
    "pt_BR": r"\d{5}-\d{3}",
    "pt_PT": r"\d{4}-\d{3}",
    "ja_JP": r"\d{3}-\d{4}",
    "sv_SE": r"\d{3} \d{2}",
    "en_US": r"\d{5}-\d{4}",
}
STREETS = {  # words of addresses; where they stand is told apart in `personal`
    "en_US": r"\b(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|square|sq|"
    r"terrace|highway|hwy|parkway|pkwy|trail|circle|suite|apt|crescent|close|grove|gardens)\b\.?",
    "de_DE": r"(?:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ring|damm|ufer|chaussee)\b",
    "fr_FR": r"\b(?:rue|avenue|boulevard|chemin|impasse|allée|quai|route)\b",
    "es_ES": r"\b(?:calle|avenida|plaza|paseo|camino|ronda|glorieta|pasaje|c/)\s",
    "it_IT": r"\b(?:via|viale|piazza|corso|vicolo|contrada|strada|borgo|largo)\b",
    "nl_NL": r"(?:straat|laan|weg|plein|gracht|kade|singel|pad)\b",
}
_FIRMS = {
    "de_DE": r"\b(?:GmbH|AG|KG|OHG|e\.V\.|UG)\b",
    "fr_FR": r"\b(?:SARL|SAS)\b|\b(?:S\.A\.R\.L\.|S\.A\.S\.|et Fils)",
    "es_ES": r"\b(?:S\.L\.|S\.L\.U\.|S\.L\.L\.|S\.Coop\.|C\.B\.|S\.A\.U\.)",
    "it_IT": r"\b(?:S\.r\.l\.|S\.p\.A\.|SRL|SPA|s\.r\.l\.|s\.n\.c\.)(?:\b|$)",
    "nl_NL": r"\b(?:B\.V\.|BV|N\.V\.)(?:\b|$)",
    "en_GB": r"\b(?:Ltd|PLC|plc|LLP)\b",
    "en_US": r"\b(?:Inc|LLC|Corp)\b",
}
_NAMED = frozenset({"name", "first_name", "last_name"})
_WORDY = frozenset({"name", "first_name", "last_name", "street_address", "address", "city", "company", "job", "state"})
_SAMPLE = 300
_HALF, _SOME = 0.5, 0.3


def guess(distinct: pd.Series, provider: str | None) -> str | None:
    """The locale of the different values of a personal column; None where nothing points to one."""
    step = -(-len(distinct) // _SAMPLE) or 1
    cells = [str(cell).strip() for cell in distinct.iloc[::step]]
    if not cells:
        return None
    if provider in SCHEMES and SCHEMES[provider or ""].locale:
        return SCHEMES[provider or ""].locale
    by_form = _BY_FORM.get(provider or "")
    if by_form is not None:
        return by_form(cells)
    if provider not in _WORDY and provider is not None:
        return None
    return _script(cells) or _by_words(cells, provider or "name") or _letters(cells)


def _script(cells: list[str]) -> str | None:
    shares = {locale: _share(script, cells) for locale, script in _SCRIPTS.items()}
    return next((locale for locale, share in shares.items() if share > _HALF), None)


def _letters(cells: list[str]) -> str | None:
    shares = {locale: _share(f"[{marks}]", cells) for locale, marks in _MARKS.items()}
    best = max(shares, key=lambda k: shares[k])
    return best if shares[best] > 0.05 else None


def _by_words(cells: list[str], provider: str) -> str | None:
    if provider in _NAMED:
        return namelists.spoken(cells, provider)
    words = {"street_address": STREETS, "address": STREETS, "company": _FIRMS}.get(provider, {})
    shares = {locale: _share(f"(?i){form}" if words is STREETS else form, cells) for locale, form in words.items()}
    best = max(shares, key=lambda k: shares[k], default="")
    return best if best and shares[best] > (_SOME if words is STREETS else 0.1) else None


def _share(pattern: str, cells: list[str]) -> float:
    found = re.compile(pattern)
    return sum(found.search(cell) is not None for cell in cells) / len(cells)


def _commonest(found: Iterable[str | None], of: int) -> str | None:
    counts = Counter(locale for locale in found if locale)
    if not counts:
        return None
    locale, times = counts.most_common(1)[0]
    return locale if times >= _SOME * of else None


def _phone(cells: list[str]) -> str | None:
    """By the calling code behind a plus or two zeros."""
    international = [m.group(1) for c in cells if (m := re.match(r"(?:\+|00)\s?(\d[\d\s().\-/]*)", c))]
    digits = [re.sub(r"\D", "", number) for number in international]
    return _commonest(map(countries.by_calling_code, digits), len(cells))


def _iban(cells: list[str]) -> str | None:
    return _commonest((countries.by_code(cell[:2]) for cell in cells), len(cells))


def _bic(cells: list[str]) -> str | None:
    return _commonest((countries.by_code(cell[4:6]) for cell in cells), len(cells))


def _ending(cells: list[str]) -> str | None:
    """By the country of e-mail and web addresses."""
    ends = [re.sub(r"[/:?#].*", "", re.sub(r"^\w+://", "", c)).rpartition(".")[2] for c in cells]
    as_codes = {"uk": "gb"}
    return _commonest(
        (countries.by_code(as_codes.get(e.lower(), e)) if len(e) == 2 else None for e in ends), len(cells)
    )


def _postcode(cells: list[str]) -> str | None:
    shares = {locale: _share(f"^(?:{form})$", cells) for locale, form in _POSTCODES.items()}
    best = max(shares, key=lambda k: shares[k])
    return best if shares[best] > _HALF else None


def _country(cells: list[str]) -> str | None:
    return _commonest(map(countries.locale_of, cells), len(cells))


_BY_FORM = {
    "phone_number": _phone,
    "msisdn": lambda cells: _phone([f"+{plain(c)}" for c in cells]),
    "iban": _iban,
    "swift": _bic,
    "email": _ending,
    "url": _ending,
    "postcode": _postcode,
    "zipcode": _postcode,
    "country": _country,
    "country_code": _country,
}
