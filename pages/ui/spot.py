"""“Spot the fake”: a game of rows of which half are real. How often one is right says more than any figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import NotApplicable
from pages.ui import cached, giveaway, state
from pages.ui.words import plain, share

if TYPE_CHECKING:
    from engine.evaluation.spotting import Round
    from engine.results import StoredResult

SPOT = "Spot the fake"
COLUMNS = 8  # shown at first
_LENGTH = 60  # characters of a value
_COLUMNS = "spot-columns"


@st.fragment
def draw(run_id: str, result: StoredResult) -> None:
    from engine.evaluation import spotting
    from engine.seeds import stream

    game = _game(run_id)
    schema = cached.jobs().schema(run_id).selected
    try:
        dealt = spotting.deal(cached.real(run_id), result.synthetic, schema, stream(game["round"], "spot the fake"))
    except NotApplicable as error:
        st.info(f"There is no game with this table: {plain(str(error))}.", icon=":material/info:")
        return
    half = len(dealt.made) // 2
    st.markdown(f"**{half} of these {2 * half} rows are real, {half} are made.** Tick those that you take for made.")
    names = _names(list(dealt.rows.columns))
    with st.grid(4, min_column_width=155):
        for place in range(len(dealt.made)):
            _card(dealt, place, names, game)
    _buttons(dealt, game)
    if game["answers"]:
        _standing(run_id, result, game)


def _game(run_id: str) -> dict[str, Any]:
    """The round that is played, what is ticked in it, whether it was answered, and all answers."""
    game = state.game(run_id)
    if not game:
        game.update(round=0, marks=set(), open=False, answers=[])
    return game


def _names(every: list[str]) -> list[str]:
    """The columns on the cards."""
    if len(every) <= COLUMNS:
        return every
    state.seed_all_within(_COLUMNS, every, every[:COLUMNS])
    with st.popover("Columns", icon=":material/view_column:", key="spot-menu"):
        chosen = st.multiselect("Columns on the cards", every, key=_COLUMNS)
    return [name for name in every if name in chosen] or every[:COLUMNS]


def _card(dealt: Round, place: int, names: list[str], game: dict[str, Any]) -> None:
    with st.container(border=True, height="stretch", gap="xsmall", key=f"spot-card-{place}"):
        key = f"spot-{game['round']}-{place}"
        st.checkbox(
            f"Row {place + 1} is made",
            key=state.seed(key, place in game["marks"]),
            disabled=game["open"],
            on_change=_mark,
            args=(game, place, key),
        )
        if game["open"]:
            _truth(dealt.made[place], place in game["marks"])
        cells = dealt.rows.iloc[place]
        lines = (f":small[{plain(name)} **{_cell(cells[name])}**]" for name in names)
        st.markdown("  \n".join(lines))


def _cell(value: Any) -> str:
    if value is None or value != value or not str(value).strip():
        return "–"
    text = str(value)
    return plain(text if len(text) <= _LENGTH else f"{text[: _LENGTH - 1]}…")


def _truth(made: bool, marked: bool) -> None:
    right = made == marked
    st.badge(
        f"{'Made' if made else 'Real'}: {'right' if right else 'wrong'}",
        icon=":material/check:" if right else ":material/close:",
        color="green" if right else "red",
    )


def _mark(game: dict[str, Any], place: int, key: str) -> None:
    (game["marks"].add if state.value(key) else game["marks"].discard)(place)


def _buttons(dealt: Round, game: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if game["open"]:
            st.button("Next round", type="primary", key="spot-next", on_click=_next, args=(game,))
        else:
            ticked = len(game["marks"])
            st.button(
                "Check", type="primary", key="spot-check", on_click=_answer, args=(game, dealt), disabled=not ticked
            )
            st.caption(f"{ticked} of {len(dealt.made) // 2} ticked.")
        if game["answers"]:
            st.button("Count anew", key="spot-anew", type="tertiary", on_click=_anew, args=(game,))


def _answer(game: dict[str, Any], dealt: Round) -> None:
    from engine.evaluation.spotting import Answer

    game["answers"].append(Answer(len(dealt.made), len(game["marks"]), dealt.hits(game["marks"])))
    game["open"] = True


def _next(game: dict[str, Any]) -> None:
    game.update(round=game["round"] + 1, marks=set(), open=False)


def _anew(game: dict[str, Any]) -> None:
    _next(game)
    game["answers"] = []


def _standing(run_id: str, result: StoredResult, game: dict[str, Any]) -> None:
    """The tally beside guessing and the classifier."""
    from engine.evaluation.spotting import Tally

    last, tally = game["answers"][-1], Tally.of(game["answers"])
    if game["open"]:
        st.markdown(f"**{last.hits} of {last.rows} right in this round.**")
    rounds = len(game["answers"])
    st.markdown(f"{'After one round' if rounds == 1 else f'After {rounds} rounds'}: {plain(tally.sentence)}")
    with st.grid(3, min_column_width=150):
        with st.container(border=True, height="stretch", gap="xsmall", key="spot-you"):
            st.metric("You", share(tally.hits / tally.rows))
            st.caption(f"{tally.hits} of {tally.rows} rows.")
        with st.container(border=True, height="stretch", gap="xsmall", key="spot-guess"):
            st.metric("Guessing", share(0.5))
            st.caption("A coin for each row.")
        with st.container(border=True, height="stretch", gap="xsmall", key="spot-classifier"):
            _classifier(run_id, result)


def _classifier(run_id: str, result: StoredResult) -> None:
    try:
        found = giveaway.known(run_id, result)
    except NotApplicable as error:
        st.markdown("Classifier")
        st.caption(f"Not measured, because {plain(str(error))}.")
        return
    if found is None:
        st.markdown("Classifier")
        st.caption(f"Not measured yet: “{giveaway.GIVEAWAY}” does it in seconds.")
        return
    st.metric("Classifier", share(found.auc))
    st.caption("Of pairs of a real and a made row, with all columns.")
