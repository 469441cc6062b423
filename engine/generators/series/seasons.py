"""Trend and seasons of latents: which periods they come round with, and the waves that describe them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST, _WAVES = 4, 6  # periods, and waves of each
_ROUNDS = 2.5  # times that a period comes round, at least
_TELLS = 0.02  # share of a latent's variance that a calendar period must tell
_CHANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Seasons:
    """periods: in steps of time; waves: of each; origin, span: of the trend, in steps."""

    periods: tuple[float, ...]
    waves: tuple[int, ...]
    origin: float
    span: float

    def when(self, time: Floats) -> Floats:
        """(rows,) time in steps -> its place in the time that the table covers, 0 to 1, held at the ends."""
        return np.clip((time - self.origin) / max(self.span, 1e-9), 0, 1)

    def features(self, time: Floats) -> Floats:
        """(rows,) time in steps -> (rows, features): one, the trend (held at its ends), sines and cosines."""
        columns = [np.ones(len(time)), self.when(time) - 0.5]
        for period, waves in zip(self.periods, self.waves, strict=True):
            angle = 2 * np.pi * time / period
            for wave in range(1, waves + 1):
                columns.append(np.cos(wave * angle))
                if 2 * wave != period:  # at half the period the sine is 0 in every row
                    columns.append(np.sin(wave * angle))
        return np.column_stack(columns)


def find_seasons(
    scores: Floats, time: Floats, calendar: Sequence[float], *, even: bool
) -> tuple[Seasons, dict[int, list[float]]]:
    """Seasons of (rows, latents) scores at (rows,) times in steps, and the periods of each latent.

    calendar: periods to look at, in steps (a day, a week, a year). even: one series of even steps, in which any
    period may be found from the spectrum.
    """
    from engine.statistics.series import period as strongest

    origin, span = float(time.min()), float(np.ptp(time))
    allowed = [p for p in calendar if p >= 2 and p * _ROUNDS <= span]
    found: dict[int, list[float]] = {}
    for k in range(scores.shape[1]):
        rest = scores[:, k] - _line(scores[:, k], time)
        for _ in range(_MOST):
            own = strongest(rest) if even else None
            tried = sorted(allowed, key=lambda p: -_told(rest, time, p)[0])[:1]
            if own is not None:
                tried = [_snapped(own, allowed, span), *tried]
            best = max(tried, key=lambda p: _told(rest, time, p)[0], default=None)
            if best is None or best in found.get(k, []):
                break
            share, chance = _told(rest, time, best)
            if share < _TELLS or chance > _CHANCE:
                break
            found.setdefault(k, []).append(best)
            rest = rest - _wave_fit(rest, time, best)
    counted: dict[float, int] = {}
    for periods in found.values():
        for p in periods:
            counted[p] = counted.get(p, 0) + 1
    kept = tuple(sorted(counted, key=lambda p: (-counted[p], p))[:_MOST])
    waves = tuple(int(max(min(_WAVES, p // 2, 2 * span // p), 1)) for p in kept)
    return Seasons(kept, waves, origin, span), found


def _snapped(period: float, calendar: Sequence[float], span: float) -> float:
    """The calendar's period where the spectrum cannot tell the two apart."""
    for known in calendar:
        if abs(1 / period - 1 / known) < 1 / span:
            return known
    return period


def _line(values: Floats, time: Floats) -> Floats:
    design = np.column_stack([np.ones(len(time)), time - time.mean() if len(time) else time])
    return np.asarray(design @ np.linalg.lstsq(design, values, rcond=None)[0])


def _waves(time: Floats, period: float) -> Floats:
    angle = 2 * np.pi * time / period
    most = int(max(min(2, period // 2), 1))
    return np.column_stack([f(w * angle) for w in range(1, most + 1) for f in (np.sin, np.cos)])


def _wave_fit(values: Floats, time: Floats, period: float) -> Floats:
    design = _waves(time, period)
    return np.asarray(design @ np.linalg.lstsq(design, values, rcond=None)[0])


def _told(values: Floats, time: Floats, period: float) -> tuple[float, float]:
    """Share of the variance that waves of the period tell, and the chance of as much in noise (F test).

    Neighbouring rows are alike, so rows count as fewer, by their correlation with the next.
    """
    from scipy.stats import f as fisher

    total = float(((values - values.mean()) ** 2).sum())
    if not total > 0:
        return 0.0, 1.0
    rest = values - values.mean() - _wave_fit(values - values.mean(), time, period)
    share = 1 - float((rest**2).sum()) / total
    near = float(np.clip(rest[:-1] @ rest[1:] / max(float(rest @ rest), 1e-12), 0, 0.98))
    rows = len(values) * (1 - near) / (1 + near)
    spare = rows - 6
    if spare <= 0:
        return share, 1.0
    return share, float(fisher.sf(share / 4 / (max(1 - share, 1e-12) / spare), 4, spare))
