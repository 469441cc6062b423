"""The grammar of rules as text, read by a small parser of our own: nothing is ever evaluated as a program.

    rule        if rule then rule [else rule] | or
    or, and     not ("or" not)*, not ("and" not)*
    not         "not" not | comparison
    comparison  sum (("=" | "!=" | "<" | "<=" | ">" | ">=") sum)*
                | sum "is" ["not"] "missing" | sum ["not"] "in" "(" sum ("," sum)* ")"
    sum         product (("+" | "-") product)*
    product     unary (("*" | "/" | "%") unary)*
    unary       "-" unary | number | text | date | true | false | column
                | function "(" rule ("," rule)* ")" | "(" rule ")"

Columns are bare words or stand between backticks, text between quotes (a quote inside is doubled), dates are written as
2024-01-31 or 2024-01-31T12:30. Length, depth and number of parts are bounded; every error names the position.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from engine.constraints.names import KEYWORDS
from engine.errors import ConstraintError

MAX_LENGTH = 1_000  # characters
MAX_DEPTH = 30  # of brackets and the like within each other
MAX_PARTS = 300
_LONGEST_NUMBER = 40

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<date>\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:\d{2})?)?(?![\w.]))
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<column>`(?:[^`]|``)+`)
    |(?P<text>"(?:[^"]|"")*"|'(?:[^']|'')*')
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|!=|<>|==|[=<>+\-*/%(),])""",
    re.VERBOSE,
)
_COMPARISONS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    at: int  # position in the rule, from 0


@dataclass(frozen=True, slots=True)
class Literal:
    """kind: "number", "text", "date" or "truth"; text: as it stands in the rule, without quotes."""

    kind: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    column: str
    at: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """sign: one of + - * / %."""

    sign: str
    left: Node
    right: Node
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    inner: Node
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """items[0] signs[0] items[1] signs[1] ...; all must hold."""

    signs: tuple[str, ...]
    items: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Among:
    inner: Node
    items: tuple[Node, ...]
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class Missing:
    inner: Node
    negated: bool
    at: int


@dataclass(frozen=True, slots=True)
class Logic:
    """word: "and" or "or"."""

    word: str
    items: tuple[Node, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    inner: Node
    at: int


@dataclass(frozen=True, slots=True)
class If:
    condition: Node
    then: Node
    otherwise: Node | None
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    at: int


Node = Literal | Name | Arithmetic | Negative | Compare | Among | Missing | Logic | Not | If | Call


def fail(text: str, at: int, why: str) -> ConstraintError:
    """The error for a rule that is wrong at a position (from 0)."""
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    return ConstraintError(f"The rule “{shown}” cannot be read at character {at + 1}: {why}.")


def parse(text: str) -> Node:
    """Read a rule. Raises ConstraintError with the position of what cannot be understood."""
    if len(text) > MAX_LENGTH:
        raise ConstraintError(f"A rule may have {MAX_LENGTH:,} characters at most, not {len(text):,}.")
    if not text.strip():
        raise ConstraintError("A rule is empty. Write it like start <= end, price > 0 or unique(email).")
    parser = _Parser(text, _tokens(text))
    node = parser.rule()
    parser.end()
    return node


def _tokens(text: str) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise fail(text, at, _strange(text, at))
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, match[0], at))
        at = match.end()
    return found


def _strange(text: str, at: int) -> str:
    sign = text[at]
    if sign in "\"'`":
        return f"the {'name' if sign == '`' else 'text'} that begins here has no end"
    if sign.isdigit() or (sign == "." and text[at + 1 : at + 2].isdigit()):
        return "this is no number; a name that begins with a digit goes between backticks"
    return f"“{sign}” has no meaning in a rule"


class _Parser:
    def __init__(self, text: str, tokens: list[Token]) -> None:
        self._text, self._tokens, self._place, self._depth, self._parts = text, tokens, 0, 0, 0

    # Tokens

    @property
    def _next(self) -> Token | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    @property
    def _at(self) -> int:
        return self._next.at if self._next else len(self._text)

    def _fail(self, why: str) -> ConstraintError:
        return fail(self._text, self._at, why)

    def _word(self, *words: str) -> str | None:
        """Take the next token if it is one of these words or signs."""
        token = self._next
        if token is None or token.kind not in ("word", "sign") or token.text.lower() not in words:
            return None
        self._place += 1
        return token.text.lower()

    def _expect(self, word: str, where: str) -> None:
        if self._word(word) is None:
            found = "the rule ends" if self._next is None else f"“{self._next.text}” stands"
            raise self._fail(f"{found} where “{word}” {where} is expected")

    def _count(self, at: int) -> int:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise fail(self._text, at, f"a rule may have {MAX_PARTS} parts at most")
        return at

    def end(self) -> None:
        if self._next is not None:
            raise self._fail(f"“{self._next.text}” is not expected here")

    # Grammar

    def rule(self) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fail(f"brackets and conditions may lie {MAX_DEPTH} deep at most")
        at = self._at
        if self._word("if"):
            condition = self.rule()
            self._expect("then", "after “if”")
            then = self.rule()
            node: Node = If(condition, then, self.rule() if self._word("else") else None, self._count(at))
        else:
            node = self._logic("or", lambda: self._logic("and", self._not))
        self._depth -= 1
        return node

    def _logic(self, word: str, inner: Callable[[], Node]) -> Node:
        at, items = self._at, [inner()]
        while self._word(word):
            items.append(inner())
        return items[0] if len(items) == 1 else Logic(word, tuple(items), self._count(at))

    def _not(self) -> Node:
        at, times = self._at, 0
        while self._word("not"):
            times += 1
            self._count(at)
        node = self._comparison()
        return Not(node, at) if times % 2 else node

    def _comparison(self) -> Node:
        at = self._at
        first = self._sum()
        if self._word("is"):
            negated = self._word("not") is not None
            self._expect("missing", "after “is”")
            return Missing(first, negated, self._count(at))
        if self._word("not"):
            self._expect("in", "after “not”")
            return Among(first, self._list(), True, self._count(at))
        if self._word("in"):
            return Among(first, self._list(), False, self._count(at))
        signs, items = [], [first]
        while sign := self._word(*_COMPARISONS):
            signs.append(_COMPARISONS[sign])
            items.append(self._sum())
        return Compare(tuple(signs), tuple(items), self._count(at)) if signs else first

    def _list(self) -> tuple[Node, ...]:
        self._expect("(", "before a list")
        items = [self._sum()]
        while self._word(","):
            items.append(self._sum())
        self._expect(")", "at the end of a list")
        return tuple(items)

    def _sum(self) -> Node:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/", "%"), self._unary))

    def _chain(self, signs: tuple[str, ...], inner: Callable[[], Node]) -> Node:
        at, node, length = self._at, inner(), 0
        while sign := self._word(*signs):
            length += 1
            if length > MAX_DEPTH:  # each link lies around the one before
                raise self._fail(f"a row of “{sign}” may have {MAX_DEPTH} links at most")
            node = Arithmetic(sign, node, inner(), self._count(at))
        return node

    def _unary(self) -> Node:
        at, times = self._at, 0
        while self._word("-"):
            times += 1
            self._count(at)
        node = self._primary()
        return Negative(node, at) if times % 2 else node

    def _primary(self) -> Node:
        token = self._next
        if token is None:
            raise self._fail("the rule ends where a column or a value is expected")
        at = self._count(token.at)
        if self._word("("):
            node = self.rule()
            self._expect(")", "at the end of the bracket")
            return node
        self._place += 1
        if token.kind == "number":
            return Literal("number", self._number(token), at)
        if token.kind == "date":
            return Literal("date", token.text, at)
        if token.kind == "text":
            quote = token.text[0]
            return Literal("text", token.text[1:-1].replace(quote * 2, quote), at)
        if token.kind == "column":
            return Name(token.text[1:-1].replace("``", "`"), at)
        if token.kind == "word":
            return self._named(token)
        raise fail(self._text, at, f"“{token.text}” stands where a column or a value is expected")

    def _number(self, token: Token) -> str:
        if len(token.text) > _LONGEST_NUMBER or not math.isfinite(float(token.text)):
            raise fail(self._text, token.at, "this number is too large or too long")
        return token.text

    def _named(self, token: Token) -> Node:
        word = token.text.lower()
        if word in ("true", "false"):
            return Literal("truth", word, token.at)
        if word in KEYWORDS:
            raise fail(
                self._text,
                token.at,
                f"“{token.text}” stands where a column or a value is expected; a column of this name goes between "
                "backticks",
            )
        if not self._word("("):
            return Name(token.text, token.at)
        arguments = [self.rule()]
        while self._word(","):
            arguments.append(self.rule())
        self._expect(")", f"at the end of {token.text}(")
        return Call(word, tuple(arguments), token.at)
