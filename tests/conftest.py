"""For every test."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

# Side by side, test processes take cores from each other. OpenMP's threads would then wait for one another by spinning,
# and a second of trees lasts a minute; asleep they do the same work. Read when the library loads, so before all else.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# `make mutants` runs tests thousands of times, some several times in a process (which hypothesis warns of for classes):
# a few examples each, and the first that fails is enough.
settings.register_profile(
    "mutants",
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.differing_executors],
)
if os.environ.get("HYPOTHESIS_PROFILE"):
    settings.load_profile(os.environ["HYPOTHESIS_PROFILE"])
