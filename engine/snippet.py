"""A run as a Python file and as one command line: both give the same bytes again on the same table."""

from __future__ import annotations

import ast
import pprint
import shlex
from typing import Any

from engine.console import PROGRAM
from engine.recipe import Recipe
from engine.table.write import FORMATS

_WIDTH = 110

_TEXT = '''\
"""Repeats a run of Tabular Twin {version}: the same table gives the same synthetic rows, byte for byte.

    python {own} DATA OUT

Save it in the folder of Tabular Twin, where it finds the package `engine`, and use the Python of its environment.
DATA is the real table, and OUT the synthetic one; its ending says the format.
"""

# Made with {versions}.
# In one line, with the settings file: {command}
{notes}
import sys

import engine
from engine.run import RunRequest, execute
from engine.table.read import ReadOptions

FILE = {file}
READ = {read}
REQUEST = {request}
{secret}SCHEMA = {schema}


def main(data: str, out: str) -> None:
    reading = engine.read_table(data, name=FILE, options=ReadOptions(**READ))
    schema = engine.Schema.from_json(SCHEMA)
    result = execute(RunRequest.from_json(REQUEST), reading.frame, schema{given})
    engine.write_file(result.synthetic, out, schema.selected, {formulas})
    print(f"{{out}}: {{len(result.synthetic):,}} rows")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("Name the real table and the file to write.")
    main(*sys.argv[1:])
'''


def command(recipe: Recipe, stem: str, format: str = "csv") -> str:
    """The command line that repeats the run, given its settings file. stem: of the files' names."""
    files = (f"{stem}-settings.json", recipe.file, f"{stem}-again{FORMATS[format].suffix}")
    settings, data, out = (shlex.quote(" ".join(name.split())) for name in files)
    return f"{PROGRAM} repeat {settings} {data} --out {out}"


def python(recipe: Recipe, stem: str) -> str:
    """A Python file that repeats the run by itself, without the settings file. stem: of the files' names."""
    notes = [f"# {note}" for note in recipe.reservations()]
    made = ", ".join(f"{name} {version}" for name, version in recipe.made_by.items())
    return _TEXT.format(
        version=recipe.made_by.get("tabular-twin", ""),
        own=f"{_bare(stem)}-again.py",
        versions=made,
        command=command(recipe, stem),
        notes="".join(f"{note}\n" for note in notes),
        file=repr(recipe.file),
        read=_literal(dict(recipe.options)),
        request=_literal(recipe.request.to_json()),
        secret="SECRET: bytes | None = None  # of the pseudonyms, where one was given\n" if recipe.pseudonymous else "",
        schema=_literal(recipe.schema.to_json()),
        given=", secret=SECRET" if recipe.pseudonymous else "",
        formulas=repr(recipe.formulas),
    )


def _bare(text: str) -> str:
    """A name that can stand inside a docstring."""
    return "".join(c if c.isalnum() or c in "-_. " else "-" for c in text)


def _literal(data: Any) -> str:
    """Plain data as Python writes it, over several lines."""
    text = pprint.pformat(data, width=_WIDTH, sort_dicts=False)
    assert ast.literal_eval(text) == data
    return text
