"""The race on the page: what will be tried, and afterwards who won, why, and how every method was judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from engine.advice import Advice
from engine.generators import registry
from engine.race import RaceResult
from pages.ui.words import plain, seconds

if TYPE_CHECKING:
    from engine.results import StoredResult

RACING = "Race"


def foretell(advised: tuple[Advice, ...], budget: float | None) -> None:
    """What a race will try, and for how long. budget: the person's, in seconds."""
    from engine.race.running import SECONDS

    labels = ", ".join(f"**{registry.GENERATORS[a.method].info.label}**" for a in advised if a.suited)
    st.markdown(
        f"Tries every method that suits, one after another: {labels}. Each learns a part of the table and is judged on "
        "rows set aside: how alike its rows are, how useful, and whether it remembers single rows. The best one is "
        "then trained on all rows."
    )
    st.caption(
        f"{seconds(budget or SECONDS).capitalize()} for the race at most (*Time limit* under *More options*), then the "
        "winner's training. Every method has its default settings."
    )


def found(result: StoredResult) -> RaceResult | None:
    """The race of a run, None where there was none."""
    told = result.figures.get("race")
    return RaceResult.from_json(told) if told else None


def reason(result: StoredResult) -> None:
    """Why the winner was chosen; nothing where there was no race."""
    race = found(result)
    if race is not None:
        st.info(plain(race.reason), icon=":material/trophy:")


def table(result: StoredResult) -> None:
    """Every method of the race beside fresh real rows."""
    import pandas as pd

    from engine.race import telling
    from engine.race.judge import TOLERATED

    race = found(result)
    if race is None:
        return
    reason(result)
    rows = pd.DataFrame(telling.rows(race), columns=list(telling.HEADER))
    wide = st.column_config.TextColumn(width="large")
    st.dataframe(
        rows,
        hide_index=True,
        key="race",
        column_config={telling.HEADER[-1]: wide},
        alt="Every method of the race, with its marks",
    )
    st.caption(
        f"Every method learned {race.rows['learned']:,} rows and was judged on {race.rows['aside']:,} set aside, in "
        f"{seconds(race.seconds)}. Mark: the mean of fidelity (shapes, trends, not told apart by a classifier) and "
        "utility. Nearer to training rows: 50% is the aim; a method that is surely beyond "
        f"{100 * TOLERATED:g}% is out. "
        "The figures on the other views are of the winner's training afterwards."
    )
