"""The app as a person opens it, in a home of the test's own, as all tests of pages have it."""

from __future__ import annotations

from tests.pages.conftest import _components_are_sought_once, _known_server, _tidy, home, open_app

__all__ = ["_components_are_sought_once", "_known_server", "_tidy", "home", "open_app"]
