"""What is asked of the rows themselves: given values, and one column rebalanced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from engine.generators import registry
from engine.generators.base import Capability, GeneratorInfo
from engine.run import RunRequest
from engine.table.schema import Schema
from pages.ui import given, rebalance, state, widgets
from pages.ui.choices import Choices
from pages.ui.datasets import Dataset
from pages.ui.words import plain

_NOTHING = re.compile(r"(?<=[=|])(?=\||$)|(?<=[=,])(?=:)")


def draw(
    table: Dataset,
    schema: Schema,
    choices: Choices,
    info: GeneratorInfo | None,
    rows: int,
    distinct: Mapping[str, int],
) -> tuple[Choices, tuple[str, ...]]:
    """The choices as they stand on the page, and the problems that were told.

    info: of the method that will be tried first; rows: to make; distinct: values of each column.
    """
    able = info is None or Capability.GIVEN in info.capabilities
    if not able and info is not None:
        return choices, _cannot(table, choices, info)
    with st.expander(
        "Given values", key="given", icon=":material/push_pin:", expanded=_opened(table, "given", choices)
    ):
        st.caption(
            "What you choose here holds in every row of the twin; the other columns follow from it. "
            "The figures are of rows made without it."
        )
        found, problems = given.draw(table, schema, choices.given)
    with st.expander(
        "Rebalance", key="balance", icon=":material/balance:", expanded=_opened(table, "balance", choices)
    ):
        st.caption(
            "Each value of one column gets exactly the rows that you say, such as half of each class. "
            "The figures are of rows made without it."
        )
        balance, more = rebalance.draw(table, schema, choices.balance, rows, distinct)
    return replace(choices, given=found, balance=balance), (*problems, *more)


def _opened(table: Dataset, part: str, choices: Choices) -> bool:
    """Whether a part stands open: from the first time on that it held something."""
    return state.at_least(f"{part}-open-{table.id}", float(bool(getattr(choices, part)))) > 0


def _cannot(table: Dataset, choices: Choices, info: GeneratorInfo) -> tuple[str, ...]:
    """Says that the method cannot do it; what was asked for stands in the way until it is taken back."""
    able = [i.label for i in registry.infos() if Capability.GIVEN in i.capabilities]
    sentence = f"{info.label} can neither make rows with given values nor rebalance a column."
    sentence += f" These can: {', '.join(able)}." if able else ""
    if not choices.given and not choices.balance:
        st.caption(plain(sentence))
        return ()
    st.warning(plain(f"{sentence} You asked for {said(choices.request())}."), icon=":material/warning:")
    st.button("Take it back", key="take-back", on_click=_take_back, args=(table,))
    return (sentence,)


@widgets.later
def _take_back(table: Dataset) -> None:
    table.save_choices({**table.load_choices(), "given": {}, "balance": {}})


def said(request: RunRequest) -> str:
    """What was asked of the rows, in a few words; nothing where nothing was."""
    parts = [f"given {', '.join(map(_shown, request.given))}"] if request.given else []
    parts += [f"rebalanced {_shown(request.balance)}"] if request.balance else []
    return "; ".join(parts)


def _shown(text: str) -> str:
    """As the engine reads it, but for missing cells, which it writes as nothing."""
    return _NOTHING.sub("(missing)", text)


def tell(request: RunRequest) -> None:
    """A line on what was asked of the rows; nothing where nothing was."""
    if request.given:
        st.markdown(f":material/push_pin: Given: {', '.join(f'**{plain(_shown(text))}**' for text in request.given)}")
    if request.balance:
        st.markdown(f":material/balance: Rebalanced: **{plain(_shown(request.balance))}**")
