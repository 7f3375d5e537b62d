"""Mapping expressions, compiled to closures.

All parts are computed at every moment, those that a choice leaves out as well, so that what has a memory (lag, peak,
hold) lives on in them. What can't be computed has no value there, and nothing that needs it has one.
"""

import functools
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bridge.control import Control
from bridge.mapping.functions import FUNCTIONS, Value
from bridge.mapping.grammar import Binary, Call, Choice, Node, Number, Source, Unary
from bridge.mapping.moment import Moment
from bridge.mapping.sources import SOURCES, Read, control

_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod, "^": math.pow,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, ready to be evaluated.

    value: gives its value at a moment. bare: the source, if it is nothing else. controls, addresses, parameters: what
    of each it reads. by_itself: whether it can move while nothing comes in from outside.
    """

    value: Read
    bare: Source | None
    controls: frozenset[Control]
    addresses: frozenset[str]
    parameters: frozenset[str]
    by_itself: bool


def compiled(node: Node) -> Expression:
    """Return the expression of a tree, with memories of its own."""
    parts = list(_parts(node))
    sources = [part for part in parts if isinstance(part, Source)]
    controls = frozenset(c for part in sources if (c := control(part.name, part.arguments)))
    entries = [part for part in sources if SOURCES[part.name].entry]
    by_itself = (not entries or len(entries) < len(sources)
                 or any(isinstance(part, Call) and FUNCTIONS[part.name].by_itself for part in parts))
    return Expression(_compile(node), node if isinstance(node, Source) else None, controls,
                      frozenset(str(part.arguments[0]) for part in sources if part.name == "osc"),
                      frozenset(str(part.arguments[0]) for part in sources if part.name == "param"), by_itself)


def _parts(node: Node) -> Iterator[Node]:
    yield node
    for part in _inside(node):
        yield from _parts(part)


def _inside(node: Node) -> tuple[Node, ...]:
    match node:
        case Unary():
            return (node.operand,)
        case Binary():
            return node.left, node.right
        case Choice():
            return node.condition, node.then, node.otherwise
        case Call():
            return node.arguments
        case _:
            return ()


def _compile(node: Node) -> Read:
    inside = tuple(map(_compile, _inside(node)))
    match node:
        case Number():
            number = node.value
            return lambda moment: number
        case Source():
            return SOURCES[node.name].make(*node.arguments)
        case Unary(operator="-"):
            return _computed(lambda now, x: -x, inside)
        case Unary():
            return _computed(lambda now, x: not x, inside)
        case Choice():
            return _gathered(_choose, inside)
        case Binary(operator="and" | "or" as word):
            return _gathered(functools.partial(_decide, word == "or"), inside)
        case Binary():
            compute = _OPERATORS[node.operator]
            return _computed(lambda now, a, b: compute(a, b), inside)
        case Call():
            function = FUNCTIONS[node.name]
            return _computed(function.make(), inside, function.absent)


def _computed(compute: Callable[..., Value], inside: tuple[Read, ...], absent: bool = False) -> Read:
    def value(moment: Moment) -> Value:
        arguments = [part(moment) for part in inside]
        if not absent and None in arguments:
            return None
        try:
            result = compute(moment.now, *arguments)
            if result is None or math.isfinite(result):
                return None if result is None else float(result)
        except (ArithmeticError, ValueError):
            pass  # as good as a result that is no number
        moment.failed = True
        return None
    return value


def _gathered(decide: Callable[..., Value], inside: tuple[Read, ...]) -> Read:
    return lambda moment: decide(*[part(moment) for part in inside])


def _choose(condition: Value, then: Value, otherwise: Value) -> Value:
    return None if condition is None else then if condition else otherwise


def _decide(decisive: bool, left: Value, right: Value) -> Value:
    """Return left or right (decisive: True), left and right (False); one that decides needs no other (Kleene)."""
    if any(side is not None and bool(side) is decisive for side in (left, right)):
        return float(decisive)
    return None if left is None or right is None else float(not decisive)
