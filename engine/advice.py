"""Which method suits a table, ranked, each with its reason: for the configure page, `profile`, and `--method auto`.

A rule looks at plain facts of the table and gives a score (higher is better suited), whether the method suits, and one
sentence. A method without a rule of its own is judged by its rows and packages alone, so a new method needs no change
here. Nothing depends on how quick the machine is at the moment: time counts by a fixed reference machine, so that the
same table and versions give the same choice everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine import estimates
from engine.errors import MethodError
from engine.estimates import Estimate
from engine.facts import Facts, bare, look
from engine.generators import registry
from engine.generators.base import Capability, Family, GeneratorInfo
from engine.machine import REFERENCE
from engine.table.schema import Schema

if TYPE_CHECKING:
    import pandas as pd

    from engine.run import RunRequest

HARDLY = 10  # below this no correlation can be told from chance
FEW_ROWS = 100  # below this only statistical methods have enough to learn from
TREE_ROWS = 200  # from here on trees find more than a correlation matrix does
DEEP_ROWS = 1_000  # from here on every deep method may be worth its time
PATIENCE = 300.0  # seconds of a run with figures on the reference machine that people wait without having asked for it
WIDE = 300  # modelled columns from which a model per column becomes slow
SIMPLE = 8  # numbers and no other columns, at most that many: what kernel densities can fill


@dataclass(frozen=True, slots=True)
class Advice:
    """One method's suitability for a table. estimate: of a run on this machine, where one was asked for and known."""

    method: str
    suited: bool
    reason: str
    estimate: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        estimate = None if self.estimate is None else self.estimate.to_json()
        return {"method": self.method, "suited": self.suited, "reason": self.reason, "estimate": estimate}


Verdict = tuple[float, bool, str]


def advise(
    schema: Schema, rows: int, known: Facts | None = None, request: RunRequest | None = None
) -> tuple[Advice, ...]:
    """Every registered method, best suited first.

    known: the table's facts (`engine.facts.look`); without, the schema and the number of rows have to do.
    request: a run whose time and memory are estimated for each method; the ranking does not depend on it.
    """
    known = bare(schema, rows) if known is None else known
    judged = [(_judge(info, known), info.key) for info in registry.infos()]
    judged.sort(key=lambda entry: -entry[0][0])
    advised = tuple(Advice(key, suited, reason) for (_, suited, reason), key in judged)
    if request is None:
        return advised
    return tuple(replace(a, estimate=estimates.of_run(request, a.method, known.work)) for a in advised)


def best(schema: Schema, rows: int, known: Facts | None = None) -> str:
    """The method that `auto` takes. Raises MethodError when no method suits."""
    return first(advise(schema, rows, known)).method


def first(advices: tuple[Advice, ...]) -> Advice:
    """The best suited one, which `advise` puts first. Raises MethodError when none suits."""
    for advice in advices:
        if advice.suited:
            return advice
    raise MethodError(f"No method suits this table. {advices[0].reason if advices else ''}".strip())


def choose(table: pd.DataFrame, schema: Schema) -> Advice:
    """The method that “auto” takes for a parsed table, with the reason. Raises MethodError when none suits."""
    return first(advise(schema, len(table), look(table, schema)))


def able(schema: Schema, rows: int, capability: Capability) -> str:
    """The best method that has `capability`, a suited one if there is one. Raises MethodError when none has it."""
    advised = [a for a in advise(schema, rows) if capability in registry.GENERATORS[a.method].info.capabilities]
    for advice in sorted(advised, key=lambda a: not a.suited):
        info = registry.GENERATORS[advice.method].info
        if not info.missing_packages() and rows >= info.min_rows:
            return advice.method
    raise MethodError(f"No method that can run here on {_count(rows)} has {_LACKS.get(capability, capability)}.")


def remarks(known: Facts) -> tuple[str, ...]:
    """What was seen in the table, as sentences for people."""
    found = []
    if known.multimodal:
        found.append(f"Numbers with several clear peaks: {_names(known.multimodal)}.")
    if known.heavy_tails:
        found.append(f"Numbers with values far out: {_names(known.heavy_tails)}.")
    if known.tied:
        found.append(f"Columns that another one tells closely: {_names(known.tied)}.")
    if runs := tuple(dict.fromkeys((*known.sequential, *known.cyclical))):
        told = f"In the order of time these run on or come round: {_names(runs)}."
        kept = "" if "pattern" in registry.GENERATORS else " Every row is made by itself, so that order is not kept."
        found.append(told + kept)
    return tuple(found)


def _judge(info: GeneratorInfo, known: Facts) -> Verdict:
    if info.missing_packages():
        return -2.0, False, f"Needs {info.lacking()}."
    if known.rows < info.min_rows:
        return -1.0, False, f"Needs at least {info.min_rows} rows; the table has {known.rows}."
    rule = _RULES.get(info.key)
    return _by_family(info, known) if rule is None else rule(info, known)


def _slow(info: GeneratorInfo, known: Facts) -> float | None:
    """Seconds of a run with figures on the reference machine, where they are more than people wait for."""
    from engine.run import RunRequest

    found = estimates.of_run(RunRequest(), info.key, known.work, REFERENCE)
    return None if found is None or found.seconds <= PATIENCE else found.seconds


def _marginals(info: GeneratorInfo, known: Facts) -> Verdict:
    if known.columns <= 1:
        return 100.0, True, "There is only one column to learn, so there are no relations to keep."
    return 10.0, True, "Keeps each column's distribution, but no relations between columns; the baseline to beat."


def _copula(info: GeneratorInfo, known: Facts) -> Verdict:
    if known.columns <= 1:
        return 20.0, True, "There is only one column to learn, so a copula has no relations to add."
    if known.rows < HARDLY:
        return 80.0, True, f"{_count(known.rows)} show what a table looks like, hardly how its values are distributed."
    if known.rows < TREE_ROWS:
        return (
            80.0,
            True,
            f"With {_count(known.rows)} a correlation per pair of columns is what can be learned reliably.",
        )
    tails = f" Keeps heavy tails, as in {_names(known.heavy_tails)}." if known.heavy_tails else ""
    return 40.0, True, f"Quick, keeps columns and the correlation of pairs; misses more involved relations.{tails}"


def _trees(info: GeneratorInfo, known: Facts) -> Verdict:
    if known.columns <= 1:
        return 15.0, True, "There is only one column to learn, so trees have no relations to find."
    if known.rows < TREE_ROWS:
        return 30.0, False, f"With {_count(known.rows)} trees find too little; from about {TREE_ROWS} rows they lead."
    if known.columns > WIDE:
        return 35.0, True, f"Learns one model per column, which is slow with {known.columns} columns."
    missing = " Learns which cells are missing together." if known.missing else ""
    return 60.0, True, f"{_count(known.rows).capitalize()} are enough to learn relations of any shape.{missing}"


def _cascade(info: GeneratorInfo, known: Facts) -> Verdict:
    """The flagship: as trees, and ahead of them where there is time for it."""
    score, suited, reason = _trees(info, known)
    slow = _slow(info, known) if suited else None
    if slow is not None:
        return score - 1.0, suited, f"The closest method, but slow on a table of this size ({_minutes(slow)})."
    if suited and score >= 60.0:
        reason = f"The closest method on every table that we measured. {reason}"
    return score + 1.0, suited, reason


def _transformer(info: GeneratorInfo, known: Facts) -> Verdict:
    """Measured between cascade and forest, at many times their seconds."""
    if known.rows < DEEP_ROWS or known.columns <= 1:
        return _by_family(info, known)
    slow = _slow(info, known)
    if slow is not None:
        return 39.0, True, f"Close to the real table, but slow on a table of this size ({_minutes(slow)})."
    if known.structured:
        return 60.5, True, f"Suits structured tables: columns such as {_names(known.tied)} follow from others."
    return 50.0, True, f"Keeps relations of many columns; takes many times longer than trees. {info.when}"


def _vae(info: GeneratorInfo, known: Facts) -> Verdict:
    if known.rows < FEW_ROWS or known.columns <= 1:
        return _by_family(info, known)
    if known.rows < DEEP_ROWS:
        return (
            38.0,
            True,
            f"The deep method that learns from as few as {_count(known.rows)}; statistical ones are as good.",
        )
    slow = _slow(info, known)
    if slow is not None:
        return 36.0, True, f"Keeps many weak relations, but is slow on a table of this size ({_minutes(slow)})."
    return 45.0, True, f"Keeps many weak relations at once; takes many times longer than trees. {info.when}"


def _gan(info: GeneratorInfo, known: Facts) -> Verdict:
    if known.rows < DEEP_ROWS or not known.multimodal:
        return _by_family(info, known)
    return 44.0, True, f"Suits numbers with several peaks, as {_names(known.multimodal)} have."


def _kde(info: GeneratorInfo, known: Facts) -> Verdict:
    """Kernels fill few columns well, and many badly; unusual rows stay near the real ones."""
    if known.columns > SIMPLE:
        return 9.0, False, f"Suits up to {SIMPLE} columns; with more, rows stay close to real ones or relations blur."
    if known.work.levels:
        return (
            38.0,
            True,
            "Few columns are what kernels fill well; unusual rows stay near real ones, so look at the attacks.",
        )
    return 42.0, True, "A few columns of numbers, of whatever shape, are what kernels fill well."


def _pattern(info: GeneratorInfo, known: Facts) -> Verdict:
    runs = tuple(dict.fromkeys((*known.sequential, *known.cyclical)))
    if not runs:
        return 2.0, False, "The rows are no even series in time, so there is no order to keep."
    return 70.0, True, f"The rows are a series in time: it keeps how {_names(runs)} run on from row to row."


def _by_family(info: GeneratorInfo, known: Facts) -> Verdict:
    if info.family is not Family.DEEP:
        return 5.0, True, info.when
    if known.columns <= 1:
        return 1.0, True, "There is only one column to learn, so there are no relations to find."
    if known.rows < FEW_ROWS:
        return 0.0, False, f"With {_count(known.rows)} a deep model learns the rows by heart or nothing at all."
    if known.rows < DEEP_ROWS:
        return 4.0, True, f"Possible with {_count(known.rows)}, but a statistical method is likely as good. {info.when}"
    return 8.0, True, info.when


# Rules of keys that are not registered are not applied.
_RULES: Mapping[str, Callable[[GeneratorInfo, Facts], Verdict]] = {
    "marginals": _marginals,
    "copula": _copula,
    "forest": _trees,
    "cascade": _cascade,
    "transformer": _transformer,
    "vae": _vae,
    "gan": _gan,
    "kde": _kde,
    "pattern": _pattern,
}

_LACKS = {Capability.LIKELIHOOD: "likelihoods", Capability.IMPUTE: "a way to fill in missing cells"}


def _count(rows: int) -> str:
    return f"{rows:,} rows" if rows != 1 else "1 row"


def _minutes(seconds: float) -> str:
    return f"with figures about {seconds / 60:.0f} minutes on two usual cores"


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(f"“{name}”" for name in names[:3]) + more
