"""A saved model, opened: more rows from it, and its passport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from engine.balance import KINDS
from engine.generators import registry
from engine.generators.base import Capability
from engine.library import items
from engine.library.entries import Entry, file_stem
from engine.library.store import Library
from engine.limits import Limits
from engine.run import RunRequest
from engine.synthesizer import AUTO
from engine.table.schema import Kind, Schema
from engine.table.write import to_bytes
from pages.ui import (
    cached,
    certified,
    downloads,
    formulas,
    given,
    keptfiles,
    live,
    rebalance,
    runs,
    shelf,
    state,
    whose,
    widgets,
    wishes,
)
from pages.ui.choices import EQUAL, OWN, Choices
from pages.ui.options import LARGEST_SEED
from pages.ui.sampled import Sampled
from pages.ui.words import count, plain, seconds, size

if TYPE_CHECKING:
    from engine.jobs import RunStatus

VIEWS = ("More rows", "Passport", "Figures")
LISTED = 2_000  # real values of one column that are shown


def draw(library: Library, entry: Entry) -> None:
    """What to look at, and that."""
    views = VIEWS if entry.about.figures else VIEWS[:2]
    view = st.segmented_control(
        "View", views, default=views[0], key="kept-view", required=True, label_visibility="collapsed"
    )
    if view == "Passport":
        _passport(library, entry)
    elif view == "Figures":
        shelf.figures(entry)
    else:
        _more(library, entry)


# More rows

_MADE = "kept-made"  # noted when a making has begun


def _more(library: Library, entry: Entry) -> None:
    now = _run(library, entry)
    if now is not None and not now.state.ended:
        st.subheader("Making rows", anchor=False)
        wishes.tell(now.request)
        live.watch(((now.id, ""),))
        return
    if now is not None:
        _made(library, entry, now)
    st.subheader("More rows", anchor=False)
    st.markdown("New rows from what the model learned; the real table is not needed.")
    _form(library, entry)


def _run(library: Library, entry: Entry) -> RunStatus | None:
    """The latest making of rows; None before any, and for a run of the address that is of something else."""
    run = state.making()
    now = runs.status(run) if run else None
    if now is None or now.trains or cached.jobs().schema(now.id) != keptfiles.schema(entry.id, library, entry):
        return None
    return now


def _form(library: Library, entry: Entry) -> None:
    """What to make, and the button for it."""
    schema = keptfiles.schema(entry.id, library, entry)
    most = Limits.from_environment().max_rows_to_make
    first = Choices(rows=entry.about.rows, seed=int(entry.about.facts.get("seed") or 0))
    before: Choices = state.chosen_for(entry.id) or first
    with st.grid("auto", min_column_width=220):
        rows = st.number_input(
            "Rows", 1, most, min(before.rows or 1, most), step=1, key="kept-many", help=f"Up to {most:,} in one go."
        )
        following = min(before.seed + 1, LARGEST_SEED)
        if state.take(_MADE):  # where the rows were there at once, the field was never gone and would keep its seed
            state.put("kept-seed", following)
        seed = st.number_input(
            "Seed",
            0,
            LARGEST_SEED,
            following,
            step=1,
            key="kept-seed",
            help="The same seed gives the same rows; this is the one after that of the rows made last.",
        )
    choices, problems = _wishes(library, entry, schema, replace(before, rows=int(rows), seed=int(seed)))
    request = RunRequest(
        method=str(entry.about.facts.get("method_used") or AUTO),
        rows=choices.rows,
        seed=choices.seed,
        given=choices.request().given,
        balance=_shares(choices, library, entry, schema),
        fallback=False,
        figures=False,
    )
    if st.button("Make rows", type="primary", key="make-rows", icon=":material/play_arrow:", disabled=bool(problems)):
        _start(library, entry, request, schema, choices)


def _wishes(library: Library, entry: Entry, schema: Schema, before: Choices) -> tuple[Choices, tuple[str, ...]]:
    """The choices with given values and shares as they stand on the page, and the problems that were told."""
    info = registry.GENERATORS[used].info if (used := _method(entry)) else None
    if info is not None and Capability.GIVEN not in info.capabilities:
        st.caption(plain(f"{info.label} can neither make rows with given values nor rebalance a column."))
        return before, ()
    source = _source(library, entry, schema)
    with st.expander("Given values", key="kept-given", icon=":material/push_pin:", expanded=bool(before.given)):
        st.caption("What you choose here holds in every row; the other columns follow from it.")
        found, problems = given.draw(source, schema, before.given)
    with st.expander("Rebalance", key="kept-balance", icon=":material/balance:", expanded=bool(before.balance)):
        st.caption("Each value of one column gets exactly the rows that you say, such as half of each class.")
        few = {c.name: source.distinct(c.name) for c in schema.modelled if c.kind in KINDS}
        balance, more = rebalance.draw(source, schema, before.balance, before.rows or 1, few)
    return replace(before, given=found, balance=balance), (*problems, *more)


def _shares(choices: Choices, library: Library, entry: Entry, schema: Schema) -> str:
    """The shares as the engine reads them. The model does not know by itself what values a number takes."""
    balance = choices.balance
    if balance.get("preset") == EQUAL and schema[str(balance["column"])].kind.numeric:
        source = _source(library, entry, schema)
        values = [value for value in cached.values(source, schema[str(balance["column"])]) if value]
        balance = {**balance, "preset": OWN, "own": {value: 100 / len(values) for value in values}}
    return replace(choices, balance=balance).balance_text()


def _method(entry: Entry) -> str:
    """The key of the method that learned the columns together, where this version has it."""
    used = str(entry.about.facts.get("method_used") or "")
    return used if used in registry.GENERATORS else ""


def _source(library: Library, entry: Entry, schema: Schema) -> Sampled:
    """What stands in for the real table: rows of the model, and the categories of its passport."""
    held = keptfiles.passport(entry.id, library, entry)
    labels = {c.name: held.values(c.name) for c in schema.modelled if c.kind is Kind.CATEGORICAL}
    return Sampled(entry.id, keptfiles.table(entry.id, library, entry), labels)


def _start(library: Library, entry: Entry, request: RunRequest, schema: Schema, choices: Choices) -> None:
    preview = keptfiles.table(entry.id, library, entry)
    with widgets.told():
        model = items.model_of(library, entry)
        run = cached.jobs().start_rows(request, model, schema, preview, owner=whose.owner())
    state.note_making(entry.id, run, choices)
    state.put(_MADE, True)
    st.rerun()


# The rows that were made


def _made(library: Library, entry: Entry, now: RunStatus) -> None:
    """What became of the last request."""
    if not now.state.has_result:
        if now.state == "cancelled":
            st.info("Stopped. Nothing was made.", icon=":material/stop_circle:")
        else:
            widgets.error_box(now.message)
        return
    result = cached.result(now.id)
    schema = keptfiles.schema(entry.id, library, entry)
    made = count(len(result.synthetic), "row")
    with st.container(border=True, key="made-rows"):
        st.markdown(f":material/check_circle: **{made}** made in {seconds(now.seconds)}, seed {now.request.seed}.")
        wishes.tell(now.request)
        with st.container(horizontal=True, gap="small"):
            stem = f"{file_stem(entry.name)}-{len(result.synthetic)}-rows"
            downloads.tables(stem, _file_of(now.id, schema), "made")
            of = certified.kept(now.id, result.synthetic, schema, str(entry.about.facts.get("run") or ""))
            certified.draw(stem, result.synthetic.size, of, "made-")
            _keep(library, entry, now)
        formulas.draw(now.id, result.synthetic, schema.selected)
        widgets.table_view(result.synthetic, "made-view", "First rows of those that were made", schema.selected)


def _file_of(run: str, schema: Schema) -> Callable[[str], Callable[[], bytes]]:
    chosen = formulas.choice()

    def of(key: str) -> Callable[[], bytes]:
        return lambda: to_bytes(cached.result(run).synthetic, schema, key, chosen)

    return of


def _keep(library: Library, entry: Entry, now: RunStatus) -> None:
    """The made rows as a dataset of the library."""
    if any(kept.about.facts.get("run") == now.id for kept in library.entries()):
        st.caption("Saved to the library.")
        return
    if not st.button("Save to the library", key="keep-made", icon=":material/bookmark_add:"):
        return
    result = cached.result(now.id)
    schema = keptfiles.schema(entry.id, library, entry)
    facts = {**entry.about.facts, "run": now.id, "seed": now.request.seed, "given": list(now.request.given)}
    facts |= {"balance": now.request.balance, "figures_of": "", "model": entry.id}
    about = replace(entry.about, rows=len(result.synthetic), figures=(), facts=facts)
    name = f"{entry.name}, {count(len(result.synthetic), 'row')}"
    library.save([items.dataset(name, result.synthetic, schema, about)])
    st.rerun()


# The passport


def _passport(library: Library, entry: Entry) -> None:
    """Every real value that the model holds, by column."""
    import pandas as pd

    schema = keptfiles.schema(entry.id, library, entry)
    held = keptfiles.passport(entry.id, library, entry)
    st.subheader("Passport", anchor=False)
    st.markdown(
        f"The model holds **{count(held.total, 'real value')}** of the table that it learned, and no whole row unless "
        "its method says so below. Identifiers, personal data and free text are never among them."
    )
    if method := _method(entry):
        st.caption(plain(registry.GENERATORS[method].info.holds))
    rows = [{"Column": n, "Kind": str(schema[n].kind), "Real values": c} for n, c in held.counts.items()]
    st.dataframe(
        pd.DataFrame(rows, columns=["Column", "Kind", "Real values"]),
        hide_index=True,
        key="passport",
        column_config={"Real values": st.column_config.NumberColumn(format="localized")},
        alt="How many real values the model holds of each column",
    )
    names = [name for name, many in held.counts.items() if many]
    if not names:
        return
    name = st.selectbox("Real values of", names, key=state.seed_within("passport-column", names), width=320)
    values = held.values(name, LISTED)
    st.dataframe(pd.DataFrame({name: values}), hide_index=True, key="passport-values", alt="The real values", width=420)
    if held.counts[name] > len(values):
        st.caption(f"The first {LISTED:,} of {held.counts[name]:,}. All of them are in the file below.")
    st.download_button(
        "Download the passport",
        data=held.path.read_bytes,
        file_name=f"{file_stem(entry.name)}-passport.parquet",
        mime="application/vnd.apache.parquet",
        on_click="ignore",
        icon=":material/download:",
        key="passport-file",
        help=f"Parquet, {size(held.path.stat().st_size)}: one line for each real value, with its column.",
    )
