"""Free text in a column's own words: see docs/text.md."""

from engine.fakers.language.language import Language

__all__ = ["Language"]
