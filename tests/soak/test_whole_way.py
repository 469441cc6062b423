"""Any table goes the whole way by every method. `make soak` tries thousands, `make test` some hundred."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.soak.files import Upload, uploads
from tests.soak.way import DEEP, QUICK, WRITTEN, go

EXAMPLES = int(os.environ.get("TABULAR_TWIN_SOAK", "0"))  # in all; 0 for those of every test run
# A training takes as long as it takes; the tests below say how many examples are enough.
PATIENT = settings(
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=not EXAMPLES, database=None, print_blob=True
)


def _tried(upload: Upload, method: str, rows: int, format: str) -> None:
    way = go(upload, method, rows, format)
    event("refused" if way.refused else f"{method}, made by {way.used}")
    assert not way.failed, way.failed


@settings(PATIENT, max_examples=EXAMPLES * 3 // 4 or 250)
@given(uploads(), st.sampled_from((*QUICK, "auto")), st.integers(1, 40), st.sampled_from(WRITTEN))
def test_quick_methods(upload: Upload, method: str, rows: int, format: str) -> None:
    _tried(upload, method, rows, format)


@settings(PATIENT, max_examples=EXAMPLES // 4 or 12)
@given(uploads(most_rows=40, widest=25), st.sampled_from(DEEP), st.integers(1, 40), st.sampled_from(WRITTEN))
def test_deep_methods(upload: Upload, method: str, rows: int, format: str) -> None:
    _tried(upload, method, rows, format)
