"""With this folder on PYTHONPATH, Python does not find the packages named in HIDDEN_PACKAGES."""

import importlib.machinery
import os

_HIDDEN = frozenset(os.environ.get("HIDDEN_PACKAGES", "").split())
_find = importlib.machinery.PathFinder.find_spec


def _seen(name, path=None, target=None):  # type: ignore[no-untyped-def]
    return None if name.partition(".")[0] in _HIDDEN else _find(name, path, target)


importlib.machinery.PathFinder.find_spec = _seen
