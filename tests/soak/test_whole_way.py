"""Any table goes the whole way by every method. `make soak` tries thousands, `make test` some hundred."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from tests.soak.files import Upload, uploads
from tests.soak.way import DEEP, QUICK, WRITTEN, go

EXAMPLES = int(os.environ.get("SOAK_EXAMPLES", "0"))  # in all; 0 for as many as every test run tries
METHODS = (*QUICK, "auto")
# A training takes as long as it takes, and files are large; to make a failure small takes minutes, so only a soak does.
PATIENT = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    phases=list(Phase) if EXAMPLES else [Phase.explicit, Phase.generate],
)


def _tried(upload: Upload, method: str, rows: int, format: str) -> None:
    way = go(upload, method, rows, format)
    event("refused" if way.refused else f"{method}, made by {way.used}")
    assert not way.failed, way.failed


@pytest.mark.parametrize("method", METHODS)
@settings(PATIENT, max_examples=EXAMPLES * 3 // 4 // len(METHODS) or 30)
@given(upload=uploads(), rows=st.integers(1, 40), format=st.sampled_from(WRITTEN))
def test_quick_methods(method: str, upload: Upload, rows: int, format: str) -> None:
    _tried(upload, method, rows, format)


@pytest.mark.parametrize("method", DEEP)
@settings(PATIENT, max_examples=EXAMPLES // 4 // len(DEEP) or 4)
@given(upload=uploads(most_rows=40, widest=25), rows=st.integers(1, 40), format=st.sampled_from(WRITTEN))
def test_deep_methods(method: str, upload: Upload, rows: int, format: str) -> None:
    _tried(upload, method, rows, format)
