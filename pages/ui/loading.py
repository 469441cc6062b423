"""“Load settings” on the configure page: what a settings file says becomes what is chosen here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.errors import SettingsError, TwinError
from engine.protection import Protection
from engine.table.schema import Kind, Schema
from pages.ui import cached, runs, state, widgets
from pages.ui.choices import DATA, EQUAL, OWN, Choices
from pages.ui.datasets import Dataset
from pages.ui.options import LARGEST_SEED
from pages.ui.words import count, plain

if TYPE_CHECKING:
    from engine.recipe import Recipe
    from engine.run import RunRequest

_LOADED = "settings-loaded"  # the table's id and what was loaded for it, until the person goes on


def tell(table: Dataset) -> None:
    """What was just loaded, alone on the page; nothing otherwise.

    A browser keeps what an input holds as long as that is on the page; so all are away once, and then drawn anew.
    """
    known = state.value(_LOADED)
    if known is not None and known[0] == table.id:
        _told(known[1])
        st.stop()


def draw(table: Dataset) -> None:
    """The window to load in."""
    with st.popover("Load settings", icon=":material/upload_file:", key="load-settings", type="tertiary"):
        st.markdown("The settings file of an earlier run on this table, or on one with the same columns.")
        file = st.file_uploader(
            "Settings file", type=["json"], key="settings-file", max_upload_size=20, label_visibility="collapsed"
        )
        if file is None:
            return
        try:
            notes = _take(table, file.getvalue())
        except TwinError as error:
            widgets.error_box(error)
            return
        state.put(_LOADED, (table.id, notes))
        st.rerun()


def _told(notes: tuple[str, ...]) -> None:
    st.success(plain(notes[0]), icon=":material/check_circle:")
    for note in notes[1:]:
        st.markdown(f"- {plain(note)}")
    st.button("Look through the settings", type="primary", key="loaded-on", on_click=state.clear_inputs)


def _take(table: Dataset, content: bytes) -> tuple[str, ...]:
    """Choose what the file says; in words, what that is. Raises TwinError, and then nothing is changed."""
    from engine.recipe import Recipe

    recipe = Recipe.loads(content)
    asked = replace(table, options=dict(recipe.options))
    _check_columns(cached.schema(asked), recipe.schema)
    cached.profile(asked, recipe.schema)  # whether each kind fits the values of this table
    choices = of_recipe(recipe)
    if dict(recipe.options) != dict(table.options):
        cached.read_as(table, recipe.options)
    table.save_schema(recipe.schema)
    table.save_choices(choices.to_json())
    state.renew_editor()
    return _said(recipe), *recipe.reservations()


def _said(recipe: Recipe) -> str:
    request = recipe.request
    columns = count(len(recipe.schema.selected), "column")
    rows = "as many rows as the table has" if request.rows is None else count(request.rows, "row")
    method = runs.method_label(request.method)
    return f"Loaded from a run on “{recipe.file}”: {columns}, method {method}, {rows}, seed {request.seed}."


def _check_columns(found: Schema, wanted: Schema) -> None:
    absent = [name for name in wanted.names if name not in found]
    further = [name for name in found.names if name not in wanted]
    if absent or further:
        odd = absent or further
        told = "lacks" if absent else "has more than the settings know:"
        raise SettingsError(
            f"These settings are of a table with other columns: this one {told} “{odd[0]}”"
            f"{f' and {len(odd) - 1} more' if len(odd) > 1 else ''}."
        )
    if found.names != wanted.names:
        raise SettingsError("These settings are of a table with the same columns in another order.")


def of_recipe(recipe: Recipe) -> Choices:
    """The form as it stood for such a run. Raises TwinError for what cannot be chosen on a page."""
    request = recipe.request
    request.check(recipe.schema)
    if request.seed > LARGEST_SEED:
        raise SettingsError(f"The seed {request.seed} is larger than a page can hold; use the command line.")
    return Choices(
        method=request.method,
        settings={request.method: dict(request.settings)},
        rows=request.rows,
        seed=request.seed,
        holdout=request.holdout,
        release=request.release,
        budget=request.budget,
        fallback=request.fallback,
        charts=request.charts,
        protection=request.protection.to_json() if request.protection != Protection() else {},
        depth=request.depth,
        target=request.target,
        guess=request.guess,
        known=request.known,
        person=request.person,
        drop_near=request.drop_near,
        splits=request.splits,
        given=_given(request, recipe.schema),
        balance=_balance(request, recipe.schema),
    )


def _given(request: RunRequest, schema: Schema) -> dict[str, str]:
    """The given values by column. Raises SettingsError where a column has several."""
    from engine.conditions import read_given

    found: dict[str, str] = {}
    for text, condition in zip(request.given, read_given(request.given, schema), strict=True):
        if condition.column in found:
            raise SettingsError(f"Column “{condition.column}” is given twice; use the command line for that.")
        found[condition.column] = text
    return found


def _balance(request: RunRequest, schema: Schema) -> dict[str, object]:
    """The shares as the form of the page holds them."""
    from engine.balance import read_balance
    from engine.conditions import read_given, spelled

    found = read_balance(request.balance, schema, read_given(request.given, schema))
    if found is None:
        return {}
    if found.rule is not None:
        return {"column": found.column, "preset": EQUAL if found.rule == "equal" else DATA, "own": {}}
    column = schema[found.column]
    labelled = column.kind is Kind.CATEGORICAL
    own = {("" if v is None else str(v)) if labelled else spelled(v, column): share for v, share in found.shares}
    return {"column": found.column, "preset": OWN, "own": own}
