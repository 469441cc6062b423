"""What reading needs is loaded ahead, but not while the first page is being handed out."""

from __future__ import annotations

import gc
import sys

import pytest

from pages.ui import cached
from pages.ui.cached import warming


@pytest.fixture
def unloaded(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that nothing else loads, as the only one to load ahead."""
    name = "wave"
    monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(warming, "_WARM", (name,))
    monkeypatch.setattr(gc, "freeze", lambda: None)
    return name


def test_the_first_page_has_the_server_for_itself(unloaded: str) -> None:
    timer = cached.warm_up()
    assert timer.is_alive()
    assert unloaded not in sys.modules
    assert cached.warm_up() is timer  # once per server
    timer.cancel()


def test_afterwards_all_is_loaded(unloaded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warming, "_PAINTED", 0.0)
    cached.warm_up().join(30)
    assert unloaded in sys.modules
