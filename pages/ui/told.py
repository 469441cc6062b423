"""What was done to make a twin, told beside its result: rare categories, columns on their own, everything noted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from engine.generators import registry
from engine.protection import KEEP, POOL
from pages.ui.words import count, plain

if TYPE_CHECKING:
    from engine.results import StoredResult

_NAMED = 4  # columns named in a line


def made(result: StoredResult, *, folded: bool = False) -> None:
    """A line each on rare categories, columns that were learned apart, and rules; all notes, folded away.

    folded: the lines too.
    """
    figures = result.figures
    lines = (
        _protection(figures.get("protection", {})),
        *_own(figures.get("own_methods", {})),
        _rules(figures.get("rules")),
    )
    told = [line for line in lines if line]
    notes = "\n".join(f"- {plain(str(note))}" for note in figures.get("notes", []))
    if not folded:
        _say(told)
    if notes or (folded and told):
        with st.expander("How it was made", key="how-made", icon=":material/notes:"):
            _say([*(told if folded else ()), notes])


def _say(texts: Sequence[str]) -> None:
    for text in texts:
        if text:
            st.markdown(text)


def _protection(found: Mapping[str, Any]) -> str:
    """What became of rare labels; nothing where there was none."""
    labels = sum(found.get("labels", {}).values())
    if found.get("how") == KEEP:
        return ":material/filter_alt: Rare categories were kept, as you chose."
    if not labels:
        return ""
    done = "joined under one name" if found["how"] == POOL else "replaced by those of similar rows"
    cells = count(sum(found["rows"].values()), "cell")
    return (
        f":material/filter_alt: Rare categories: {count(labels, 'label')} that fewer than {found['threshold']} rows "
        f"share {'was' if labels == 1 else 'were'} {done}, in {cells}."
    )


def _rules(found: Mapping[str, Any] | None) -> str:
    """How many rules hold, and what that took; nothing where there are none."""
    if not found:
        return ""
    kept = count(len(found["kept"]), "rule")
    line = f":material/rule: {kept} {'holds' if len(found['kept']) == 1 else 'hold'} in every row."
    made = found.get("made") or {}
    if made.get("redrawn"):
        line += f" {count(made['redrawn'], 'row was', 'rows were')} drawn again for that."
    if made.get("mended"):
        line += f" {count(made['mended'], 'row was', 'rows were')} mended at last."
    return line


def _own(methods: Mapping[str, str]) -> list[str]:
    """Columns that were learned apart, by method."""
    by_method: dict[str, list[str]] = defaultdict(list)
    for name, key in methods.items():
        by_method[key].append(name)
    return [
        f":material/call_split: On {'its' if len(names) == 1 else 'their'} own, by "
        f"{registry.GENERATORS[key].info.label if key in registry.GENERATORS else key}: {_named(names)}."
        for key, names in by_method.items()
    ]


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(f"**{plain(name)}**" for name in names[:_NAMED]) + more
