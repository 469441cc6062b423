"""For every test."""

from __future__ import annotations

import os

# Side by side, test processes take cores from each other. OpenMP's threads would then wait for one another by spinning,
# and a second of trees lasts a minute; asleep they do the same work. Read when the library loads, so before all else.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
