"""Collects findings while a file is read, so that ten thousand repairs stay readable and none is lost."""

from __future__ import annotations

from collections import defaultdict

from engine.table.findings import Finding, Severity

SHOWN = 100  # findings of one code that get a sentence each; `rows` lists all of them


class Notes:
    """Findings in the order they were made, and per code every line concerned."""

    def __init__(self) -> None:
        self._findings: list[Finding] = []
        self._rows: dict[str, list[int]] = defaultdict(list)

    def add(
        self,
        code: str,
        message: str,
        severity: Severity = Severity.INFO,
        *,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        if row is not None:
            self._rows[code].append(row)
            if len(self._rows[code]) > SHOWN:
                return
        self._findings.append(Finding(code, message, severity, row, column))

    def repaired(self, code: str, message: str, *, row: int | None = None, column: str | None = None) -> None:
        self.add(code, message, Severity.REPAIRED, row=row, column=column)

    def warn(self, code: str, message: str, *, row: int | None = None, column: str | None = None) -> None:
        self.add(code, message, Severity.WARNING, row=row, column=column)

    @property
    def rows(self) -> dict[str, list[int]]:
        """Every line of the file (from 1) by the code of what was found there."""
        return dict(self._rows)

    def findings(self) -> list[Finding]:
        """All findings, those of whole files first, then by line; with one summary where a code has very many."""
        summaries = [
            Finding(code, _summary(lines), self._severity(code))
            for code, lines in self._rows.items()
            if len(lines) > SHOWN
        ]
        return sorted([*self._findings, *summaries], key=lambda f: f.row or 0)

    def _severity(self, code: str) -> Severity:
        return next(f.severity for f in self._findings if f.code == code)


def _summary(lines: list[int]) -> str:
    return (
        f"{len(lines):,} lines were treated this way; the first {SHOWN} have a sentence each, "
        f"all are listed in the facts of the reading (lines {lines[0]:,} to {lines[-1]:,})."
    )


def line_ranges(lines: list[int], *, most: int = 12) -> str:
    """Lines as "3, 7 to 9 and 12"; past `most` ranges the rest is counted."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and line == ranges[-1][1] + 1:
            ranges[-1] = (ranges[-1][0], line)
        else:
            ranges.append((line, line))
    texts = [f"{a:,}" if a == b else f"{a:,} to {b:,}" for a, b in ranges[:most]]
    if len(ranges) > most:
        texts.append(f"{sum(b - a + 1 for a, b in ranges[most:]):,} more")
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def counted(number: int, one: str, many: str) -> str:
    """“1 row was”, “2,000 rows were”."""
    return f"{number:,} {one if number == 1 else many}"


def excerpt(text: str, *, most: int = 80) -> str:
    """A short, one-line quotation for a message."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"
