"""The page that describes a table: the editor of its columns, its rules, and what was made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.errors import TwinError
from engine.library.entries import file_stem
from engine.limits import Limits
from engine.table.schema import Constraint, Kind, Schema
from engine.table.write import FORMATS, to_bytes
from pages.ui import cached, formulas, profiled, state, widgets
from pages.ui.certified import TABLES
from pages.ui.words import count, plain

if TYPE_CHECKING:
    import pandas as pd

    from engine.table.schema import Column

_ROWS, _SEED, _RULES, _UPLOAD = "describe-rows", "describe-seed", "describe-rules", "describe-file"
_KINDS = [str(kind) for kind in Kind]
_USUAL_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Described:
    """What the page says now. problems: (row of the editor from 1 or 0 for rules, sentence)."""

    schema: Schema
    problems: tuple[tuple[int, str], ...]


def draw() -> Described:
    """The editor with its tools; what it says now."""
    base = state.described_base(_example)
    _sources()
    described = _columns(base)
    described = _rules(base, described)
    for row, sentence in described.problems:
        widgets.error_box(f"Row {row}: {sentence}" if row else sentence)
    _make(described)
    return described


def _example() -> Schema:
    from engine.described.cells import EXAMPLE

    return EXAMPLE


# Where to begin


def _sources() -> None:
    """Begin with a file, with the table that is worked on, or with the example."""
    with st.expander("Begin with a schema, a table, or the example", key="describe-begin"):
        upload = st.file_uploader("A schema.json, saved here or by the command line", type="json", key=_file_key())
        if upload is not None:
            _load(upload.getvalue())
        with st.container(horizontal=True, gap="small"):
            table = state.dataset()
            if table is not None:
                st.button(
                    f"Columns of {plain(table.title)}",
                    key="describe-table",
                    on_click=_begin_with_table,
                    help="Names, kinds and formats only: no value of the table goes over.",
                )
            st.button("The example", key="describe-example", on_click=lambda: state.describe(_example()))
            st.button("An empty table", key="describe-empty", on_click=lambda: state.describe(_empty()))


def _file_key() -> str:
    return f"{_UPLOAD}-{state.described_round()}"


def _empty() -> Schema:
    from engine.table.schema import Column

    return Schema((Column("id", Kind.IDENTIFIER),))


def _load(content: bytes) -> None:
    try:
        state.describe(Schema.loads(content))
    except TwinError as error:
        widgets.error_box(error)
    else:
        st.rerun()


def _begin_with_table() -> None:
    from engine import described

    table = state.dataset()
    if table is not None:
        state.describe(described.start(cached.chosen_schema(table).selected))


# The editor


def _columns(base: Schema) -> Described:
    frame = st.data_editor(
        _frame(base),
        key=f"describe-{state.described_round()}",
        num_rows="dynamic",
        hide_index=True,
        placeholder="",
        column_config=_config(),
        height="content",
        alt="The columns to make: name, kind, content, bounds, labels and missing cells of each",
    )
    st.caption("Only name and kind are needed. Add a row at the end for a further column.")
    return _read(base, frame)


def _frame(base: Schema) -> pd.DataFrame:
    import pandas as pd

    from engine.described import cells

    rows = [cells.cells_of(column) for column in base]
    frame = pd.DataFrame(rows, columns=list(cells.CELLS))
    words = {name: "str" for name in cells.CELLS if name not in (cells.MISSING, cells.UNIQUE)}
    return frame.astype({**words, cells.MISSING: "float64", cells.UNIQUE: "boolean"})  # all hold a new row's gaps


def _config() -> dict[str, Any]:
    from engine.described import cells

    config = st.column_config
    return {
        cells.NAME: config.TextColumn("Column", required=True, width=120, pinned=True),
        cells.KIND: config.SelectboxColumn("Kind", options=_KINDS, required=True, default="text", width=110),
        cells.CONTENT: config.SelectboxColumn(
            "Spread or content",
            options=list(cells.CONTENTS),
            width=150,
            help="Of numbers and dates a distribution, or a sequence; of personal columns what they hold.",
        ),
        cells.LOW: config.TextColumn("Low", width=100, help="Lowest value; of texts the fewest characters."),
        cells.HIGH: config.TextColumn("High", width=100, help="Highest value; of texts the most characters."),
        cells.LABELS: config.TextColumn(
            "Labels", width=180, help="Of categories, with weights behind colons if they differ: basic: 6, plus: 3"
        ),
        cells.MISSING: config.NumberColumn("Missing", min_value=0, max_value=100, default=0, format="%g%%", width=80),
        cells.UNIQUE: config.CheckboxColumn("Unique", default=False, width=70),
        cells.PARAMETERS: config.TextColumn(
            "Parameters", width=110, help="Of the distribution, with commas between them; of a sequence its step."
        ),
        cells.FORM: config.TextColumn(
            "Form",
            width=130,
            help="Of keys a pattern (A a letter, a a small one, 9 a digit), of dates one such as %d.%m.%Y, of decimals "
            "their number, of personal columns and texts a locale such as de_DE.",
        ),
    }


def _read(base: Schema, frame: pd.DataFrame) -> Described:
    """Rows of the editor as a schema; what cannot be read is left out, and told."""
    from engine import described
    from engine.described import cells

    columns: list[Column] = []
    problems: list[tuple[int, str]] = []
    for row, (place, values) in enumerate(zip(frame.index.tolist(), _records(frame), strict=True), start=1):
        known = base.columns[place] if isinstance(place, int) and place < len(base) else None
        try:
            column = cells.column_of(values, known)
            if any(column.name == other.name for other in columns):
                problems.append((row, f"There is a column “{column.name}” already."))
                continue
            columns.append(described.complete(Schema((column,))).columns[0])
        except TwinError as error:
            problems.append((row, str(error)))
    if not columns and not problems:
        problems.append((0, "Describe at least one column."))
    return Described(Schema(tuple(columns), base.name), tuple(problems))


def _records(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows with None for empty cells."""
    plain_cells = frame.astype(object).where(frame.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain_cells.to_dict("records")]


def _rules(base: Schema, described: Described) -> Described:
    """Rules as text, one a line; those that text cannot say stay as they were loaded."""
    from engine import constraints

    written, kept = _written(base)
    with st.expander("Rules that every row keeps", key="describe-rules-part"):
        text = st.text_area(
            "One a line",
            key=state.seed(f"{_RULES}-{state.described_round()}", "\n".join(written)),
            placeholder="start <= end\nnet + tax = gross",
            help="Such as start <= end, price > 0, net + tax = gross, unique(a, b), or an expression.",
        )
        if kept:
            st.caption(f"And {count(len(kept), 'rule')} of the schema that cannot be written as a line.")
    rules, problems = list(kept), list(described.problems)
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            rules.append(constraints.parse_rule(line, described.schema))
        except TwinError as error:
            problems.append((0, f"Rule “{line}”: {error}"))
    schema = replace(described.schema, constraints=tuple(rules))
    if not problems:
        try:
            constraints.check_all(schema)
        except TwinError as error:
            problems.append((0, str(error)))
    return Described(schema, tuple(problems))


def _written(base: Schema) -> tuple[list[str], list[Constraint]]:
    from engine import constraints

    written, kept = [], []
    for rule in base.constraints:
        try:
            text = constraints.write_rule(rule, base)
            same = constraints.parse_rule(text, base, rule.treat) == rule
        except TwinError:
            same, text = False, ""
        if same:
            written.append(text)
        else:
            kept.append(rule)
    return written, kept


# Making


def _make(described: Described) -> None:
    limits = Limits.from_environment()
    most = max(1, min(limits.max_rows_to_make, limits.max_cells // max(len(described.schema), 1)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        usual = min(_USUAL_ROWS, most)
        rows = st.number_input(
            "Rows", min_value=1, max_value=most, value=usual, step=100, key=_ROWS, persist_state="session", width=160
        )
        seed = st.number_input(
            "Seed",
            min_value=0,
            value=0,
            step=1,
            key=_SEED,
            persist_state="session",
            width=120,
            help="Same seed, same rows.",
        )
        blocked = bool(described.problems)
        if st.button(
            "Make data", type="primary", key="describe-make", icon=":material/auto_awesome:", disabled=blocked
        ):
            state.note_described(described.schema.dumps(), int(rows), int(seed))
        st.download_button(
            "Save schema",
            data=described.schema.dumps().encode(),
            file_name="schema.json",
            mime="application/json",
            on_click="ignore",
            key="describe-save",
            icon=":material/download:",
            help="Load it here again, or use it on the command line.",
        )


def draw_result(described: Described) -> None:
    """What was made last, with small charts and downloads. Raises TwinError when it cannot be made."""
    asked = state.described_made()
    if asked is None:
        return
    text, rows, seed = asked
    with st.spinner("Making rows …"):
        table = cached.described(text, rows, seed)
    schema = Schema.loads(text)
    st.header(f"{count(len(table), 'row')}, {count(len(table.columns), 'column')}", anchor=False)
    if text != described.schema.dumps():
        st.caption("Made before the last change. Press “Make data” to make it anew.")
    with st.container(horizontal=True, gap="small", key="describe-downloads"):
        for key in TABLES:
            form = FORMATS[key]
            first = key == TABLES[0]
            st.download_button(
                f"Download {form.label}" if first else form.label,
                data=_bytes(text, rows, seed, key),
                file_name=f"{file_stem(schema.name or 'described')}{form.suffix}",
                mime=form.mime,
                on_click="ignore",
                type="primary" if first else "secondary",
                icon=":material/download:",
                key=f"describe-download-{key}",
            )
    formulas.draw(hashlib.sha256(f"{rows} {seed} {text}".encode()).hexdigest(), table, schema.selected)
    widgets.table_view(table, "describe-preview", "First rows of the made table", schema)
    profiled.profiles(cached.described_profile(text, rows, seed), schema)


def _bytes(text: str, rows: int, seed: int, key: str) -> Callable[[], bytes]:
    chosen = formulas.choice()

    def make() -> bytes:
        return to_bytes(cached.described(text, rows, seed), Schema.loads(text), key, chosen)

    return make
