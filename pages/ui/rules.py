"""Rules on the configure page: those found, to tick; those of one's own; and the real rows that break them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from engine.errors import TwinError
from engine.table.schema import Constraint, Schema
from pages.ui import cached, closeup, ruleform, state, widgets
from pages.ui.datasets import Dataset
from pages.ui.words import count, plain

OPEN = "rules"
TREATED = {"drop": "Leave them out", "repair": "Repair them", "ignore": "Learn them as they are"}


def draw(table: Dataset, schema: Schema) -> tuple[Schema, tuple[str, ...]]:
    """The schema with the rules as they stand on the page, and the problems that were told.

    What the section holds is worked out only while it is open; an invalid rule keeps the way on shut all the same.
    """
    schema = replace(schema, constraints=cached.chosen_schema(table).constraints)
    state.seed(OPEN, bool(schema.constraints))
    with st.expander("Rules", key=OPEN, icon=":material/rule:", on_change="rerun") as section:
        if not section.open:
            return schema, ()
        st.caption(
            "A rule that you tick holds in every row of the twin. The rules listed are those that nearly all real rows "
            "keep; you may add your own."
        )
        problems = _listed(table, schema)
        ruleform.draw(table, schema)
    return schema, problems


def _listed(table: Dataset, schema: Schema) -> tuple[str, ...]:
    """All rules, chosen or offered, each in a box of its own."""
    with st.spinner("Looking for rules …"):
        found = {identity(f.constraint): f for f in closeup.found_rules(table, schema)}
    chosen = {identity(rule): rule for rule in schema.constraints}
    if not found and not chosen:
        st.markdown("No rule was found that nearly all real rows keep.")
    problems: list[str] = []
    for key, offer in found.items():
        problems += _box(table, schema, key, chosen.get(key, offer.constraint), ticked=key in chosen, own=False)
    for key, rule in chosen.items():
        if key not in found:
            problems += _box(table, schema, key, rule, ticked=True, own=True)
    if not problems:
        problems += _together(schema)
    return tuple(problems)


def identity(rule: Constraint) -> str:
    """The same for rules that say the same, whatever is done with real rows."""
    said = json.dumps([rule.kind, rule.columns, rule.options], sort_keys=True)
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _together(schema: Schema) -> Sequence[str]:
    """What is wrong with the rules beside each other."""
    from engine import constraints

    for sentence in constraints.left_out(schema):
        st.warning(plain(sentence), icon=":material/visibility_off:")
    try:
        constraints.check_all(schema.selected)
    except TwinError as error:
        widgets.error_box(error)
        return (str(error),)
    return ()


def _box(table: Dataset, schema: Schema, key: str, rule: Constraint, *, ticked: bool, own: bool) -> Sequence[str]:
    """One rule: whether it is to hold, and what becomes of real rows that break it."""
    from engine import constraints

    with st.container(border=True, gap="xsmall", key=f"rule-{key}"):
        try:
            sentence = constraints.describe(rule, schema)
            found = closeup.breaking(table, schema, rule)
        except TwinError as error:
            widgets.error_box(error)
            st.button("Remove", key=f"rule-off-{key}", on_click=_set, args=(table, rule, False))
            return (str(error),)
        name = f"rule-on-{key}"
        state.put(name, ticked)
        st.checkbox(
            plain(sentence[:1].upper() + sentence[1:]), key=name, on_change=_set, args=(table, rule, not ticked)
        )
        whose = "Your rule. " if own else ""
        if not found.broken:
            st.caption(f"{whose}No real row breaks it.")
            return ()
        verb = "breaks" if found.broken == 1 else "break"
        st.caption(f"{whose}{count(found.broken, 'real row')} of {found.rows:,} {verb} it.")
        _broken(table, schema, key, rule, found, ticked=ticked)
    return ()


def _broken(
    table: Dataset, schema: Schema, key: str, rule: Constraint, found: closeup.Breaking, *, ticked: bool
) -> None:
    """A look at the real rows that break a rule, and what is done with them."""
    from engine.constraints import KINDS

    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        kind = KINDS[rule.kind]
        if ticked:
            ways = [way for way in TREATED if way != "repair" or kind.repairs]
            name = f"rule-treat-{key}"
            state.put(name, rule.treat if rule.treat in ways else "drop")
            st.selectbox(
                "What becomes of them, before anything is learned",
                ways,
                key=name,
                format_func=TREATED.__getitem__,
                on_change=_treat,
                args=(table, rule, name),
                width=320,
                help=f"Repair: {kind.repairs}" if kind.repairs else f"They cannot be repaired: {kind.unrepairable}.",
            )
        look = st.toggle("Look at them", key=f"rule-look-{key}")
    if look:
        _rows(table, key, rule, found)


def _rows(table: Dataset, key: str, rule: Constraint, found: closeup.Breaking) -> None:
    """The first real rows that break a rule, its own columns in front."""
    frame = cached.reading(table).frame
    names = [*rule.columns, *(name for name in frame.columns if name not in rule.columns)]
    shown = frame.iloc[list(found.places)][names]
    shown.insert(0, "Row", [place + 1 for place in found.places], allow_duplicates=True)
    if not shown.columns.is_unique:
        shown = shown.iloc[:, 1:]
    st.dataframe(shown, hide_index=True, height=220, key=f"rule-rows-{key}", alt="Real rows that break the rule")
    if found.broken > len(found.places):
        st.caption(f"The first {len(found.places)} of {found.broken:,}.")


# Changing; these run before the page is drawn again


@widgets.later
def _set(table: Dataset, rule: Constraint, wanted: bool) -> None:
    """Take a rule in, or off."""
    schema = cached.chosen_schema(table)
    kept = tuple(own for own in schema.constraints if identity(own) != identity(rule))
    table.save_schema(replace(schema, constraints=(*kept, rule) if wanted else kept))


@widgets.later
def _treat(table: Dataset, rule: Constraint, name: str) -> None:
    """Do something else with real rows that break a rule; its place stays."""
    schema = cached.chosen_schema(table)
    changed = replace(rule, treat=str(state.value(name)))
    rules = tuple(changed if identity(own) == identity(rule) else own for own in schema.constraints)
    table.save_schema(replace(schema, constraints=rules))
