"""The grammar of mapping expressions: text to an immutable tree, by precedence climbing (Pratt 1973).

    choice      or ["if" or "else" choice]           density = 40 if feature.rms > -30 else 8
    or, and, not                                     give 0 or 1; what is not 0 is true
    comparison  < <= > >= == !=                      one at a time
    sum         + -
    product     * / %                                % has the sign of its right side
    sign        -
    power       ^                                    from the right; binds tighter than the sign before it
    single      number, source, function(...), (...)

Nothing is ever evaluated by Python: what is not in the tables of sources and functions is refused.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from bridge.mapping.functions import FUNCTIONS
from bridge.mapping.sources import SOURCES, Argument, SourceKind, Takes, written, wrong
from engine.errors import UserError

LONGEST = 1000
"""Characters of an expression."""
DEEPEST = 32
"""Parts within parts."""
MOST_NODES = 200
"""Numbers, operators, sources and calls of one expression."""

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_LEVELS: tuple[tuple[str, ...], ...] = (("if",), ("or",), ("and",), (), COMPARISONS, ("+", "-"), ("*", "/", "%"), (),
                                        ("^",))
_BINDS = {operator: level for level, operators in enumerate(_LEVELS) for operator in operators}
_NOT, _SIGN = 3, 7
_CHOICE = 0
_TOKEN = re.compile(r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<text>"[^"\r\n]*"|'[^'\r\n]*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)
  | (?P<sign><=|>=|==|!=|[-+*/%^()<>,])
""", re.VERBOSE)
_WORDS = ("if", "else", "and", "or", "not")


class ExpressionError(UserError):
    """An expression can't be understood. reason: why. at: index of the character where, up to the text's length."""

    def __init__(self, text: str, at: int, reason: str) -> None:
        self.text, self.at, self.reason = text, at, reason
        super().__init__(f"{reason}\n{pointed(text, at)}")


def pointed(text: str, at: int) -> str:
    """Return the line of `text` that holds the character `at`, indented, and a caret below it."""
    begin = text.rfind("\n", 0, at) + 1
    line = "".join(sign if sign.isprintable() else " " for sign in text[begin:].partition("\n")[0])
    return f"    {line}\n    {' ' * (at - begin)}^"


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is written; `at` is where in the text, here and below."""

    value: float
    at: int


@dataclass(frozen=True, slots=True)
class Source:
    """What a value comes from: a key of SOURCES, with checked arguments."""

    name: str
    arguments: tuple[Argument, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a key of FUNCTIONS."""

    name: str
    arguments: tuple["Node", ...]
    at: int


@dataclass(frozen=True, slots=True)
class Unary:
    """ "-" or "not" before a part."""

    operator: Literal["-", "not"]
    operand: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """An operator between two parts."""

    operator: str
    left: "Node"
    right: "Node"
    at: int


@dataclass(frozen=True, slots=True)
class Choice:
    """`then` if `condition` else `otherwise`."""

    condition: "Node"
    then: "Node"
    otherwise: "Node"
    at: int


Node = Number | Source | Call | Unary | Binary | Choice


def parse(text: str, classes: Collection[str] | None = None) -> Node:
    """Return the tree of an expression; ExpressionError points at the character where it goes wrong.

    classes: of scenes, for which their names are checked; None if nobody knows them.
    """
    if len(text) > LONGEST:
        raise ExpressionError(text[:LONGEST], LONGEST, f"is longer than {LONGEST} characters")
    parser = _Parser(text, classes)
    node = parser.part(_CHOICE)
    if parser.next.kind != "end":
        raise parser.error(f"expected an operator, got {parser.next.shown}")
    return node


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int

    @property
    def shown(self) -> str:
        return f"'{self.text}'" if '"' in self.text else f'"{self.text}"' if self.text else "the end"


def _tokens(text: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            what = "the closing quote is missing" if text[at] in "\"'" else f"'{text[at]}' means nothing here"
            raise ExpressionError(text, at, what)
        kind = str(found.lastgroup)
        if kind != "space":
            tokens.append(_Token("word" if found[0] in _WORDS else kind, found[0], at))
        at = found.end()
    return [*tokens, _Token("end", "", len(text))]


class _Parser:
    def __init__(self, text: str, classes: Collection[str] | None) -> None:
        self._text = text
        self._classes = classes
        self._tokens = _tokens(text)
        self._place = 0
        self._depth = 0
        self._nodes = 0

    @property
    def next(self) -> _Token:
        return self._tokens[self._place]

    def error(self, reason: str, at: int | None = None) -> ExpressionError:
        return ExpressionError(self._text, self.next.at if at is None else at, reason)

    def part(self, binds: int) -> Node:
        """Parse as far as operators bind at least so tightly."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise self.error(f"is nested more than {DEEPEST} deep")
        left = self._first()
        while (level := _BINDS.get(self.next.text, -1)) >= binds and self.next.kind in ("sign", "word"):
            left = self._joined(left, level)
        self._depth -= 1
        return left

    def _joined(self, left: Node, level: int) -> Node:
        operator = self._take()
        self._count(operator)
        if operator.text == "if":
            condition = self.part(level + 1)
            self._expect("else")
            return Choice(condition, left, self.part(level), operator.at)
        right = self.part(level if operator.text == "^" else level + 1)
        if operator.text in COMPARISONS and self.next.text in COMPARISONS:
            raise self.error("compare two at a time: a < b and b < c")
        return Binary(operator.text, left, right, operator.at)

    def _first(self) -> Node:
        token = self.next
        if token.kind == "number":
            self._count(self._take())
            value = float(token.text)
            if value == float("inf"):
                raise self.error("is too large", token.at)
            return Number(value, token.at)
        if token.text in ("-", "not"):
            self._count(self._take())
            return Unary("-" if token.text == "-" else "not", self.part(_SIGN if token.text == "-" else _NOT), token.at)
        if token.text == "(":
            self._take()
            inner = self.part(_CHOICE)
            self._expect(")")
            return inner
        if token.kind == "name":
            self._count(self._take())
            return self._named(token)
        raise self.error(f"expected a number or a source, got {token.shown}")

    def _named(self, token: _Token) -> Node:
        if token.text in SOURCES:
            return self._source(token, SOURCES[token.text])
        if token.text not in FUNCTIONS:
            near = get_close_matches(token.text, [*SOURCES, *FUNCTIONS], 1, 0)[0]
            raise self.error(f"there is no '{token.text}'; the nearest is '{near}'", token.at)
        function = FUNCTIONS[token.text]
        form = f"{token.text}({', '.join(function.takes)}{', ...' if function.more else ''})"
        self._open(form)
        arguments: list[Node] = []
        if self.next.text != ")" or function.takes:
            arguments.append(self.part(_CHOICE))
            while self.next.text == ",":
                self._take()
                arguments.append(self.part(_CHOICE))
        if len(arguments) < len(function.takes) or (len(arguments) > len(function.takes) and not function.more):
            raise self.error(f"expected {form}, got {len(arguments)} argument{'s' * (len(arguments) != 1)}", token.at)
        self._expect(")")
        return Call(token.text, tuple(arguments), token.at)

    def _source(self, token: _Token, kind: SourceKind) -> Source:
        form = written(token.text, kind.takes)
        if not kind.takes:
            if self.next.text == "(":
                raise self.error(f"{token.text} takes no arguments")
            return Source(token.text, (), token.at)
        self._open(form)
        arguments = [self._argument(kind.takes[0])]
        for takes in kind.takes[1:]:
            if takes.default is not None and self.next.text == ")":
                arguments.append(takes.default)
                continue
            self._expect(",", f"{form}: ")
            arguments.append(self._argument(takes))
        self._expect(")", f"{form}: ")
        return Source(token.text, tuple(arguments), token.at)

    def _argument(self, takes: Takes) -> Argument:
        token = self.next
        value: Argument = ""
        if token.kind == "number" and takes.what == "number":
            value = int(token.text) if token.text.isdigit() else -1
        elif token.kind == "text" and takes.what != "number":
            value = token.text[1:-1]
        if reason := wrong(takes, value, self._classes):
            raise self.error(f"{reason}, got {token.shown}" if reason.startswith("expected") else reason)
        self._take()
        return value

    def _open(self, form: str) -> None:
        self._expect("(", f"{form}: ")

    def _expect(self, text: str, before: str = "") -> None:
        if self.next.text != text or self.next.kind == "text":
            raise self.error(f'{before}expected "{text}", got {self.next.shown}')
        self._take()

    def _take(self) -> _Token:
        self._place += 1
        return self._tokens[self._place - 1]

    def _count(self, token: _Token) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise self.error(f"has more than {MOST_NODES} parts", token.at)
