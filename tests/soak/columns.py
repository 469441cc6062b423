"""Columns as files hold them: whatever somebody may upload, cell by cell as text; None is a missing cell."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import strategies as st

Cells = list[str | None]
Maker = Callable[[np.random.Generator, int], Cells]

_WORDS = (
    "alpha",
    "Beta",
    "γάμμα",
    "дельта",
    "日本",
    "🦊",
    "é",
    "é",
    "ﬁ",
    "İ",
    "ß",
    "naïve",
    "O'Neil",
    "a,b",
    "a;b",
    "x\ty",
)
_AWKWARD = (
    "=1+1", "+49 30 12345", "-", "@x", "<b>", "</script>", "NULL", "None", "nan", "NaN", "N/A", "#REF!", "inf", "∞",
    "true", "0", "-0", "00", "1e5", "1_000", "0x1F", "١٢٣", "1,5", "1.5", "1.234,5", "12:30", "2024-02-30",
    "99.99.9999", '"', "''", "\\", "\\n", "%s", "{x}", "$x$", ":red[x]", "_RARE_", " lead", "trail ", "\u200b",
    "\u202eabc", "\ufeff", "a\nb", "x" * 400,
)  # fmt: skip


def _whole(low: int, high: int) -> Maker:
    def make(rng: np.random.Generator, rows: int) -> Cells:
        span = high - low
        return [str(low + int(rng.random() * span)) for _ in range(rows)]

    return make


def _decimals(scale: float, form: Callable[[float], str]) -> Maker:
    return lambda rng, rows: [form(float(x)) for x in rng.standard_t(3, rows) * scale]


def _magnitudes(rng: np.random.Generator, rows: int) -> Cells:
    return [
        repr(float(math.copysign(10.0**e, s)))
        for e, s in zip(rng.uniform(-320, 308, rows), rng.normal(size=rows), strict=True)
    ]


def _unending(rng: np.random.Generator, rows: int) -> Cells:
    return [str(x) for x in rng.choice(["inf", "-inf", "nan", "1.5", "2", "-3.25", "Infinity", "1e400"], rows)]


def _dates(form: str, first: dt.date, last: dt.date) -> Maker:
    def make(rng: np.random.Generator, rows: int) -> Cells:
        days = rng.integers(0, (last - first).days + 1, rows)
        return [_date(form, first + dt.timedelta(days=int(day))) for day in days]

    return make


def _date(form: str, day: dt.date) -> str:
    return form.format(y=day.year, m=day.month, d=day.day)


def _moments(rng: np.random.Generator, rows: int) -> Cells:
    zone = rng.choice(["", "Z", "+02:00", "-05:30"])
    start = dt.datetime(2019, 3, 30, 22, 0)
    return [(start + dt.timedelta(seconds=int(s))).isoformat() + zone for s in rng.integers(0, 4 * 10**7, rows)]


def _mixed_zones(rng: np.random.Generator, rows: int) -> Cells:
    start = dt.datetime(2024, 1, 1)
    zones = rng.choice(["Z", "+02:00", "-05:30", "+14:00"], rows)
    spans = rng.integers(0, 10**7, rows)
    return [(start + dt.timedelta(seconds=int(s))).isoformat() + str(z) for s, z in zip(spans, zones, strict=True)]


def _among(values: Sequence[str]) -> Maker:
    return lambda rng, rows: [values[int(i)] for i in rng.integers(0, len(values), rows)]


def _keys(form: str) -> Maker:
    return lambda rng, rows: [form.format(int(i)) for i in rng.permutation(rows)]


def _mails(rng: np.random.Generator, rows: int) -> Cells:
    return [f"{'abcdefgh'[int(i) % 8]}.muster{int(i)}@example.org" for i in rng.integers(0, 500, rows)]


def _sentences(rng: np.random.Generator, rows: int) -> Cells:
    words = np.array([*_WORDS, "the", "of", "late", "delivery", "broken"], dtype=object)
    return [" ".join(rng.choice(words, int(rng.integers(0, 12)))) for _ in range(rows)]


def _mixture(rng: np.random.Generator, rows: int) -> Cells:
    """Several kinds in one column."""
    makers = [
        _whole(0, 50),
        _among(_AWKWARD),
        _dates("{y:04d}-{m:02d}-{d:02d}", dt.date(1900, 1, 1), dt.date(2100, 1, 1)),
    ]
    parts = [maker(rng, rows) for maker in makers]
    return [parts[int(k)][i] for i, k in enumerate(rng.integers(0, len(parts), rows))]


MAKERS: dict[str, Maker] = {
    "small whole numbers": _whole(-3, 12),
    "whole numbers": _whole(-10_000, 10_000_000),
    "numbers at the end of 64 bits": _whole(2**63 - 5, 2**63 + 5),
    "numbers beyond 64 bits": _whole(-(10**30), 10**30),
    "decimals": _decimals(12.5, lambda x: f"{x:.2f}"),
    "decimals with comma": _decimals(4_000, lambda x: f"{x:.3f}".replace(".", ",")),
    "money": _decimals(4_000, lambda x: f"{x:,.2f} €".replace(",", " ").replace(".", ",").replace(" ", ".", 1)),
    "percents": _decimals(30, lambda x: f"{x:.1f} %"),
    "full precision": _decimals(1.0, repr),
    "all magnitudes": _magnitudes,
    "infinities": _unending,
    "ISO dates": _dates("{y:04d}-{m:02d}-{d:02d}", dt.date(1999, 1, 1), dt.date(2026, 1, 1)),
    "extreme dates": _dates("{y:04d}-{m:02d}-{d:02d}", dt.date(1, 1, 1), dt.date(9999, 12, 31)),
    "German dates": _dates("{d:02d}.{m:02d}.{y:04d}", dt.date(1999, 1, 1), dt.date(2026, 1, 1)),
    "ambiguous dates": _dates("{m}/{d}/{y:04d}", dt.date(2020, 1, 1), dt.date(2020, 12, 12)),
    "moments": _moments,
    "several zones": _mixed_zones,
    "epoch milliseconds": _whole(1_500_000_000_000, 1_700_000_000_000),
    "yes and no": _among(("yes", "no")),
    "categories": _among(_WORDS),
    "awkward cells": _among(_AWKWARD),
    "one value": _among(("same",)),
    "one awkward value": _among(("=cmd|' /C calc'!A0",)),
    "keys": _keys("{:05d}"),
    "keys with letters": _keys("AB-{:04d}-X"),
    "mail addresses": _mails,
    "sentences": _sentences,
    "several kinds": _mixture,
}  # fmt: skip


def _unicode(draw: st.DrawFn, rows: int) -> Cells:
    """Whatever Hypothesis thinks of: it is good at finding what breaks text."""
    pool = draw(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=6))
    places = draw(st.lists(st.integers(0, len(pool) - 1), min_size=rows, max_size=rows)) if rows <= 8 else None
    return [pool[i if places is None else places[i]] if places else pool[i % len(pool)] for i in range(rows)]


def _floats(draw: st.DrawFn, rows: int) -> Cells:
    pool = draw(st.lists(st.floats(), min_size=1, max_size=8))
    return [repr(pool[i % len(pool)]) for i in range(rows)]


@st.composite
def cells(draw: st.DrawFn, rows: int) -> Cells:
    """One column of so many rows, with a pattern of missing cells."""
    kind = draw(st.sampled_from([*MAKERS, "any text", "any floats"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if kind == "any text":
        found = _unicode(draw, rows)
    elif kind == "any floats":
        found = _floats(draw, rows)
    else:
        found = MAKERS[kind](rng, rows)
    missing = draw(st.sampled_from(("none", "none", "some", "most", "all", "a block")))
    return [None if gone else cell for cell, gone in zip(found, _gaps(missing, rng, rows), strict=True)]


def _gaps(pattern: str, rng: np.random.Generator, rows: int) -> list[bool]:
    if pattern == "a block":
        start, end = sorted(rng.integers(0, rows + 1, 2).tolist())
        return [start <= row < end for row in range(rows)]
    share = {"none": 0.0, "some": 0.2, "most": 0.9, "all": 1.0}[pattern]
    return [bool(gone) for gone in rng.random(rows) < share]
