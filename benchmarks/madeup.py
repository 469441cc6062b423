"""Tables with known structure for benchmarks: made up after known kinds of tables, and scikit-learn's own.

    python benchmarks/madeup.py NAME OUT.csv

Same name, same rows. `web`: sessions of a shop with many zeros, durations that follow counts, and a rare purchase.
`physics`: eleven continuous features of showers, two kinds that differ in shape. `money`: six linked months of bills,
payments and delays under a credit limit. `calls`: a bank's calls with days since the last one or none, and skewed
balances. `shops`: two categories of hundreds of levels that numbers lie close around. `diabetes` and
`cancer` come with scikit-learn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SEED = 20_260


def _choice(rng: np.random.Generator, options: list[str], chances: Floats) -> NDArray[np.str_]:
    """One option per row; chances: (rows, options), any positive weights."""
    edges = np.cumsum(chances / chances.sum(1, keepdims=True), axis=1)
    return np.array(options)[np.minimum((rng.random(len(chances))[:, None] > edges).sum(1), len(options) - 1)]


def web(rows: int = 12_330) -> pd.DataFrame:
    """Counts of pages by kind, seconds on them, rates of leaving, the season, and whether something was bought."""
    rng = np.random.default_rng(SEED)
    interest = rng.gamma(1.5, 1.0, rows)
    month = rng.choice(
        [2, 3, 5, 6, 7, 8, 9, 10, 11, 12], rows, p=[0.02, 0.15, 0.27, 0.02, 0.04, 0.04, 0.04, 0.05, 0.23, 0.14]
    )
    returning = rng.random(rows) < 0.75 + 0.1 * (interest > 1.5)
    kind = np.where(returning, "Returning", np.where(rng.random(rows) < 0.95, "New", "Other"))
    counts, seconds = {}, {}
    for name, level, pace in (("administrative", 1.6, 35.0), ("informational", 0.4, 70.0), ("product", 20.0, 38.0)):
        visited = rng.random(rows) < (1 - np.exp(-0.8 * interest)) * (0.95 if name == "product" else 0.6)
        count = rng.poisson(level * interest * rng.gamma(2.0, 0.5, rows)) * visited
        counts[name] = count
        seconds[name] = np.where(count > 0, count * pace * rng.lognormal(-0.2, 0.7, rows), 0.0).round(2)
    pages = sum(counts.values())
    leaving = np.clip(0.2 / (1 + pages) * rng.lognormal(0, 0.5, rows), 0, 0.2)
    exits = np.clip(leaving + rng.gamma(1.2, 0.012, rows), 0, 0.2)
    bounce = np.where((pages > 8) & (rng.random(rows) < 0.5), 0.0, leaving)
    worth = (rng.random(rows) < 0.05 + 0.15 * np.tanh(counts["product"] / 30)) * rng.gamma(1.2, 20.0, rows)
    special = np.where(np.isin(month, [2, 5]) & (rng.random(rows) < 0.35), rng.integers(1, 6, rows) / 5, 0.0)
    system = _choice(rng, list("12345678"), np.tile([0.21, 0.53, 0.21, 0.04, 0.005, 0.002, 0.001, 0.007], (rows, 1)))
    browser = np.where(
        system == "1",
        "4",
        np.where(system == "3", "1", rng.choice(["1", "2", "5", "6"], rows, p=[0.1, 0.8, 0.06, 0.04])),
    )
    region = rng.choice(np.arange(1, 10), rows, p=[0.39, 0.09, 0.19, 0.10, 0.03, 0.07, 0.06, 0.04, 0.03])
    traffic = _choice(
        rng,
        [str(k) for k in range(1, 9)],
        np.where(returning[:, None], [2, 4, 2, 1, 0.3, 0.4, 0.1, 0.3], [3, 2, 0.5, 0.6, 0.3, 0.3, 0.1, 1.2]),
    )
    score = (
        -2.6 + 1.4 * (worth > 0) + 0.03 * worth + 0.5 * np.isin(month, [10, 11]) - 25 * exits + 0.35 * (kind == "New")
    )
    bought = rng.random(rows) < 1 / (1 + np.exp(-score - 0.25 * np.log1p(counts["product"])))
    return pd.DataFrame({
        "administrative": counts["administrative"], "administrative_seconds": seconds["administrative"],
        "informational": counts["informational"], "informational_seconds": seconds["informational"],
        "product": counts["product"], "product_seconds": seconds["product"],
        "bounce": bounce.round(4), "exit": exits.round(4), "worth": worth.round(2), "special_day": special,
        "month": month, "system": system, "browser": browser, "region": region, "traffic": traffic,
        "visitor": kind, "weekend": rng.random(rows) < 0.23, "bought": bought,
    })  # fmt: skip


def physics(rows: int = 19_020) -> pd.DataFrame:
    """Ellipses of light: lengths, sizes, asymmetries and angles of two kinds of shower."""
    rng = np.random.default_rng(SEED + 1)
    gamma = rng.random(rows) < 0.65
    energy = rng.gamma(2.2, 0.35, rows) + np.where(gamma, 0.0, 0.15)
    size = 2.1 + 0.42 * energy + rng.normal(0, 0.08, rows)
    length = 14 * np.exp(0.55 * energy) * rng.lognormal(0, np.where(gamma, 0.22, 0.45))
    width = length * np.where(gamma, 0.42, 0.5) * rng.lognormal(0, np.where(gamma, 0.18, 0.3))
    conc = np.clip(
        1.12 * np.exp(-0.35 * (size - 1.5)) * rng.lognormal(0, 0.22, rows) * np.sqrt(20 / (width + 8)), 0.01, 0.9
    )
    conc1 = conc * np.clip(0.56 + 0.05 * rng.normal(size=rows), 0.3, 0.95)
    distance = np.abs(rng.normal(np.where(gamma, 195, 185), np.where(gamma, 65, 85)))
    turn = np.where(rng.random(rows) < 0.5, -1.0, 1.0)
    asymmetry = length * (0.25 * np.tanh((distance - 150) / 60) + rng.normal(0, 0.5, rows)) + np.where(gamma, 0, 6)
    third_long = length * (0.55 * np.cbrt(asymmetry / length) + 0.25 * rng.normal(size=rows))
    third_across = turn * width * (0.55 + 0.2 * rng.normal(size=rows))
    alpha = np.where(gamma, np.abs(rng.normal(0, 14, rows)), 90 * rng.random(rows)) * (1 + 6 / length)
    return pd.DataFrame({
        "length": length.round(4), "width": width.round(4), "size": size.round(4), "conc": conc.round(4),
        "conc1": conc1.round(4), "asymmetry": asymmetry.round(3), "third_long": third_long.round(4),
        "third_across": third_across.round(4), "alpha": np.minimum(alpha, 90).round(4), "distance": distance.round(3),
        "kind": np.where(gamma, "g", "h"),
    })  # fmt: skip


def money(rows: int = 30_000) -> pd.DataFrame:
    """Six months of a credit card: each bill follows from the last, what was paid of it, and what was spent since."""
    rng = np.random.default_rng(SEED + 2)
    age = np.clip(rng.gamma(6, 2.4, rows) + 21, 21, 79).astype(int)
    education = _choice(
        rng, ["graduate", "university", "school", "other"], np.tile([0.35, 0.47, 0.16, 0.02], (rows, 1))
    )
    married = rng.random(rows) < 1 / (1 + np.exp(-(age - 34) / 6))
    base = 11.0 + 0.5 * (education == "graduate") - 0.4 * (education == "school") + 0.015 * (age - 35)
    limit = np.maximum(np.exp(rng.normal(base, 0.8)) // 10_000, 1).astype(np.int64) * 10_000
    habit = rng.beta(0.6, 0.9, rows)  # share of the limit that tends to be used
    trouble = rng.random(rows) < 0.12 + 0.15 * (habit > 0.7)
    bill = (limit * habit * rng.lognormal(0, 0.15, rows)).round()
    bills, paid, delays = [], [], []
    delay = np.where(
        trouble, rng.integers(1, 4, rows), np.where(habit < 0.1, -2, np.where(rng.random(rows) < 0.4, -1, 0))
    )
    for _ in range(6):
        bills.append(bill)
        full, least = delay < 0, rng.random(rows) < 0.3
        some = bill * np.where(least, 0.04, rng.beta(1.2, 8, rows))
        pay = np.where(full, bill, np.where((delay > 0) & (rng.random(rows) < 0.6), 0, some))
        pay = np.maximum(np.where(full, pay, np.where(least, pay.round(-2), pay.round())), 0)
        paid.append(pay)
        delays.append(delay)
        spent = np.where(rng.random(rows) < 0.2, 0, limit * habit * rng.gamma(0.6, 0.12, rows))
        bill = np.where(full & (spent == 0), 0, (bill - pay) * np.where(delay >= 0, 1.015, 1.0) + spent).round()
        missed = (pay == 0) & (bills[-1] > 0)
        delay = np.where(missed, np.clip(delay + 1, 1, 8), np.where(delay > 0, np.maximum(delay - 1, 0), delay))
        delay = np.where(
            (delay == 0) & (rng.random(rows) < 0.06), -1, np.where((delay == -1) & (rng.random(rows) < 0.1), 0, delay)
        )
    risk = (
        -2.2 + 0.75 * np.maximum(delays[-1], 0) + 0.3 * np.maximum(delays[-2], 0) - 0.25 * np.log10(limit / 50_000 + 1)
    )
    table = {"limit": limit, "sex": np.where(rng.random(rows) < 0.6, "female", "male"), "education": education,
             "married": married, "age": age}  # fmt: skip
    for name, columns in (("delay", delays), ("bill", bills), ("paid", paid)):
        table |= {f"{name}_{k}": column.astype(np.int64) for k, column in enumerate(columns, 1)}
    return pd.DataFrame({**table, "default": rng.random(rows) < 1 / (1 + np.exp(-risk))})


def calls(rows: int = 45_211) -> pd.DataFrame:
    """Clients of a bank, how and when they were called, and whether they took the offer."""
    rng = np.random.default_rng(SEED + 3)
    age = np.clip(rng.gamma(9, 2.6, rows) + 17.5, 18, 95).astype(int)
    jobs = [
        "management",
        "technician",
        "entrepreneur",
        "blue-collar",
        "retired",
        "admin",
        "services",
        "student",
        "unemployed",
    ]
    weights = np.tile([0.21, 0.17, 0.03, 0.22, 0.02, 0.11, 0.09, 0.01, 0.03], (rows, 1))
    weights[age > 60] = [0.05, 0.02, 0.01, 0.02, 0.85, 0.01, 0.01, 0.001, 0.01]
    weights[age < 25, 7] = 0.45
    job = _choice(rng, jobs, weights)
    schooled = np.isin(job, ["management", "student", "entrepreneur"])
    education = _choice(
        rng,
        ["primary", "secondary", "tertiary", "unknown"],
        np.where(schooled[:, None], [0.03, 0.15, 0.78, 0.04], [0.2, 0.64, 0.12, 0.04]),
    )
    marital = _choice(
        rng, ["single", "married", "divorced"], np.stack([np.exp(-(age - 28) / 7), np.full(rows, 1.6), 0.004 * age], 1)
    )
    balance = (
        np.where(rng.random(rows) < 0.08, 0, np.sinh(rng.normal(1.6 + 0.012 * age + 0.4 * schooled, 1.1)) * 120 - 260)
        .round()
        .astype(int)
    )
    housing = rng.random(rows) < np.where(age > 58, 0.1, 0.62)
    loan = rng.random(rows) < 0.1 + 0.1 * (balance < 0) + 0.05 * housing
    months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    weights = np.where(
        housing[:, None], [3, 5, 1, 8, 45, 9, 14, 4, 1, 1, 8, 0.3], [4, 7, 1.5, 5, 16, 14, 16, 22, 2, 2, 9, 0.7]
    )
    month = _choice(rng, months, weights)
    unknown = (month == "may") & (rng.random(rows) < 0.6) | (month == "jun") & (rng.random(rows) < 0.8)
    contact = np.where(unknown, "unknown", np.where(rng.random(rows) < 0.93, "cellular", "telephone"))
    day = np.clip(np.where(month == "may", rng.normal(14, 7, rows), rng.normal(18, 8, rows)).round(), 1, 31).astype(int)
    before = rng.random(rows) < np.where(contact == "unknown", 0.02, 0.27)
    since = np.where(
        before, np.where(rng.random(rows) < 0.5, rng.normal(95, 8, rows), rng.gamma(6, 42, rows)).round(), -1
    ).astype(int)
    previous = np.where(before, rng.geometric(0.4, rows), 0)
    outcome = np.where(
        before, _choice(rng, ["failure", "other", "success"], np.tile([0.6, 0.22, 0.18], (rows, 1))), "unknown"
    )
    number = rng.geometric(np.where(month == "aug", 0.28, 0.4))
    duration = rng.lognormal(5.15 - 0.06 * number, 0.9).round().astype(int)
    score = (
        -4.2
        + 0.0042 * np.minimum(duration, 1500)
        + 2.2 * (outcome == "success")
        - 0.6 * housing
        + 1.2 * np.isin(month, ["mar", "sep", "oct", "dec"])
    )
    yes = rng.random(rows) < 1 / (1 + np.exp(-score - 0.3 * np.isin(job, ["student", "retired"])))
    return pd.DataFrame({
        "age": age, "job": job, "marital": marital, "education": education,
        "in_default": rng.random(rows) < 0.01 + 0.04 * (balance < -50),
        "balance": balance, "housing": housing, "loan": loan, "contact": contact, "day": day, "month": month,
        "duration": duration, "number": number, "since": since, "previous": previous, "outcome": outcome, "took": yes,
    })  # fmt: skip


def shops(rows: int = 20_000) -> pd.DataFrame:
    """Orders of 300 products in 250 towns: weight and price lie close to the product's, places to the town's."""
    rng = np.random.default_rng(SEED + 4)
    town = np.minimum(rng.pareto(1.1, rows) * 12, 249).astype(int)
    centre, spread = rng.uniform((40, -10), (60, 20), (250, 2)), rng.uniform(0.02, 0.12, 250)
    latitude, longitude = (centre[town] + rng.normal(size=(rows, 2)) * spread[town, None]).T
    product = np.minimum(rng.pareto(1.3, rows) * 20, 299).astype(int)
    weight, price = rng.lognormal(0, 1.2, 300)[product], rng.lognormal(3, 1.0, 300)[product]
    north = latitude > 50
    season = _choice(
        rng, ["spring", "summer", "autumn", "winter"], np.where(north[:, None], [2, 3, 2, 1], [2, 1, 2, 3])
    )
    discount = np.where(rng.random(rows) < 0.3, rng.choice([5, 10, 20], rows), 0)
    items = rng.geometric(1 / (1 + 20 / (price + 5)))
    return pd.DataFrame({
        "town": [f"town {k}" for k in town], "product": [f"product {k}" for k in product], "season": season,
        "weight": (weight * rng.lognormal(0, 0.05, rows)).round(3), "discount": discount, "items": items,
        "price": (price * rng.lognormal(0, 0.08, rows) * (1 - discount / 100)).round(2),
        "express": rng.random(rows) < 1 / (1 + np.exp(1.5 - 0.02 * price)),
        "latitude": latitude.round(4), "longitude": longitude.round(4),
    })  # fmt: skip


def _builtin(name: str) -> Callable[[], pd.DataFrame]:
    def load() -> pd.DataFrame:
        from sklearn import datasets

        loader = {"diabetes": datasets.load_diabetes, "cancer": datasets.load_breast_cancer}[name]
        return loader(as_frame=True).frame

    return load


TABLES: Mapping[str, Callable[[], pd.DataFrame]] = {
    "web": web,
    "physics": physics,
    "money": money,
    "calls": calls,
    "shops": shops,
    "diabetes": _builtin("diabetes"),
    "cancer": _builtin("cancer"),
}


if __name__ == "__main__":
    TABLES[sys.argv[1]]().to_csv(sys.argv[2], index=False)
