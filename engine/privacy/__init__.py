"""Privacy measured by attacks whose power is proved on the same table (see docs/privacy.md).

split = AuditSplit.of(len(table), seed, units=units(table, schema)[0])
... train a model on table.iloc[split.train], sample a synthetic table ...
found = audit(table, [(split, synthetic)], schema, seed=seed)
found.verdict, found.p, found.attacks, found.self_test
"""

from engine.privacy.audit import audit
from engine.privacy.near import Dropped, suspicious
from engine.privacy.questions import Questions
from engine.privacy.result import Audit
from engine.privacy.split import AuditSplit
from engine.privacy.units import units
from engine.privacy.verdict import Step, Verdict

__all__ = ["Audit", "AuditSplit", "Dropped", "Questions", "Step", "Verdict", "audit", "suspicious", "units"]
