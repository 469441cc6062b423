"""What several pages draw: heading with the line of steps, guards, errors, forms from settings, tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, ParamSpec

import streamlit as st

from engine.errors import TwinError
from pages.ui import cached, state
from pages.ui.datasets import Dataset
from pages.ui.words import plain

if TYPE_CHECKING:
    import pandas as pd

    from engine.generators.base import GeneratorInfo
    from engine.settings import SettingField
    from engine.table.schema import Schema

STEPS = (
    ("Upload", state.UPLOAD_PAGE),
    ("Configure", state.CONFIGURE_PAGE),
    ("Train", state.TRAIN_PAGE),
    ("Compare", state.COMPARE_PAGE),
)
_LATER = "twin-told-later"
P = ParamSpec("P")
PREVIEW = 500  # rows of a table that are shown
COPIED = 100  # rows that are made ready to be copied
FEW = 10  # rows up to which a table is as high as they are
LONG, WIDE = 30, 240  # characters of a name, and pixels for a column with a longer one


def dark() -> bool:
    """Whether the page is dark, for charts."""
    return bool(st.context.theme.type == "dark")


# Heading and guards


def heading(step: str, title: str, lead: str = "") -> None:
    """The line of steps, then what this page is about."""
    _steps(step)
    st.title(title, anchor=False)
    if lead:
        st.markdown(lead)


def _steps(current: str) -> None:
    """Where one is on the way; steps already open are links, later ones are text (a faint link can hardly be read)."""
    reached = _reached()
    names = [name for name, _ in STEPS]
    with st.container(horizontal=True, gap="xsmall", key="steps", wrap=False, vertical_alignment="center"):
        for place, (name, page) in enumerate(STEPS):
            icon = f":material/counter_{place + 1}:"
            if place < reached and place < names.index(current):
                icon = ":material/check_circle:"
            if place > reached:
                st.caption(f"{icon} {name}", width="content")
                continue
            st.page_link(page, label=f"**{name}**" if name == current else name, icon=icon, help="")


def _reached() -> int:
    """The number of the last step that can be opened."""
    table = state.dataset()
    if table is None:
        return 0
    return 3 if state.run_id() else 2


def need_table() -> Dataset:
    """The session's table; where there is none, a way to one, and the page ends."""
    table = state.dataset()
    if table is None:
        st.info("There is no table here yet. Upload one, or try a sample.", icon=":material/table:")
        if st.button("Choose a table", type="primary", key="to-upload"):
            st.switch_page(state.UPLOAD_PAGE)
        st.stop()
    table.touch()
    cached.housekeep()
    return table


def need_run() -> str:
    """The session's run; where there is none, a way to one, and the page ends."""
    run = state.run_id()
    if run is None:
        st.info("Nothing has been trained on this table yet.", icon=":material/model_training:")
        if st.button("Go to training", type="primary", key="to-train"):
            st.switch_page(state.TRAIN_PAGE)
        st.stop()
    return run


# Errors


def error_box(error: TwinError | str) -> None:
    """What went wrong by the person's doing, as a sentence."""
    st.error(plain(str(error)), icon=":material/error:")


@contextmanager
def told() -> Iterator[None]:
    """Tells what goes wrong inside, and ends the page there. A bug passes through and stays loud."""
    try:
        yield
    except TwinError as error:
        error_box(error)
        st.stop()


def later(act: Callable[P, None]) -> Callable[P, None]:
    """For what a button or an input does before the page is drawn again: what goes wrong is told on the page."""

    @wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            act(*args, **kwargs)
        except TwinError as error:
            state.put(_LATER, str(error))

    return acting


def tell_later() -> None:
    """What went wrong before the page was drawn."""
    if problem := state.take(_LATER):
        error_box(problem)


# Forms


def settings_form(info: GeneratorInfo, values: Mapping[str, Any]) -> dict[str, Any]:
    """Inputs for a method's settings, the rarer ones folded away; what they hold now."""
    from engine.settings import describe

    fields = describe(info.settings)
    found: dict[str, Any] = {}
    common = [f for f in fields if not f.advanced]
    rare = [f for f in fields if f.advanced]
    if common:
        with st.grid("auto", min_column_width=260):
            found |= {f.name: _input(info.key, f, values) for f in common}
    if rare:
        with st.expander("More settings", key=f"more-{info.key}"), st.grid("auto", min_column_width=260):
            found |= {f.name: _input(info.key, f, values) for f in rare}
    return found


def _input(method: str, field: SettingField, values: Mapping[str, Any]) -> Any:
    """One input, as fits the setting's type, bounds and choices; for its first value see `options.draw`."""
    key, value = f"set-{method}-{field.name}", values.get(field.name, field.default)
    if field.type is bool:
        return st.toggle(field.label, value=bool(value), key=key, help=field.help)
    if field.choices is not None:
        choices = list(field.choices)
        place = choices.index(value) if value in choices else choices.index(field.default)
        return st.selectbox(field.label, choices, index=place, key=key, help=field.help)
    if field.type is str:
        return st.text_input(field.label, value=str(value), key=key, help=field.help)
    return _number(field, key, value)


def _number(field: SettingField, key: str, value: Any) -> int | float:
    whole = field.type is int
    convert = int if whole else float
    found = st.number_input(
        field.label,
        value=convert(value),
        min_value=None if field.low is None else convert(field.low),
        max_value=None if field.high is None else convert(field.high),
        step=1 if whole else None,
        format="%d" if whole else "%g",
        key=key,
        help=f"{field.help} {_bounds(field)}".strip(),
    )
    return convert(found)


def _bounds(field: SettingField) -> str:
    if field.low is None and field.high is None:
        return ""
    if field.high is None:
        return f"At least {field.low:g}."
    return f"At most {field.high:g}." if field.low is None else f"From {field.low:g} to {field.high:g}."


# Tables


def table_view(frame: pd.DataFrame, key: str, alt: str, schema: Schema | None = None) -> None:
    """The first rows of a table, to scroll through and to search; with a schema, as the source writes them."""
    shown = frame.head(PREVIEW)
    shown = shown if schema is None else schema.to_text(shown)
    config = {name: st.column_config.Column(width=WIDE) for name in map(str, shown.columns) if len(name) > LONG}
    height: int | Literal["content"] = 390 if len(shown) > FEW else "content"
    st.dataframe(shown, hide_index=True, height=height, column_config=config, key=key, alt=alt)
    if len(frame) > PREVIEW:
        st.caption(f"The first {PREVIEW} of {len(frame):,} rows.")
    copying(shown, key)


def copying(shown: pd.DataFrame, key: str) -> None:
    """The rows as text with a button that copies it; made only when it is opened.

    Streamlit's own copying is off together with its download, which writes formulas as they are.
    """
    opened = st.popover(
        "Copy rows", icon=":material/content_copy:", key=f"copy-{key}", type="tertiary", on_change="rerun"
    )
    if not opened.open:
        return
    from engine.table.copied import as_text

    with opened:
        told = f"The first {COPIED} of these rows" if len(shown) > COPIED else "These rows"
        st.caption(f"{told}, to be pasted into a spreadsheet. Cells that it would run as formulas begin with ’.")
        st.code(as_text(shown.head(COPIED)), language=None, height=260)


def small_table(rows: Sequence[Mapping[str, str]], key: str, alt: str) -> None:
    """A few rows of words in plain text: broken into lines on a phone, and free to be marked and copied."""
    import pandas as pd

    frame = pd.DataFrame([{plain(name): plain(cell) for name, cell in row.items()} for row in rows])
    with st.container(key=key):
        st.table(frame, hide_index=True, alt=alt)


def next_step() -> None:
    """The way from a page beside the journey back to it."""
    table = state.dataset()
    page, label = (state.UPLOAD_PAGE, "Choose a table") if table is None else (state.CONFIGURE_PAGE, "Go on")
    if st.button(label, type="primary", key="next", icon=":material/arrow_forward:"):
        st.switch_page(page)
