"""`repeat`: a run again, by its settings file."""

from __future__ import annotations

import argparse
from pathlib import Path

from engine import console
from engine.commands import common
from engine.commands.generate import secret_in
from engine.errors import SettingsError
from engine.recipe import Recipe

HELP = "repeat a run by its settings file"
DESCRIPTION = (
    "Carries out again what a settings file (“Settings” beside the downloads) says, on the same table: with the same "
    "versions the same rows come out, byte for byte."
)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("settings", metavar="SETTINGS.json", type=Path, help="the settings file of the run")
    common.add_data(parser)
    common.add_out(parser, help="the synthetic table to write")
    parser.add_argument(
        "--secret-file", metavar="FILE", type=Path, help="a file with the secret of the run's pseudonyms, if it had one"
    )


def run(arguments: argparse.Namespace) -> None:
    from engine.table.write import write_file

    common.check_out(arguments.out, arguments.data, arguments.settings)
    recipe = load(arguments.settings)
    for note in recipe.reservations():
        console.note(note)
    with console.Bar() as bar:
        result = recipe.carry_out(arguments.data, secret_in(arguments.secret_file), progress=bar)
    write_file(result.synthetic, arguments.out, recipe.schema.selected, recipe.formulas)
    console.say(
        f"{arguments.out}: {len(result.synthetic):,} rows, {len(result.synthetic.columns)} columns "
        f"(method {result.report.used or 'of single columns'}, seed {recipe.request.seed})"
    )


def load(path: Path) -> Recipe:
    """Raises SettingsError."""
    try:
        return Recipe.loads(path.read_bytes())
    except OSError as error:
        raise SettingsError(f"The settings “{path}” cannot be read: {error.strerror or error}.") from error
