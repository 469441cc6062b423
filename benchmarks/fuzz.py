"""Thousands of changed files of every kind that anyone may hand in: is each a table, or one sentence?

    python benchmarks/fuzz.py [--kinds text,xlsx,parquet,json,schema,settings,model] [--cases 1000] [--seed 0]
                              [--keep FOLDER] [--seconds 60] [--memory 1500]

Changed are bytes, members of archives, and single values (see `mutated_files.py`); kind and seed give the same file
every time. What is read goes on through inference, profile and writing; a schema makes rows, a model draws some. Case
after case runs in a process of its own for each kind, which may take so many megabytes more than it has at its start.
Wrong is whatever is neither done nor one sentence of the engine's own errors: another error, the end of the process, a
case that takes longer than --seconds, a message of several lines or of more than 1,000 characters. Such inputs are kept
in FOLDER, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import select
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import mutated_files  # noqa: E402
from engine.errors import TwinError  # noqa: E402

_LONGEST = 1_000  # characters of a sentence
_STRANGE = re.compile("[\n\r\ud800-\udfff]")  # no sentence has them, and half characters cannot even be shown
_START = 60.0  # seconds that a process may take to begin
ENDINGS = {
    "text": ("t.csv", "t.csv.gz", ""),
    "xlsx": ("t.xlsx",),
    "parquet": ("t.parquet",),
    "json": ("t.json", "t.jsonl", ""),
}


def outcome(kind: str, seed: int) -> str:
    """“done”, “refused”, or what is wrong."""
    return judged(kind, mutated_files.made(kind, seed), seed)


def judged(kind: str, body: bytes, seed: int = 0) -> str:
    """The same for a given file."""
    try:
        _OPENERS[kind](body, seed)
    except TwinError as error:
        if len(error.message) > _LONGEST or _STRANGE.search(error.message):
            return f"no sentence: {error.message[:200]!r}, {len(error.message):,} characters"
        return "refused"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        places = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        return f"{type(error).__name__}: {str(error)[:120]!r} ({' '.join(places[-4:])})"
    return "done"


def _table(kind: str) -> Callable[[bytes, int], None]:
    def opened(body: bytes, seed: int) -> None:
        from engine.table.infer import infer_schema
        from engine.table.profile import profile_table
        from engine.table.read import read_table
        from engine.table.write import to_bytes

        reading = read_table(body, name=ENDINGS[kind][seed % len(ENDINGS[kind])])
        schema = infer_schema(reading.frame, name=reading.name)
        table = schema.parse(reading.frame)
        profile_table(table, schema)
        to_bytes(table, schema, ("csv", "json", "parquet")[seed % 3])

    return opened


def _schema(body: bytes, seed: int) -> None:
    from engine.described.making import make
    from engine.table.schema import Schema
    from engine.table.write import to_bytes

    schema = Schema.loads(body)
    to_bytes(make(schema, 20, seed), schema, "csv")


def _settings(body: bytes, seed: int) -> None:
    from engine.recipe import Recipe

    Recipe.loads(body).dumps()


def _model(body: bytes, seed: int) -> None:
    from engine.synthesizer import Synthesizer

    twin = Synthesizer.load(body)
    twin.sample_parsed(20, seed=1)
    twin.passport()


_OPENERS: dict[str, Callable[[bytes, int], None]] = {
    **{kind: _table(kind) for kind in ENDINGS},
    "schema": _schema,
    "settings": _settings,
    "model": _model,
}


# The process of one kind: a line before each case, and one behind it.


def work(kind: str, seeds: range, memory: int) -> None:
    warnings.simplefilter("ignore")
    mutated_files.made(kind, 0)
    outcome(kind, -1)  # whatever is loaded late is loaded now
    _be_modest(memory)
    for seed in seeds:
        print(seed, flush=True)
        print(json.dumps([outcome(kind, seed), _peak()]), flush=True)


def _be_modest(memory: int) -> None:
    import resource

    taken = next(
        int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if "VmData" in line
    )
    most = 1024 * taken + memory * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _peak() -> int:
    """Megabytes that the process held at most so far."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


# The process that starts them and watches the clock


@dataclass
class Tally:
    """What became of the cases of one kind."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[tuple[int, str]] = field(default_factory=list)
    slowest: tuple[float, int] = (0.0, -1)
    peak: int = 0

    def add(self, seed: int, said: str, seconds: float) -> None:
        self.counts[said if said in ("done", "refused") else "wrong"] += 1
        self.slowest = max(self.slowest, (seconds, seed))
        if said not in ("done", "refused"):
            self.wrong.append((seed, said))


def tried(kind: str, seeds: range, patience: float, memory: int) -> Tally:
    """All cases of one kind; after a crash or a hang another process goes on behind the case."""
    tally, following = Tally(), seeds.start
    while following < seeds.stop:
        command = [
            sys.executable,
            __file__,
            "--work",
            kind,
            "--seed",
            str(following),
            "--cases",
            str(seeds.stop - following),
        ]
        with subprocess.Popen(
            [*command, "--memory", str(memory)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            following = _listen(process, tally, following, patience)
            process.kill()
            if following is None:
                raise SystemExit(process.stderr.read().decode() if process.stderr else "")
    return tally


def _listen(process: subprocess.Popen[bytes], tally: Tally, following: int, patience: float) -> int | None:
    """The first case that is still to be tried; None where not one could be begun."""
    begun = None
    while True:
        start = time.perf_counter()
        line = _line(process, patience if begun is not None else _START)
        if line is None or line == b"":
            if begun is None:
                return following if process.wait() == 0 else None
            said = "no end" if line is None else f"the process ended ({process.wait()})"
            tally.add(begun, said, time.perf_counter() - start)
            return begun + 1
        if begun is None:
            begun = int(line)
        else:
            said, peak = json.loads(line)
            tally.add(begun, said, time.perf_counter() - start)
            tally.peak = max(tally.peak, peak)
            begun, following = None, begun + 1


def _line(process: subprocess.Popen[bytes], patience: float) -> bytes | None:
    """A line; empty at the end, None where none comes in time."""
    assert process.stdout is not None
    if not select.select([process.stdout], [], [], patience)[0]:
        return None
    text = b""
    while not text.endswith(b"\n") and (more := os.read(process.stdout.fileno(), 1)):
        text += more
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join(mutated_files.KINDS))
    parser.add_argument("--cases", type=int, default=1_000, help="of each kind")
    parser.add_argument("--seed", type=int, default=0, help="of the first case")
    parser.add_argument("--keep", type=Path, help="folder for the inputs that went wrong")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--memory", type=int, default=1_500, help="megabytes")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.cases)
    if asked.work:
        work(asked.work, seeds, asked.memory)
        return 0
    keep = asked.keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
    print(
        "| kind | cases | done | refused | wrong | slowest | most memory |\n|---|---|---|---|---|---|---|", flush=True
    )
    wrong = 0
    for kind in asked.kinds.split(","):
        tally = tried(kind, seeds, asked.seconds, asked.memory)
        counts = tally.counts
        print(
            f"| {kind} | {counts.total():,} | {counts['done']:,} | {counts['refused']:,} | {counts['wrong']:,} "
            f"| {tally.slowest[0]:.1f} s (seed {tally.slowest[1]}) | {tally.peak:,} MB |",
            flush=True,
        )
        wrong += len(tally.wrong)
        keep.mkdir(parents=True, exist_ok=True)
        for seed, said in tally.wrong:
            (keep / f"{kind}-{seed}").write_bytes(mutated_files.made(kind, seed))
            print(f"  {kind} {seed}: {said}", file=sys.stderr, flush=True)
    if wrong:
        print(f"{wrong:,} cases went wrong; their inputs are in {keep}.", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
