"""The secret of pseudonyms on the configure page. It is held by the session and written nowhere."""

from __future__ import annotations

import streamlit as st

from engine.table.schema import Kind, Schema
from pages.ui import state, widgets
from pages.ui.datasets import Dataset


def asks(schema: Schema) -> bool:
    """Whether a column has pseudonyms."""
    return any(c.pseudonym and c.kind is Kind.PERSONAL for c in schema.selected)


def draw(table: Dataset, schema: Schema) -> tuple[str, ...]:
    """The field where a column has pseudonyms; what is wrong with what it holds, told."""
    if not asks(schema):
        return ()
    from engine.fakers.pseudonyms import SHORTEST

    typed = st.text_input(
        "Secret for pseudonyms (optional)",
        type="password",
        key=state.seed(f"secret-{table.id}", state.secret(table)),
        autocomplete="off",
        width=420,
        help="With the same secret, the same real value gets the same pseudonym in every run and table. Without one, "
        "pseudonyms are the same within this table only. It is kept for this session and written nowhere: keep it "
        "yourself. Who has it can find out the pseudonym of any name.",
    )
    state.keep_secret(table, typed)
    if typed and len(typed.encode()) < SHORTEST:
        problem = f"The secret needs {SHORTEST} characters or more; shorter ones can be found by trying."
        widgets.error_box(problem)
        return (problem,)
    return ()


def of(table: Dataset, schema: Schema) -> bytes | None:
    """The secret for a run; None where none is asked for or given."""
    typed = state.secret(table)
    return typed.encode() if typed and asks(schema) else None


def tell(table: Dataset, schema: Schema) -> None:
    """Before a run: whether the pseudonyms will be those of the secret."""
    if asks(schema):
        how = "by your secret" if state.secret(table) else "for this table only: no secret is given"
        st.markdown(f":material/key: Pseudonyms {how}.")
