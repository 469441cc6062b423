"""The guide in chapters and sections, and finding words in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from engine.generators import registry
from engine.library.settings import is_on
from pages.ui import guide_texts, help_texts, view_texts


@dataclass(frozen=True, slots=True)
class Section:
    title: str  # "" for what a chapter begins with
    text: str  # Markdown


@dataclass(frozen=True, slots=True)
class Chapter:
    """key: in the address. folded: sections with a title are opened one by one."""

    key: str
    title: str
    sections: Callable[[], tuple[Section, ...]]
    folded: bool = False


def _table(head: tuple[str, str], rows: Mapping[str, str]) -> str:
    lines = [" | ".join(head), "--- | ---", *(f"{name} | {text}" for name, text in rows.items())]
    return "\n".join(f"| {line} |" for line in lines)


def _start() -> tuple[Section, ...]:
    return (
        Section("", help_texts.STEPS),
        Section("How to read a result", guide_texts.HEADLINE),
        Section("By keyboard and screen reader", guide_texts.KEYBOARD),
    )


def _examples() -> tuple[Section, ...]:
    return (
        Section("Share a table with a colleague", guide_texts.SHARE),
        Section("Test data for software", guide_texts.TEST_DATA),
        Section("A small table", guide_texts.SMALL),
        Section("A series in time", guide_texts.SERIES),
        Section("A class that is rare", guide_texts.RARE_CLASS),
        Section("Repeat it without a browser", guide_texts.REPEAT),
    )


def _columns() -> tuple[Section, ...]:
    return (
        Section("Kinds of columns", _table(("Kind", "What becomes of it"), help_texts.KINDS)),
        Section("Columns on their own", help_texts.COLUMNS),
        Section("Personal data and pseudonyms", help_texts.PERSONAL),
        Section("Rare categories", help_texts.RARE),
    )


def _methods() -> tuple[Section, ...]:
    each = (Section(info.label, help_texts.method(info)) for info in registry.infos())
    return (Section("", help_texts.METHODS), *each)


def _rows() -> tuple[Section, ...]:
    return (Section("Asking for certain rows", help_texts.ROWS), Section("Rules", help_texts.RULES))


def _views() -> tuple[Section, ...]:
    return (
        Section("", guide_texts.VIEWS),
        Section("The charts, more closely", view_texts.VIEWS),
        Section("Certificates", guide_texts.CERTIFICATE),
    )


def _figures() -> tuple[Section, ...]:
    return (Section("", help_texts.FIGURES), *(Section(title, text) for title, text in help_texts.metrics()))


def _privacy() -> tuple[Section, ...]:
    return (
        Section("", help_texts.PRIVACY),
        Section("The GDPR", guide_texts.GDPR),
        Section("HIPAA", guide_texts.HIPAA),
        Section("Who decides", guide_texts.LAW),
    )


def _library() -> tuple[Section, ...]:
    return (Section("", guide_texts.LIBRARY if is_on() else guide_texts.LIBRARY + guide_texts.NO_LIBRARY),)


def _limits() -> tuple[Section, ...]:
    return (Section("", _table(("Limit", "On this server"), help_texts.limits())),)


CHAPTERS: Mapping[str, Chapter] = {
    chapter.key: chapter
    for chapter in (
        Chapter("start", "First steps", _start),
        Chapter("examples", "Examples", _examples, folded=True),
        Chapter("columns", "Columns", _columns),
        Chapter("methods", "Methods", _methods, folded=True),
        Chapter("rows", "Rows and rules", _rows),
        Chapter("compare", "Comparing", _views),
        Chapter("figures", "Figures", _figures, folded=True),
        Chapter("privacy", "Privacy and law", _privacy),
        Chapter("library", "Library", _library),
        Chapter("limits", "Limits of this server", _limits),
    )
}


def find(text: str) -> list[tuple[Chapter, Section]]:
    """The sections that hold every word of the text; those that hold one in the title come first."""
    words = text.lower().split()
    found = []
    for chapter in CHAPTERS.values():
        for section in chapter.sections():
            title = f"{chapter.title} {section.title}".lower()
            whole = f"{title} {section.text.lower()}"
            if words and all(word in whole for word in words):
                found.append((-sum(word in title for word in words), chapter, section))
    return [(chapter, section) for _, chapter, section in sorted(found, key=lambda one: one[0])]
