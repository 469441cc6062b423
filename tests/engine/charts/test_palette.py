"""The palette for eyes that see fewer colours, and on both grounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.charts import theme
from engine.charts.theme import DARK, LIGHT, Palette

Colour = NDArray[np.float64]

# Linear RGB as somebody without one kind of cone sees it: Machado, Oliveira and Fernandes 2009, severity 1.
SEEN: dict[str, Sequence[Sequence[float]]] = {
    "all three": np.eye(3).tolist(),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour: str) -> Colour:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(colour: Colour) -> Colour:
    """CIE 1976 L*a*b*, in which a distance of 2 is just seen."""
    x, y, z = np.cbrt(XYZ @ colour / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2, 1 to 21."""
    low, high = sorted(float(XYZ[1] @ linear(colour)) + 0.05 for colour in (one, other))
    return high / low


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("eye", SEEN)
def test_real_synthetic_and_held_out_are_far_apart_for_every_eye(palette: Palette, eye: str) -> None:
    real, synthetic, holdout = (
        lab(np.clip(np.array(SEEN[eye]) @ linear(colour), 0.001, 1))
        for colour in (palette.real, palette.synthetic, palette.holdout)
    )
    assert np.linalg.norm(real - synthetic) > 80
    assert np.linalg.norm(synthetic - holdout) > 50
    assert np.linalg.norm(real - holdout) > 15


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_lines_and_words_stand_out_from_the_ground(palette: Palette) -> None:
    assert all(contrast(c, palette.ground) >= 3 for c in (palette.real, palette.synthetic, palette.holdout))
    assert all(contrast(c, palette.ground) >= 4.5 for c in (palette.ink, palette.soft))


def test_no_two_tables_are_told_apart_by_colour_alone() -> None:
    assert len(set(theme.DASHES.values())) == len(theme.DASHES) == len(theme.NAMES)
