"""A made-up table of customers, every cell a string: fourteen columns of personal data beside a few to learn from."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from engine.fakers.numbers import RandomDice
from engine.table import namelists, schemes
from engine.table.schemes import SCHEMES

PERSONAL = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email": "email",
    "username": "user_name",
    "phone": "phone_number",
    "street": "street_address",
    "postcode": "postcode",
    "city": "city",
    "employer": "company",
    "iban": "iban",
    "credit card": "credit_card_number",
    "SSN": "ssn",
    "ip": "ipv4",
    "website": "url",
}
FORMS = {
    "email": r"[a-z]+\d*\.[a-z]+\d*@[a-z0-9.]+",
    "phone": r"\+1 \d{3}-\d{3}-\d{4}",
    "postcode": r"\d{5}",
    "iban": r"DE\d\d( \d{4}){4} \d\d",
    "credit card": r"4\d{3}(-\d{4}){3}",
    "SSN": r"\d{3}-\d\d-\d{4}",
    "ip": r"\d{1,3}(\.\d{1,3}){3}",
    "website": r"https?://\S+",
}
_TRADES = ("Labs", "Foods", "Systems", "Trading", "Partners", "Group", "Logistics", "Media", "Energy", "Design")
_STREETS = ("Street", "Road", "Avenue", "Lane", "Drive", "Court")
_TOWNS = ("field", "ton", "ville", "burgh", "port", "mouth", "ford", "haven")


@lru_cache(maxsize=4)
def customers(rows: int = 5_000, seed: int = 0) -> pd.DataFrame:
    """Income rises with age and differs between segments; one phone in ten and one employer in five are missing."""
    rng = np.random.default_rng(seed)
    first = rng.choice(sorted(name.title() for name in namelists.first("en_US")), rows)
    last = rng.choice(sorted(name.title() for name in namelists.last("en_US")), rows)
    number = rng.permutation(rows)
    age = rng.integers(18, 85, rows)
    segment = rng.choice(["basic", "plus", "gold"], rows, p=[0.6, 0.3, 0.1])
    income = 12_000 + 700 * np.minimum(age, 60) + 15_000 * (segment == "gold") + rng.normal(0, 6_000, rows)
    frame = pd.DataFrame(
        {
            "member": [f"M-{n:06d}" for n in rng.choice(10**6, rows, replace=False)],
            "first_name": first,
            "last_name": last,
            "email": [f"{a}.{b}{n}@post{n % 40}.net".lower() for a, b, n in zip(first, last, number, strict=True)],
            "username": [f"{a[:3]}{b}{n}".lower() for a, b, n in zip(first, last, number, strict=True)],
            "phone": [f"+1 {a}-{b}-{c:04d}" for a, b, c in zip(*_digits(rng, rows), strict=True)],
            "street": [f"{n + 1} {b} {s}" for n, b, s in zip(number, last, rng.choice(_STREETS, rows), strict=True)],
            "postcode": [f"{n:05d}" for n in rng.choice(90_000, rows) + 10_000],
            "city": [f"{b}{t}" for b, t in zip(rng.permutation(last), rng.choice(_TOWNS, rows), strict=True)],
            "employer": [f"{b} {t}" for b, t in zip(rng.permutation(last), rng.choice(_TRADES, rows), strict=True)],
            "iban": _numbers("iban", "DE" + "#" * 20, "XXXX XXXX XXXX XXXX XXXX XX", rows, rng),
            "credit card": _numbers("credit_card_number", "4" + "#" * 15, "XXXX-XXXX-XXXX-XXXX", rows, rng),
            "SSN": _numbers("ssn", "#" * 9, "XXX-XX-XXXX", rows, rng),
            "ip": [".".join(map(str, four)) for four in rng.integers(1, 255, (rows, 4))],
            "website": [f"https://{b}-{n}.com/".lower() for b, n in zip(last, number, strict=True)],
            "age": age.astype(str),
            "income": np.round(income).astype(int).astype(str),
            "segment": segment,
        },
        dtype="str",
    )
    frame.loc[rng.random(rows) < 0.1, "phone"] = None
    frame.loc[rng.random(rows) < 0.2, "employer"] = None
    return frame


def _digits(rng: np.random.Generator, rows: int) -> tuple[list[int], list[int], list[int]]:
    tails = rng.permutation(10_000)[:rows] if rows <= 10_000 else rng.integers(0, 10_000, rows)
    return rng.integers(200, 990, rows).tolist(), rng.integers(200, 990, rows).tolist(), tails.tolist()


def _numbers(key: str, structure: str, form: str, rows: int, rng: np.random.Generator) -> list[str]:
    dice, found = RandomDice(rng), dict[str, None]()
    while len(found) < rows:
        made = SCHEMES[key].fresh(structure, dice)
        assert made is not None
        found[schemes.laid_out(made, form)] = None
    return list(found)
