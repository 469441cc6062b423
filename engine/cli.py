"""The command line: parses the arguments, runs a command, and turns errors into a sentence and an exit status.

0: done. 2: a mistake of the person, told in one sentence on stderr. 130: stopped with Ctrl-C.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import engine
from engine import console
from engine.commands import evaluate, generate, impute, methods, profile, repeat, score
from engine.errors import Cancelled, TwinError

MISTAKE = 2
STOPPED = 130

_EXAMPLES = """examples:
  python -m engine profile people.csv
  python -m engine generate people.csv --out twin.csv --report twin.html
  python -m engine generate people.csv --out rich.csv --rows 1000 --given "income=>50K" --given "age=30..40"
  python -m engine evaluate people.csv twin.csv

Tables may be .csv, .csv.gz, .tsv, .parquet, .xlsx, .json or .jsonl. Each command has its own --help.
"""


class UsageError(TwinError):
    """The arguments are not those of the command."""


class _Parser(argparse.ArgumentParser):
    """Says one sentence instead of printing the usage and ending the process."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:].rstrip('.')}. See: {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    root = _Parser(
        prog=console.PROGRAM,
        description="Learns a table, makes a synthetic twin of it, and measures both.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    root.add_argument("--version", action="version", version=f"Tabular Twin {engine.__version__}")
    commands = root.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for command in (methods, profile, generate, repeat, impute, score, evaluate):
        name = command.__name__.rpartition(".")[2]
        sub = commands.add_parser(name, help=command.HELP, description=command.DESCRIPTION, allow_abbrev=False)
        command.add(sub)
        sub.set_defaults(run=command.run)
    return root


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    console.speak_utf8()
    logging.getLogger("engine").addHandler(logging.NullHandler())  # the person gets sentences, not log lines
    try:
        grammar = parser()
        asked = grammar.parse_args(arguments)
        if asked.command is None:
            grammar.print_help()
            return 0
        asked.run(asked)
        sys.stdout.flush()
        return 0
    except (Cancelled, KeyboardInterrupt):
        console.note("Stopped.")
        return STOPPED
    except TwinError as error:
        console.note(str(error))
        return MISTAKE
    except MemoryError:
        console.note("The computer's memory was not enough. Try fewer rows or columns, or a lighter method.")
        return MISTAKE
    except BrokenPipeError:
        # The reader of our output (such as `head`) has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except SystemExit as end:  # argparse, after --help or --version
        return int(end.code or 0)
