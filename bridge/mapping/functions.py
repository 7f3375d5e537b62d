"""The functions that a mapping expression can call, in one table."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

Value = float | None
"""What an expression is worth at a moment; None where there is nothing."""

Compute = Callable[..., Value]
"""Takes the clock time in s and the arguments. May raise ArithmeticError or ValueError where it has no value."""


@dataclass(frozen=True, slots=True)
class Function:
    """takes: what its arguments are called. doc: what it gives. make: returns what computes it at one place of one
    expression, with a memory of its own if it has one. more: whether further arguments may follow. by_itself: whether
    it moves while its arguments stand still. absent: whether it takes None."""

    takes: tuple[str, ...]
    doc: str
    make: Callable[[], Compute]
    more: bool = False
    by_itself: bool = False
    absent: bool = False


class _Lag:
    def __init__(self) -> None:
        self._value: Value = None
        self._time = 0.0

    def __call__(self, now: float, x: float, seconds: float) -> float:
        self._value = x if self._value is None else approach(self._value, x, now - self._time, seconds)
        self._time = now
        return self._value


class _Peak(_Lag):
    def __call__(self, now: float, x: float, seconds: float) -> float:
        self._value = max(x, super().__call__(now, x, seconds))
        return self._value


class _Change:
    def __init__(self) -> None:
        self._before: tuple[float, float] | None = None
        self._rate = 0.0

    def __call__(self, now: float, x: float) -> float:
        if self._before and now > self._before[0]:
            self._rate = (x - self._before[1]) / (now - self._before[0])
        if self._before is None or now > self._before[0]:
            self._before = now, x
        return self._rate


class _Rises:
    """Tells when something becomes true (not 0) that wasn't."""

    def __init__(self) -> None:
        self._was = False

    def __call__(self, x: float) -> bool:
        was, self._was = self._was, bool(x)
        return self._was and not was


class _Hold:
    def __init__(self) -> None:
        self._rises = _Rises()
        self._value: Value = None

    def __call__(self, now: float, x: Value, trigger: Value) -> Value:
        if trigger is not None and self._rises(trigger):
            self._value = x
        return self._value


class _Toggle:
    def __init__(self) -> None:
        self._rises = _Rises()
        self._on = False

    def __call__(self, now: float, x: float) -> float:
        self._on ^= self._rises(x)
        return float(self._on)


def approach(value: float, goal: float, seconds: float, constant: float) -> float:
    """Return where a one-pole low-pass filter at `value` is `seconds` later; constant: its time constant in s."""
    return goal + (value - goal) * math.exp(-seconds / constant) if constant > 0 else goal


def _scale(x: float, a: float, b: float, c: float, d: float) -> float:
    return c + (x - a) * (d - c) / (b - a)


def _plain(compute: Callable[..., float]) -> Callable[[], Compute]:
    """A function without a memory."""
    return lambda: lambda now, *arguments: compute(*arguments)


FUNCTIONS: dict[str, Function] = {
    "abs": Function(("x",), "x without its sign", _plain(abs)),
    "ceil": Function(("x",), "the whole number at or above x", _plain(lambda x: float(math.ceil(x)))),
    "change": Function(("x",), "how fast x changes, per second; negative where it falls", _Change, by_itself=True),
    "clamp": Function(("x", "low", "high"), "x, held between low and high",
                      _plain(lambda x, low, high: min(max(x, low), high))),
    "cos": Function(("x",), "cosine of x in radians", _plain(math.cos)),
    "default": Function(("x", "otherwise"), "x, or `otherwise` while x has no value",
                        _plain(lambda x, otherwise: otherwise if x is None else x), absent=True),
    "exp": Function(("x",), "e to the power of x", _plain(math.exp)),
    "floor": Function(("x",), "the whole number at or below x", _plain(lambda x: float(math.floor(x)))),
    "hold": Function(("x", "trigger"), "x as it was when trigger last rose from 0", _Hold, absent=True),
    "lag": Function(("x", "seconds"), "x, smoothed: a one-pole filter with this time constant", _Lag, by_itself=True),
    "log": Function(("x",), "natural logarithm of x", _plain(math.log)),
    "log2": Function(("x",), "logarithm of x to the base of 2: octaves", _plain(math.log2)),
    "max": Function(("a", "b"), "the largest", _plain(max), more=True),
    "min": Function(("a", "b"), "the smallest", _plain(min), more=True),
    "mix": Function(("a", "b", "t"), "a where t is 0, b where t is 1, between them in between",
                    _plain(lambda a, b, t: a + (b - a) * t)),
    "peak": Function(("x", "seconds"), "rises with x at once, and falls to it with this time constant", _Peak,
                     by_itself=True),
    "pow": Function(("x", "y"), "x to the power of y, as x ^ y", _plain(math.pow)),
    "random": Function((), "a number from 0 to 1, another one each time", _plain(random.random), by_itself=True),
    "round": Function(("x",), "the nearest whole number", _plain(lambda x: float(math.floor(x + 0.5)))),
    "scale": Function(("x", "a", "b", "c", "d"), "x as it lies in a … b, laid out over c … d; goes on beyond them",
                      _plain(_scale)),
    "sign": Function(("x",), "-1, 0 or 1", _plain(lambda x: float((x > 0) - (x < 0)))),
    "sin": Function(("x",), "sine of x in radians", _plain(math.sin)),
    "sqrt": Function(("x",), "square root of x", _plain(math.sqrt)),
    "step": Function(("edge", "x"), "0 below the edge, 1 from there on", _plain(lambda edge, x: float(x >= edge))),
    "toggle": Function(("x",), "changes between 0 and 1 each time x rises from 0", _Toggle),
}
