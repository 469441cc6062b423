"""`methods`: the table of methods, and when to use each."""

from __future__ import annotations

import argparse
from typing import Any

from engine import console
from engine.generators import registry
from engine.generators.base import GeneratorInfo
from engine.settings import describe

HELP = "the methods, and when to use each"
DESCRIPTION = "Lists the methods in the order in which they are shown, with what each suits and can do."


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="everything about them, settings included, as JSON")


def run(arguments: argparse.Namespace) -> None:
    if arguments.json:
        console.say(console.dumps([facts(info) for info in registry.infos()]))
        return
    rows = [(i.key, i.label, str(i.family), _when(i)) for i in registry.infos()]
    console.say(console.table(("METHOD", "NAME", "FAMILY", "WHEN TO USE IT"), rows))


def _when(info: GeneratorInfo) -> str:
    missing = info.missing_packages()
    return f"(cannot run here: {', '.join(missing)} not installed) {info.when}" if missing else info.when


def facts(info: GeneratorInfo) -> dict[str, Any]:
    """All about a method as JSON values."""
    return {
        "key": info.key,
        "label": info.label,
        "family": str(info.family),
        "advanced": info.advanced,
        "summary": info.summary,
        "when": info.when,
        "holds": info.holds,
        "source": info.source,
        "capabilities": sorted(str(c) for c in info.capabilities),
        "min_rows": info.min_rows,
        "missing_packages": list(info.missing_packages()),
        "settings": [
            {
                "name": s.name,
                "type": s.type.__name__,
                "default": s.default,
                "help": s.help,
                "low": s.low,
                "high": s.high,
                "choices": s.choices,
                "advanced": s.advanced,
            }
            for s in describe(info.settings)
        ],
    }
