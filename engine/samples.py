"""The tables that come with the product: what each shows, where it is from, and under which licence."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """One table under assets/samples: plain facts, so that listing them reads no file."""

    key: str
    title: str
    file: str
    rows: int
    columns: int
    shows: str  # one sentence: what is instructive about it
    has: tuple[str, ...]  # the same in catchwords
    source: str
    licence: str

    @property
    def path(self) -> Path:
        return FOLDER / self.file


SAMPLES: tuple[Sample, ...] = (
    Sample(
        key="census",
        title="Census income",
        file="census.csv.gz",
        rows=48_842,
        columns=15,
        shows="Work, family and income of adults: many categories, spikes at round numbers.",
        has=("categories", "spikes", "gaps"),
        source="“Adult”, UCI Machine Learning Repository",
        licence="CC BY 4.0",
    ),
    Sample(
        key="airbnb",
        title="New York stays",
        file="airbnb.csv.gz",
        rows=48_895,
        columns=11,
        shows="Prices and places of listings: missing dates, 220 quarters, very long tails.",
        has=("places", "dates", "gaps", "long tails"),
        source="New York City Airbnb Open Data",
        licence="CC0",
    ),
    Sample(
        key="titanic",
        title="Titanic passengers",
        file="titanic.csv",
        rows=1_309,
        columns=8,
        shows="Who survived: mixed kinds and ages that are missing for one in five.",
        has=("mixed kinds", "gaps"),
        source="Vanderbilt Biostatistics",
        licence="Public domain",
    ),
    Sample(
        key="penguins",
        title="Palmer penguins",
        file="penguins.csv",
        rows=344,
        columns=8,
        shows="Measures of three species: a small table with clear groups.",
        has=("small", "groups"),
        source="palmerpenguins",
        licence="CC0",
    ),
    Sample(
        key="weather",
        title="Seattle weather",
        file="seattle-weather.csv",
        rows=1_461,
        columns=6,
        shows="A day per row for four years: dates and a strong yearly cycle.",
        has=("dates", "seasons"),
        source="NOAA",
        licence="Public domain",
    ),
)


def get(key: str) -> Sample:
    """The sample of a key. Raises KeyError when there is none."""
    return {sample.key: sample for sample in SAMPLES}[key]
