"""Latin forms of names, for e-mail addresses and user names."""

from __future__ import annotations

import unicodedata


def slug(word: str) -> str:
    """The small Latin letters of a word ("Jürgen": "jurgen"); "" for one of another script."""
    plain = unicodedata.normalize("NFKD", word.casefold().replace("ß", "ss").replace("ø", "o").replace("ł", "l"))
    if any(char.isalpha() and not char.isascii() for char in plain):
        return ""
    return "".join(char for char in plain if char.isascii() and char.isalpha())
