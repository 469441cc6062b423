"""Personal data: what it is found by, in five languages, and the locale that its values point to."""

from __future__ import annotations

import pandas as pd
import pytest
from faker import Faker

from engine.table import countries, digits, locales, namelists
from engine.table.infer import infer_column, infer_schema
from engine.table.schema import Kind

ROWS = 120
# Names of columns for: first name, last name, e-mail, phone, street, postcode, city, company.
NAMES = {
    "en_US": ("First Name", "Last Name", "Mail", "Phone", "Street", "ZIP", "City", "Company"),
    "de_DE": ("Vorname", "Nachname", "Mail", "Telefon", "Straße", "PLZ", "Ort", "Firma"),
    "fr_FR": ("Prénom", "Nom de famille", "Courriel", "Téléphone", "Adresse", "Code postal", "Ville", "Entreprise"),
    "es_ES": ("Nombre", "Apellidos", "Correo", "Teléfono", "Dirección", "Código postal", "Localidad", "Empresa"),
    "it_IT": ("Nome", "Cognome", "Posta", "Cellulare", "Indirizzo", "CAP", "Città", "Azienda"),
}
FAKED = ("first_name", "last_name", "email", "phone_number", "street_address", "postcode", "city", "company")


def faked(locale: str, provider: str, rows: int = ROWS) -> list[str]:
    fake = Faker(locale)
    fake.seed_instance(3)
    return [str(getattr(fake, provider)()) for _ in range(rows)]


@pytest.mark.parametrize("locale", NAMES)
def test_customers_in_five_languages(locale: str) -> None:
    frame = pd.DataFrame({n: faked(locale, p) for n, p in zip(NAMES[locale], FAKED, strict=True)}, dtype="str")
    schema = infer_schema(frame)
    assert [c.provider for c in schema] == list(FAKED)
    assert {c.locale for c in schema} == {locale}
    assert all(0.5 < c.confidence < 1 and "made up anew" in c.reason for c in schema)


@pytest.mark.parametrize(
    ("values", "name", "provider"),
    [
        (faked("en_US", "name"), "x", "name"),
        (faked("de_DE", "name"), "Halter", "name"),
        (faked("en_US", "address"), "x", "address"),
        ([f"Musterstraße {i}" for i in range(ROWS)], "x", "street_address"),
        ([f"+49 30 {i:07d}" for i in range(ROWS)], "x", "phone_number"),
        ([f"({200 + i}) 555-01{i % 100:02d}" for i in range(ROWS)], "x", "phone_number"),
        ([f"52.{i:04d}, 13.{i:04d}" for i in range(ROWS)], "x", "coordinates"),
        (["DEUTDEFF", "COBADEFFXXX", "BCITITMM"] + [f"BN{c}AFRPP" for c in "ABCDEFGHIJKL"], "BIC", "swift"),
        ([f"C{i:08d}" for i in range(ROWS)], "Reisepass", "passport_number"),
        ([f"B-XY {i}" for i in range(100, 100 + ROWS)], "Kennzeichen", "license_plate"),
        ([f"{i * 7919:010d}" for i in range(1, ROWS)], "Kontonummer", "bban"),
    ],
)
def test_found_by_values_or_name(values: list[str], name: str, provider: str) -> None:
    column = infer_column(pd.Series(values, dtype="str"), name)
    assert (column.kind, column.provider) == (Kind.PERSONAL, provider)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["350123451234560", "357805023984942", "490154203237518"] * 9, "imei"),
        (faked("en_US", "bs"), "slogan"),
        ([f"see {i} Main Street, next to the mill, and ask for the key" for i in range(ROWS)], "note"),
        ([f"0x{i:040x}" for i in range(ROWS)], "address"),
        ([f"C{i:04d}" for i in range(ROWS)], "customer_id"),
        ([f"1.{i:02d}.3" for i in range(ROWS)], "version"),
        ([f"{i}.5, {i}.7" for i in range(10, 90)], "range"),
        ([f"+{i} 000" for i in range(1, ROWS)], "gain"),
        ([f"AB{i:06d}C" for i in range(ROWS)], "article"),
        ([f"{name} County" for name in faked("en_US", "first_name")], "area"),
        ([f"Iris {word}" for word in faked("en_US", "last_name")], "species"),
        (
            [f"{month} {year}" for month in ("April", "May", "June", "Jan", "Mai") for year in range(2000, 2024)],
            "period",
        ),
        ([f"35{b}" + digits.luhn(f"35{b}") for b in range(10**11, 10**11 + 999, 9)], "device"),
        ([f"{b}" + digits.luhn(str(b)) for b in range(50_000_000, 50_009_990, 99)], "siren"),
    ],
)
def test_what_only_looks_personal_is_not(values: list[str], name: str) -> None:
    column = infer_column(pd.Series(values, dtype="str"), name)
    assert column.provider in (None, "key"), column.reason


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "sv_SE", "fi_FI", "ro_RO"])
@pytest.mark.parametrize("provider", ["first_name", "last_name"])
def test_names_tell_the_country_without_special_letters(locale: str, provider: str) -> None:
    plain = pd.Series([name for name in faked(locale, provider, 300) if name.isascii()], dtype="str")
    assert locales.guess(plain, provider) == locale


@pytest.mark.parametrize(
    ("values", "provider", "locale"),
    [
        (["+49 30 123", "+49 40 123", "030 123"], "phone_number", "de_DE"),
        (["0044 20 7946 0000"], "phone_number", "en_GB"),
        (["+1 212 555 0100"], "phone_number", "en_US"),
        (["030 1234567"], "phone_number", None),
        (["a@firma.de", "b@x.de", "c@y.com"], "email", "de_DE"),
        (["a@firm.co.uk"], "email", "en_GB"),
        (["a@firm.com"], "email", None),
        (["https://www.ville.fr/rue?a=1"], "url", "fr_FR"),
        (["FR1420041010050500013M02606"], "iban", "fr_FR"),
        (["BNPAFRPP"], "swift", "fr_FR"),
        (["SW1A 1AA", "M1 1AE"], "postcode", "en_GB"),
        (["1234 AB"], "postcode", "nl_NL"),
        (["10115", "20095"], "postcode", None),
        (["12345678Z"], "es_nif", "es_ES"),
        (["Müller GmbH", "Schmidt AG"], "company", "de_DE"),
        (["12 rue de la Paix", "3 avenue Foch"], "street_address", "fr_FR"),
        (["Иванов Иван"], "name", "ru_RU"),
        (["Anna", "Bo"], "first_name", None),
        ([], "name", None),
    ],
)
def test_values_point_to_a_locale(values: list[str], provider: str, locale: str | None) -> None:
    assert locales.guess(pd.Series(values, dtype="str"), provider) == locale


def test_countries_by_all_their_names() -> None:
    for name in ("Germany", "deutschland", "Allemagne", "Alemania", "DE", "DEU", " germany "):
        assert countries.locale_of(name) == "de_DE"
    assert countries.locale_of("Atlantis") is None
    assert (countries.by_calling_code("4930"), countries.by_calling_code("3519")) == ("de_DE", "pt_PT")
    assert countries.by_calling_code("999") is None


def test_no_list_of_names_is_read_for_other_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namelists, "_list", lambda locale, kind: pytest.fail("a list of names was read"))
    for cached in (namelists.first, namelists.last, namelists._everywhere, namelists._families):
        cached.cache_clear()
    frame = pd.DataFrame(
        {
            "place": [f"Upper West {i % 9}" for i in range(200)],
            "title": [f"Bright room number {i} by the park" for i in range(200)],
            "name": [f"Cosy flat {i} near Central Park" for i in range(200)],
            "price": [str(i) for i in range(200)],
        },
        dtype="str",
    )
    assert not [c for c in infer_schema(frame) if c.kind is Kind.PERSONAL]
