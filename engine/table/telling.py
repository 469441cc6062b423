"""Words in names of columns, in English, German, French, Spanish and Italian, that tell of personal data."""

from __future__ import annotations


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Provider: single words, then phrases of several words (the words of a name in small letters).
WORDS: dict[str, frozenset[str]] = {
    "phone_number": _split(
        "phone telephone tel mobile cell cellphone fax telefon telefonnummer handy handynummer mobil rufnummer"
        " phonenumber téléphone telephone portable teléfono telefono móvil movil celular cellulare"
    ),
    "first_name": _split("firstname forename vorname prénom prenom givenname"),
    "last_name": _split("lastname surname nachname familienname apellido apellidos familyname cognome"),
    "user_name": _split("username login nickname benutzername utilisateur usuario"),
    "street_address": _split(
        "address street adresse strasse straße anschrift dirección direccion domicilio calle rue indirizzo"
    ),
    "name": _split(
        "fullname patient passenger customer employee person author client contact student kunde mitarbeiter"
        " patientenname kundenname ansprechpartner cliente empleado paciente dipendente paziente"
    ),
    "company": _split(
        "company firma employer arbeitgeber unternehmen entreprise société societe employeur empresa azienda ditta"
        " companyname"
    ),
    "job": _split(
        "job jobtitle occupation profession beruf berufsbezeichnung métier metier puesto profesión profesion ocupación"
        " professione"
    ),
    "city": _split(
        "city town ort stadt wohnort ville ciudad città citta municipio commune comune poblacion población localidad"
    ),
    "state": _split("state province bundesland provincia county kanton"),
    "postcode": _split("zip zipcode postcode postal plz postleitzahl cp"),
    "passport_number": _split(
        "passport passportnumber passnummer reisepass reisepassnummer passeport pasaporte passaporto"
    ),
    "license_plate": _split(
        "plate licenseplate numberplate kennzeichen autokennzeichen immatriculation matrícula matricula targa"
    ),
    "swift": _split("bic swift swiftcode"),
    "bban": _split("kontonummer bankaccount"),
}
PHRASES: dict[str, tuple[str, ...]] = {
    "first_name": ("first name", "given name", "host name", "user first"),
    "last_name": ("last name", "family name", "nom de famille"),
    "user_name": ("user name", "screen name", "nick name"),
    "name": (
        "full name", "customer name", "patient name", "passenger name", "employee name", "person name", "client name",
        "contact name", "student name", "driver name", "doctor name", "owner name", "teacher name", "author name",
        "nom complet", "nombre completo", "nome completo",
    ),
    "postcode": ("code postal", "código postal", "codigo postal", "zip code", "post code"),
    "job": ("job title",),
    "license_plate": ("license plate", "licence plate", "number plate"),
    "passport_number": ("passport number", "passport no"),
    "bban": ("bank account", "account number"),
}  # fmt: skip
EXACT: dict[str, frozenset[str]] = {  # words too short or common to tell anything inside a longer name
    "postcode": frozenset({"cap"}),
    "given": _split("name nombre nome naam imię"),
    "family": _split("name nom naam nazwisko"),
    "street_address": frozenset({"via"}),
}
COUNTRY = _split("country nation pays país pais paese staat land countrycode")
GOODS = _split("imei ean isbn gtin upc barcode sku iccid")  # numbers with check digits, but of things
LATITUDE = _split("latitude lat breitengrad breite latitud latitudine")
LONGITUDE = _split("longitude lon lng long längengrad laengengrad länge longitud longitudine")


def speaks_of(provider: str, words: tuple[str, ...]) -> bool:
    """Whether the words of a column's name tell of a provider's values."""
    if set(words) & WORDS.get(provider, frozenset()):
        return True
    if len(words) == 1 and words[0] in EXACT.get(provider, frozenset()):
        return True
    phrase = f" {' '.join(words)} "
    return any(f" {wanted} " in phrase for wanted in PHRASES.get(provider, ()))
