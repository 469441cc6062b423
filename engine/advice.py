"""Which method suits a table, ranked, each with its reason: for the configure page, `profile`, and `--method auto`.

A rule looks at plain facts of the table and gives a score (higher is better suited), whether the method suits, and one
sentence. A method without a rule of its own is judged by its rows and packages alone, so a new method needs no change
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import MethodError
from engine.generators import registry
from engine.generators.base import Capability, Family, GeneratorInfo
from engine.table.schema import Kind, Schema

if TYPE_CHECKING:
    from engine.table.profile import ColumnProfile, TableProfile

FEW_ROWS = 100  # below this only statistical methods have enough to learn from
TREE_ROWS = 200  # from here on trees find more than a correlation matrix does
DEEP_ROWS = 1_000  # from here on every deep method may be worth its time
LARGE = 30_000  # rows from which the closest method, trained twice for its figures, takes longer than people wait
WIDE = 300  # modelled columns from which a model per column becomes slow
FAR = 10.0  # an extreme value this many standard deviations from the mean speaks of a heavy tail


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at. `missing` is the share of missing cells, None where no profile was given."""

    rows: int
    columns: int  # modelled ones
    numeric: int
    missing: float | None = None
    heavy_tails: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """One method's suitability for a table."""

    method: str
    suited: bool
    reason: str

    def to_json(self) -> dict[str, str | bool]:
        return {"method": self.method, "suited": self.suited, "reason": self.reason}


Verdict = tuple[float, bool, str]


def facts(schema: Schema, rows: int, profile: TableProfile | None = None) -> Facts:
    """The facts of a table with `schema` and `rows`; a profile adds missing cells and heavy tails."""
    modelled = [c for c in schema if c.modelled]
    numeric = sum(c.kind.numeric for c in modelled)
    if profile is None:
        return Facts(rows, len(modelled), numeric)
    names = {c.name for c in modelled}
    columns = [c for c in profile.columns if c.name in names]
    cells = max(rows * len(columns), 1)
    return Facts(
        rows,
        len(modelled),
        numeric,
        missing=sum(c.missing for c in columns) / cells,
        heavy_tails=tuple(c.name for c in columns if c.kind in (Kind.INTEGER, Kind.DECIMAL) and _heavy_tailed(c)),
    )


def advise(schema: Schema, rows: int, profile: TableProfile | None = None) -> tuple[Advice, ...]:
    """Every registered method, best suited first."""
    known = facts(schema, rows, profile)
    judged = [(_judge(info, known), info.key) for info in registry.infos()]
    judged.sort(key=lambda entry: -entry[0][0])
    return tuple(Advice(key, suited, reason) for (_, suited, reason), key in judged)


def best(schema: Schema, rows: int, profile: TableProfile | None = None) -> str:
    """The method that `auto` takes. Raises MethodError when no method suits."""
    return first(advise(schema, rows, profile)).method


def first(advices: tuple[Advice, ...]) -> Advice:
    """The best suited one, which `advise` puts first. Raises MethodError when none suits."""
    for advice in advices:
        if advice.suited:
            return advice
    raise MethodError(f"No method suits this table. {advices[0].reason if advices else ''}".strip())


def able(schema: Schema, rows: int, capability: Capability) -> str:
    """The best method that has `capability`, a suited one if there is one. Raises MethodError when none has it."""
    advised = [a for a in advise(schema, rows) if capability in registry.GENERATORS[a.method].info.capabilities]
    for advice in sorted(advised, key=lambda a: not a.suited):
        info = registry.GENERATORS[advice.method].info
        if not info.missing_packages() and rows >= info.min_rows:
            return advice.method
    raise MethodError(f"No method that can run here on {_count(rows)} has {_LACKS.get(capability, capability)}.")


def _judge(info: GeneratorInfo, known: Facts) -> Verdict:
    if missing := info.missing_packages():
        return -2.0, False, f"Needs {' and '.join(missing)}, which is not installed."
    if known.rows < info.min_rows:
        return -1.0, False, f"Needs at least {info.min_rows} rows; the table has {known.rows}."
    rule = _RULES.get(info.key)
    return _by_family(info, known) if rule is None else rule(known)


def _marginals(known: Facts) -> Verdict:
    if known.columns <= 1:
        return 100.0, True, "There is only one column to learn, so there are no relations to keep."
    return 10.0, True, "Keeps each column's distribution, but no relations between columns; the baseline to beat."


def _copula(known: Facts) -> Verdict:
    if known.columns <= 1:
        return 20.0, True, "There is only one column to learn, so a copula has no relations to add."
    if known.rows < TREE_ROWS:
        return (
            80.0,
            True,
            f"With {_count(known.rows)} a correlation per pair of columns is what can be learned reliably.",
        )
    tails = f" Keeps heavy tails, as in {_names(known.heavy_tails)}." if known.heavy_tails else ""
    return 40.0, True, f"Quick, keeps columns and the correlation of pairs; misses more involved relations.{tails}"


def _trees(known: Facts) -> Verdict:
    if known.columns <= 1:
        return 15.0, True, "There is only one column to learn, so trees have no relations to find."
    if known.rows < TREE_ROWS:
        return 30.0, False, f"With {_count(known.rows)} trees find too little; from about {TREE_ROWS} rows they lead."
    if known.columns > WIDE:
        return 35.0, True, f"Learns one model per column, which is slow with {known.columns} columns."
    missing = " Learns which cells are missing together." if known.missing else ""
    return 60.0, True, f"{_count(known.rows).capitalize()} are enough to learn relations of any shape.{missing}"


def _cascade(known: Facts) -> Verdict:
    """The flagship: as trees, and ahead of them where there is time for it."""
    score, suited, reason = _trees(known)
    if suited and known.rows >= LARGE:
        reason = f"The closest method, but with {_count(known.rows)} several times slower than the forest."
        return score - 1.0, suited, reason
    return score + 1.0, suited, reason


def _by_family(info: GeneratorInfo, known: Facts) -> Verdict:
    if info.family is not Family.DEEP:
        return 5.0, True, info.when
    if known.rows < FEW_ROWS:
        return 0.0, False, f"With {_count(known.rows)} a deep model learns the rows by heart or nothing at all."
    if known.rows < DEEP_ROWS:
        return 4.0, True, f"Possible with {_count(known.rows)}, but a statistical method is likely as good. {info.when}"
    return 8.0, True, info.when


_RULES: Mapping[str, Callable[[Facts], Verdict]] = {
    "marginals": _marginals,
    "copula": _copula,
    "forest": _trees,
    "cascade": _cascade,
}


def _heavy_tailed(column: ColumnProfile) -> bool:
    """Whether the extreme values lie so far out that a bell shape would never make them."""
    if not isinstance(column.mean, float) or not column.std or column.minimum is None or column.maximum is None:
        return False
    far = max(float(column.maximum) - column.mean, column.mean - float(column.minimum))
    return far / column.std > FAR


_LACKS = {Capability.LIKELIHOOD: "likelihoods", Capability.IMPUTE: "a way to fill in missing cells"}


def _count(rows: int) -> str:
    return f"{rows:,} rows" if rows != 1 else "1 row"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"“{name}”" for name in names[:3])
