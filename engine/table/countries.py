"""Countries with a Faker locale: how they are called in five languages, their codes, and how phone numbers begin."""

from __future__ import annotations

from functools import lru_cache

# Code of two and of three letters, locale, calling code, names in small letters.
_ROWS = """
US USA en_US 1 united states|united states of america|usa|u.s.|u.s.a.|vereinigte staaten|états-unis|estados unidos|stati uniti
GB GBR en_GB 44 united kingdom|great britain|england|scotland|wales|uk|u.k.|vereinigtes königreich|großbritannien|royaume-uni|reino unido|regno unito
DE DEU de_DE 49 germany|deutschland|allemagne|alemania|germania|duitsland
AT AUT de_AT 43 austria|österreich|autriche
CH CHE de_CH 41 switzerland|schweiz|suisse|suiza|svizzera
FR FRA fr_FR 33 france|frankreich|francia|frankrijk
ES ESP es_ES 34 spain|spanien|espagne|españa|spagna
IT ITA it_IT 39 italy|italien|italie|italia
NL NLD nl_NL 31 netherlands|the netherlands|holland|niederlande|pays-bas|países bajos|paesi bassi|nederland
BE BEL nl_BE 32 belgium|belgien|belgique|bélgica|belgio|belgië
PL POL pl_PL 48 poland|polen|pologne|polonia|polska
PT PRT pt_PT 351 portugal|portogallo
BR BRA pt_BR 55 brazil|brasilien|brésil|brasil|brasile
SE SWE sv_SE 46 sweden|schweden|suède|suecia|svezia|sverige
NO NOR no_NO 47 norway|norwegen|norvège|noruega|norvegia|norge
DK DNK da_DK 45 denmark|dänemark|danemark|dinamarca|danimarca|danmark
FI FIN fi_FI 358 finland|finnland|finlande|finlandia|suomi
IE IRL en_IE 353 ireland|irland|irlande|irlanda
CZ CZE cs_CZ 420 czech republic|czechia|tschechien|tchéquie|república checa|repubblica ceca|česko
SK SVK sk_SK 421 slovakia|slowakei|slovaquie|eslovaquia|slovacchia|slovensko
HU HUN hu_HU 36 hungary|ungarn|hongrie|hungría|ungheria|magyarország
RO ROU ro_RO 40 romania|rumänien|roumanie|rumania|românia
BG BGR bg_BG 359 bulgaria|bulgarien|bulgarie
HR HRV hr_HR 385 croatia|kroatien|croatie|croacia|croazia|hrvatska
SI SVN sl_SI 386 slovenia|slowenien|slovénie|eslovenia
GR GRC el_GR 30 greece|griechenland|grèce|grecia
TR TUR tr_TR 90 turkey|türkei|turquie|turquía|turchia|türkiye
UA UKR uk_UA 380 ukraine|ucrania|ucraina
RU RUS ru_RU 7 russia|russland|russie|rusia|russian federation
CA CAN en_CA 1 canada|kanada|canadá
MX MEX es_MX 52 mexico|mexiko|mexique|méxico|messico
AR ARG es_AR 54 argentina|argentinien|argentine
CL CHL es_CL 56 chile|chili|cile
CO COL es_CO 57 colombia|kolumbien|colombie
AU AUS en_AU 61 australia|australien|australie
NZ NZL en_NZ 64 new zealand|neuseeland|nouvelle-zélande|nueva zelanda|nuova zelanda
IN IND en_IN 91 india|indien|inde
JP JPN ja_JP 81 japan|japon|japón|giappone
CN CHN zh_CN 86 china|chine|cina
TW TWN zh_TW 886 taiwan|taïwan
KR KOR ko_KR 82 south korea|korea|südkorea|corée du sud|corea del sur|corea del sud
ID IDN id_ID 62 indonesia|indonesien|indonésie
TH THA th_TH 66 thailand|thaïlande|tailandia
VN VNM vi_VN 84 vietnam|viet nam
PH PHL en_PH 63 philippines|philippinen|filipinas|filippine
IL ISR he_IL 972 israel|israël|israele
"""  # noqa: E501


@lru_cache(maxsize=1)
def _tables() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Locale by name or code in small letters; by calling code; by code of two letters."""
    names: dict[str, str] = {}
    calling: dict[str, str] = {}
    codes: dict[str, str] = {}
    for row in _ROWS.strip().splitlines():
        two, three, locale, number, called = row.split(" ", 4)
        names |= dict.fromkeys([two.lower(), three.lower(), *called.split("|")], locale)
        calling.setdefault(number, locale)
        codes[two] = locale
    return names, calling, codes


def locale_of(country: str) -> str | None:
    """The locale of a country by one of its names or codes."""
    return _tables()[0].get(country.strip().casefold())


def by_code(code: str) -> str | None:
    """The locale of a country by its code of two letters, in capitals or not."""
    return _tables()[2].get(code.upper())


def by_calling_code(digits: str) -> str | None:
    """The locale of a phone number by its digits from the country's on; of countries that share one, the largest."""
    calling = _tables()[1]
    return next((calling[digits[:n]] for n in (3, 2, 1) if digits[:n] in calling), None)


def is_code(text: str) -> bool:
    """Whether two letters are a country's code in ISO 3166-1, also of countries without a locale here."""
    return text.upper() in _ISO


_ISO_WORDS = """
AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CC CD
CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG ER ES ET FI FJ FK FM FO FR GA GB GD GE
GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IR IS IT JE JM JO JP KE KG KH KI KM KN
KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY
MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG
SH SI SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TJ TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI
VN VU WF WS XK YE YT ZA ZM ZW
"""
_ISO = frozenset(_ISO_WORDS.split())
