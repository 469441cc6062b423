"""`make mutants`: changes the code on purpose, a place at a time (mutmut), and tells which changes no test notices.

What is changed, and which tests are asked, stands in pyproject.toml. mutmut runs the tests that called a function while
it listened. Where tests share a fixture, only the first of them is seen to call what made it; so whatever survives is
tried once more with all tests of its part. Results are kept in mutants/, and the next run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import sysconfig
from collections import Counter, defaultdict
from fnmatch import fnmatch

from tools.apart import ROOT, Apart

APART = Apart("mutants")
PLACE = ROOT / "mutants"
AGAIN = PLACE / "again.json"  # what the second try of each survivor told
PATIENCE = 900  # seconds for all tests of a part
PARTS = {
    "engine.table.schema": ["tests/engine/table/test_schema.py", "tests/engine/table/test_convert.py"],
    "engine.codecs": ["tests/engine/codecs", "tests/contracts/test_codecs.py"],
    "engine.privacy": ["tests/engine/privacy"],
}
OPEN = ("survived", "no tests")
ENVIRONMENT = {**os.environ, "HYPOTHESIS_PROFILE": "mutants", "OMP_NUM_THREADS": "1"}


def outcomes() -> dict[str, str]:
    """The outcome of each mutant by its name, as mutmut and the second try found it."""
    told = subprocess.run(
        [APART.tool("mutmut"), "results", "--all", "true"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    found = dict(line.strip().rsplit(": ", 1) for line in told.splitlines() if ": " in line)
    again = json.loads(AGAIN.read_text()) if AGAIN.exists() else {}
    return {name: again.get(name, how) if how in OPEN else how for name, how in found.items()}


def try_again(name: str) -> str:
    """The outcome of one mutant under all tests of its part."""
    tests = next(tests for part, tests in PARTS.items() if name.startswith(part))
    command = [APART.tool("python"), "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    environment = {**ENVIRONMENT, "MUTANT_UNDER_TEST": name}
    try:
        done = subprocess.run(command, cwd=PLACE, env=environment, capture_output=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return "timeout"
    return "survived" if done.returncode == 0 else "killed"


def survivors(names: list[str]) -> None:
    """Try those once more that were let through, of these mutants or of all."""
    kept = json.loads(AGAIN.read_text()) if AGAIN.exists() else {}
    left = [name for name, how in outcomes().items() if how in OPEN and name not in kept]
    left = [name for name in left if any(fnmatch(name, wanted) for wanted in names or ["*"])]
    for at, name in enumerate(left, 1):
        kept[name] = try_again(name)
        AGAIN.write_text(json.dumps(kept, indent=1))
        print(f"  {at} of {len(left)}: {name} {kept[name]}", flush=True)


def table() -> str:
    """A line for each module, in Markdown."""
    modules: dict[str, Counter[str]] = defaultdict(Counter)
    for name, how in outcomes().items():
        modules[name.split(".x", 1)[0].removeprefix("engine.")][how] += 1
    lines = ["| module | mutants | killed | survived | timeout | not tried |", "|---|---:|---:|---:|---:|---:|"]
    for module, count in sorted(modules.items()):
        open_, late, rest = sum(count[how] for how in OPEN), count["timeout"], count["not checked"]
        killed = count.total() - open_ - late - rest
        lines.append(f"| {module} | {count.total()} | {killed} | {open_} | {late} | {rest} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help='mutants, such as "engine.table.schema*"; all by default')
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1, help="tests run side by side")
    parser.add_argument("--table", action="store_true", help="only tell what is known")
    arguments = parser.parse_args()
    try:
        APART.set_up()
        APART.lend(sysconfig.get_paths()["purelib"])
    except subprocess.CalledProcessError:
        print("mutmut cannot be installed: no package index can be reached.", file=sys.stderr)
        return 2
    if not arguments.table:
        command = [APART.tool("mutmut"), "run", "--max-children", str(arguments.children), *arguments.names]
        done = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT)
        if done.returncode:
            return done.returncode
        print("What survived, under all tests of its part:")
        survivors(arguments.names)
    print(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
