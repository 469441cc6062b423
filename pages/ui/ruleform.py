"""A rule of one's own on the configure page: by a form for each kind, or as text."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import TwinError
from engine.table.schema import Constraint, Schema
from pages.ui import cached, state, widgets
from pages.ui.datasets import Dataset

if TYPE_CHECKING:
    from engine.constraints import Rule

FORM, TEXT = "By a form", "As text"
_FLAGS = frozenset({"open_low", "open_high", "strict", "functional"})
_ONLY_IN_FILES = frozenset({"values"})  # lists of combinations: schema.json carries them
_LABELS = {  # of options; what they mean stands behind the question mark
    "low": "Lowest value",
    "high": "Highest value",
    "open_low": "Without the lowest itself",
    "open_high": "Without the highest itself",
    "strict": "Never equal",
    "tolerance": "Tolerance",
    "functional": "The first fixes the others",
    "least": "Real rows of a combination",
    "regex": "Regular expression",
}
_PROBLEM = "rule-problem"
_COLUMNS, _TOTAL = "rule-columns", "rule-total"


def draw(table: Dataset, schema: Schema) -> None:
    """Inputs for a rule, and what is wrong with it once it is to be added."""
    from engine.constraints import KINDS

    st.markdown("**Add a rule**")
    how = st.segmented_control(
        "How", [FORM, TEXT], default=FORM, key="rule-how", required=True, label_visibility="collapsed"
    )
    if how == TEXT:
        st.text_input(
            "Rule",
            key="rule-text",
            placeholder="start <= end",
            help=f"For example: {', '.join(f'`{kind.form}`' for kind in KINDS.values())}. Names with spaces stand in "
            "backticks.",
        )
        st.button("Add", key="rule-add", icon=":material/add:", on_click=_add_text, args=(table, schema))
    else:
        kinds = {key: kind for key, kind in KINDS.items() if key != "expression"}
        key = str(
            st.selectbox(
                "Kind of rule",
                list(kinds),
                format_func=lambda k: kinds[k].label,
                key=state.seed_within("rule-kind", list(kinds)),
                width=420,
            )
        )
        _form(schema, kinds[key])
        st.button("Add", key="rule-add", icon=":material/add:", on_click=_add_form, args=(table, schema, key))
    if problem := state.take(_PROBLEM):
        widgets.error_box(problem)


def _form(schema: Schema, kind: type[Rule]) -> None:
    """The columns of a kind of rule, in its order, and its options."""
    names = list(schema.selected.names)
    with st.grid("auto", min_column_width=240):
        if kind.most > 2:
            label = "Parts of the sum" if kind.key == "sum" else "Columns"
            st.multiselect(label, names, key=f"{_COLUMNS}-{kind.key}", placeholder="Choose columns", select_all=False)
            if kind.key == "sum":
                st.selectbox("Total", names, index=None, key=f"{_TOTAL}-{kind.key}", placeholder="Choose a column")
        else:
            for place, label in enumerate(_places(kind)):
                key = f"{_COLUMNS}-{kind.key}-{place}"
                st.selectbox(label, names, index=None, key=key, placeholder="Choose a column")
        for name, meaning in kind.options.items():
            if name not in _ONLY_IN_FILES:
                _option(kind, name, meaning)


def _places(kind: type[Rule]) -> tuple[str, ...]:
    if kind.most == 1:
        return ("Column",)
    return ("The smaller or earlier one", "The greater or later one") if kind.key == "order" else ("One", "The other")


def _option(kind: type[Rule], name: str, meaning: str) -> None:
    label, key = _LABELS.get(name, name), f"rule-option-{kind.key}-{name}"
    told = f"{meaning[:1].upper()}{meaning[1:]}."
    if name in _FLAGS:
        st.toggle(label, key=key, help=told)
    else:
        st.text_input(label, key=key, help=told)


# Adding; these run before the page is drawn again


def _add_text(table: Dataset, schema: Schema) -> None:
    from engine.constraints import parse_rule

    text = str(state.value("rule-text", ""))
    if not text.strip():
        state.put(_PROBLEM, "Write a rule first, such as start <= end.")
        return
    try:
        _keep(table, schema, parse_rule(text, schema))
    except TwinError as error:
        state.put(_PROBLEM, str(error))
        return
    state.put("rule-text", "")


def _add_form(table: Dataset, schema: Schema, key: str) -> None:
    from engine.constraints import KINDS

    kind = KINDS[key]
    columns = _columns(kind)
    if None in columns or not columns:
        state.put(_PROBLEM, "Choose the columns that the rule speaks of.")
        return
    try:
        options = {name: found for name in kind.options if (found := _read(kind, name)) is not None}
        _keep(table, schema, Constraint(key, tuple(str(c) for c in columns), options))
    except TwinError as error:
        state.put(_PROBLEM, str(error))
        return
    state.clear(_COLUMNS, _TOTAL, f"rule-option-{key}")


def _columns(kind: type[Rule]) -> list[str | None]:
    if kind.most <= 2:
        return [state.value(f"{_COLUMNS}-{kind.key}-{place}") for place in range(kind.most)]
    chosen = list(state.value(f"{_COLUMNS}-{kind.key}", []))
    return [*chosen, state.value(f"{_TOTAL}-{kind.key}")] if kind.key == "sum" else chosen


def _read(kind: type[Rule], name: str) -> Any:
    """An option's value from its input; None where it was left out."""
    found = state.value(f"rule-option-{kind.key}-{name}")
    if name in _FLAGS:
        return True if found else None
    text = str(found or "").strip()
    if not text:
        return None
    if kind.key == "pattern":
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _keep(table: Dataset, schema: Schema, rule: Constraint) -> None:
    """Take a rule in. Raises TwinError where it does not fit the columns or another rule."""
    from engine import constraints

    saved = cached.chosen_schema(table)
    grown = replace(schema, constraints=(*saved.constraints, rule))
    constraints.describe(rule, grown)
    constraints.check_all(grown.selected)
    table.save_schema(replace(saved, constraints=grown.constraints))
