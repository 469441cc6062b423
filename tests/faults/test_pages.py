"""What the pages do when something is missing or broken, and that sessions see nothing of each other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from engine.generators import registry
from pages.ui.datasets import Dataset
from tests.faults.conftest import NEED
from tests.pages.conftest import *  # noqa: F403  the app, as a person opens it
from tests.pages.conftest import text


@pytest.mark.usefixtures("hidden")
def test_the_page_without_them(open_app: Callable[..., AppTest], table: Dataset) -> None:
    app = open_app(table, page="configure")
    assert not app.exception
    for family in ("Standard", "Advanced"):
        app.segmented_control(key="method-family").set_value(family).run()
        assert not app.exception
        shown = dict(zip(app.radio(key="method").options, app.radio(key="method").proto.captions, strict=True))
        for key, package in NEED.items():
            label = registry.GENERATORS[key].info.label
            if label in shown:
                assert f"Needs {package}" in shown[label]
                assert "not installed" in shown[label]
    app.radio(key="method").set_value("gan").run()
    assert not app.exception
    assert "needs torch, which is not installed on this server" in text(app)
    app.radio(key="method").set_value("vae").run()
    assert "needs tensorflow and keras" in text(app)
