"""All generators by key, in the order in which people see them. A new method adds one line to each import and list."""

from __future__ import annotations

from engine.errors import MethodError, MissingPackageError
from engine.generators.base import Generator, GeneratorInfo
from engine.generators.cascade import Cascade
from engine.generators.copula import Copula
from engine.generators.forest import Forest
from engine.generators.gan import Gan
from engine.generators.kde import Kde
from engine.generators.marginals import Marginals
from engine.generators.pattern import Pattern
from engine.generators.transformer import Transformer
from engine.generators.vae import Vae

GENERATORS: dict[str, type[Generator]] = {
    g.info.key: g for g in (Marginals, Copula, Kde, Pattern, Forest, Cascade, Transformer, Vae, Gan)
}


def infos() -> tuple[GeneratorInfo, ...]:
    return tuple(g.info for g in GENERATORS.values())


def get(key: str) -> type[Generator]:
    """The generator class of a key. Raises MethodError (unknown) or MissingPackageError (cannot run here)."""
    try:
        generator = GENERATORS[key]
    except KeyError:
        raise MethodError(f"There is no method “{key}”. Methods: {', '.join(GENERATORS)}.") from None
    if missing := generator.info.missing_packages():
        raise MissingPackageError(
            f"{generator.info.label} needs {generator.info.lacking()}. Install it with: pip install {' '.join(missing)}"
        )
    return generator
