"""Mapping expressions mean what they say, and text that means nothing is refused at the character where it goes wrong.

The judge of the arithmetic is Python's own, written down beside each random expression.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.control import Control
from bridge.mapping.expression import compiled
from bridge.mapping.functions import FUNCTIONS
from bridge.mapping.grammar import DEEPEST, LONGEST, MOST_NODES, ExpressionError, parse
from bridge.mapping.moment import Moment
from bridge.mapping.sources import SOURCES
from engine.shared import FEATURES, MATCH, TEMPO, Session


class Nothing(Exception):
    """An expression has no value."""


@dataclass
class Judged:
    """A random expression and Python's opinion of it."""

    text: str
    value: Callable[[float, float], float]


def judged(compute: Callable[..., float], *inside: Judged) -> Callable[[float, float], float]:
    def value(a: float, b: float) -> float:
        try:
            result = compute(*(part.value(a, b) for part in inside))
        except (ZeroDivisionError, OverflowError, ValueError):
            raise Nothing from None
        if not math.isfinite(result):
            raise Nothing
        return float(result)
    return value


OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda x, y: x + y, "-": lambda x, y: x - y, "*": lambda x, y: x * y, "/": lambda x, y: x / y,
    "%": lambda x, y: x % y, "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y,
    ">=": lambda x, y: x >= y, "==": lambda x, y: x == y, "!=": lambda x, y: x != y, "^": math.pow,
}
CALLS: dict[str, Callable[..., float]] = {
    "abs": abs, "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "log2": math.log2, "sin": math.sin,
    "cos": math.cos, "floor": math.floor, "ceil": math.ceil,
}

LEAVES = st.one_of(
    st.floats(0, 1000).map(lambda x: Judged(repr(x), lambda a, b: x)),
    st.just(Judged('osc("/a")', lambda a, b: a)), st.just(Judged("osc('/b', 2)", lambda a, b: b)))


def larger(inside: st.SearchStrategy[Judged]) -> st.SearchStrategy[Judged]:
    def choice(condition: Judged, then: Judged, otherwise: Judged) -> Judged:
        def value(a: float, b: float) -> float:
            return then.value(a, b) if condition.value(a, b) else otherwise.value(a, b)
        return Judged(f"({then.text} if {condition.text} else {otherwise.text})", value)

    return st.one_of(
        st.builds(lambda o, x, y: Judged(f"({x.text}){o} ({y.text})", judged(OPERATORS[o], x, y)),
                  st.sampled_from(list(OPERATORS)), inside, inside),
        st.builds(lambda f, x: Judged(f"{f}({x.text})", judged(CALLS[f], x)), st.sampled_from(list(CALLS)), inside),
        st.builds(lambda x: Judged(f"-({x.text})", judged(lambda v: -v, x)), inside),
        st.builds(lambda x: Judged(f"(not ({x.text}))", judged(lambda v: not v, x)), inside),
        st.builds(lambda w, x, y: Judged(f"(({x.text}) {w} ({y.text}))", lambda a, b: float(
            bool(x.value(a, b)) and bool(y.value(a, b)) if w == "and" else bool(x.value(a, b)) or bool(y.value(a, b)))),
            st.sampled_from(["and", "or"]), inside, inside),
        st.builds(choice, inside, inside, inside))


def worth(text: str, session: Session, a: float = 0.0, b: float = 0.0) -> float | None:
    moment = Moment(session, ["beach"], 0.0)
    moment.heard = {("/a", 1): a, ("/b", 2): b}
    return compiled(parse(text)).value(moment)


@given(expression=st.recursive(LEAVES, larger, max_leaves=12), a=st.floats(-1e6, 1e6), b=st.floats(-10, 10))
@settings(max_examples=300, deadline=None)
def test_random_expressions_are_worth_what_python_says(shared_session: Session, expression: Judged, a: float,
                                                       b: float) -> None:
    try:
        expected: float | None = expression.value(a, b)
    except Nothing:
        expected = None
    if expected is None and (" and " in expression.text or " or " in expression.text):
        return  # ours need no order of their sides, Python's do
    try:
        assert worth(expression.text, shared_session, a, b) == (
            expected if expected is None else pytest.approx(expected, rel=1e-12, abs=1e-300))
    except ExpressionError as error:
        assert "deep" in error.reason or "longer" in error.reason or "parts" in error.reason


@pytest.mark.parametrize(("text", "expected"), [
    ("1 + 2 * 3 ^ 2", 19), ("-2 ^ 2", -4), ("2 ^ -1", 0.5), ("2 ^ 3 ^ 2", 512), ("10 - 4 - 3", 3), ("12 / 3 / 2", 2),
    ("-7 % 3", 2), ("1 < 2 == 0", None), ("2 if 0 else 3 if 0 else 4", 4), ("2 if 1 else 3 if 0 else 4", 2),
    ("not 1 == 2", 1), ("1 or 0 and 0", 1), ("1 + 1 if 1 else 0", 2), (".5 + 1e-1 + 2.", 2.6), ("3 > 2 and 1 <= 1", 1),
    ("scale(5, 0, 10, 100, 200)", 150), ("scale(20, 0, 10, 100, 200)", 300), ("clamp(7, 0, 5)", 5),
    ("mix(10, 20, 0.25)", 12.5), ("min(3, 1, 2) + max(3, 1, 2)", 4), ("step(2, 2)", 1), ("step(2, 1.9)", 0),
    ("round(2.5) + round(-0.4)", 3), ("sign(-3)", -1), ("pow(2, 10)", 1024), ("default(1 / 0, 7)", 7),
    ("default(5, 7)", 5), ("cos(2 * pi)", 1),
])
def test_operators_bind_and_functions_compute_as_written(session: Session, text: str, expected: float | None) -> None:
    if expected is None:
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert worth(text, session) == pytest.approx(expected)


@pytest.mark.parametrize("text", [
    "1 / 0", "1 % 0", "log(0)", "log(-1)", "sqrt(-1)", "exp(1000)", "(-8) ^ 0.5", "10 ^ 400", "scale(1, 2, 2, 0, 1)",
    "0 ^ -1", "1e300 * 1e300", 'osc("/never")', 'cc("nano", 1, 7) + 1', "feature.rms", "tempo.bpm", 'scene("beach")',
    "weight(1)", "nothing", "1 + nothing", "0 and 1 / 0 or 1 / 0", "1 / 0 if 1 else 2", "hold(1, 0)",
])
def test_what_has_no_value_gives_none_and_never_raises(session: Session, text: str) -> None:
    assert worth(text, session) is None


@pytest.mark.parametrize(("text", "expected"), [
    ("0 and 1 / 0", 0), ("1 / 0 and 0", 0), ("1 / 0 or 1", 1), ("2 if 1 else 1 / 0", 2), ("1 / 0 if 0 else 2", 2)])
def test_what_is_not_needed_may_have_no_value(session: Session, text: str, expected: float) -> None:
    assert worth(text, session) == expected


@given(text=st.one_of(
    st.text(max_size=60), st.text(alphabet=st.sampled_from("0123456789.eE+-*/%^()<>=!,\"' \n\tabif"), max_size=60),
    st.lists(st.sampled_from([*SOURCES, *FUNCTIONS, "(", ")", ",", "1", "-", "not", "if", "else", "and", "^", '"/x"',
                              "==", "0.5"]), max_size=30).map(" ".join)))
@settings(max_examples=600, deadline=None)
def test_random_text_is_refused_at_a_character_of_it_or_understood(text: str) -> None:
    try:
        parse(text)
    except ExpressionError as error:
        assert 0 <= error.at <= len(error.text)
        reason, shown, caret = str(error).rsplit("\n", 2)
        assert reason == error.reason
        assert caret.strip() == "^"
        assert len(caret) <= len(shown) + 1


@pytest.mark.parametrize(("text", "at", "reason"), [
    ("", 0, "expected a number or a source, got the end"),
    ("scale(feature.rms, )", 19, 'expected a number or a source, got ")"'),
    ("1 + * 2", 4, 'expected a number or a source, got "*"'),
    ("1 2", 2, 'expected an operator, got "2"'),
    ("(1 + 2", 6, 'expected ")", got the end'),
    ("1 if 2", 6, 'expected "else", got the end'),
    ("1 < 2 < 3", 6, "compare two at a time: a < b and b < c"),
    ("feature.rsm", 0, "there is no 'feature.rsm'; the nearest is 'feature.rms'"),
    ("1 + feature.bands", 4, "there is no 'feature.bands'; the nearest is 'feature.band'"),
    ("clmap(1, 2, 3)", 0, "there is no 'clmap'; the nearest is 'clamp'"),
    ("clamp(1, 2)", 0, "expected clamp(x, low, high), got 2 arguments"),
    ("max(1)", 0, "expected max(a, b, ...), got 1 argument"),
    ("cc", 2, 'cc(port, channel, number): expected "(", got the end'),
    ('cc("nano", 17, 7)', 11, 'expected a whole number from 1 to 16, got "17"'),
    ('cc("nano", 1, 7.5)', 14, 'expected a whole number from 0 to 127, got "7.5"'),
    ('cc14("nano", 1, 32)', 16, 'expected a whole number from 0 to 31, got "32"'),
    ("cc(1, 1, 7)", 3, 'expected the port in quotes, got "1"'),
    ('cc("nano" 1)', 10, 'cc(port, channel, number): expected ",", got "1"'),
    ('bend("nano", 1, 3)', 14, 'bend(port, channel): expected ")", got ","'),
    ("feature.rms(1)", 11, "feature.rms takes no arguments"),
    ("feature.band(0)", 13, 'expected a whole number from 1 to 8, got "0"'),
    ("weight(17)", 7, 'expected a whole number from 1 to 16, got "17"'),
    ('param("revreb/gain")', 6, "there is no parameter 'revreb/gain'; the nearest is 'reverb/gain'"),
    ('scene("beech")', 6, "there is no class 'beech'; the nearest is 'beach'"),
    ('osc("/phono/param/master/gain")', 4,
     "addresses below /phono are the instrument's own; for a knob write param(\"master/gain\")"),
    ('osc("/wek/*")', 4, "expected an OSC address without wildcards, such as \"/wek/outputs\", got '\"/wek/*\"'"),
    ('osc("/x', 4, "the closing quote is missing"),
    ("1 + ü", 4, "'ü' means nothing here"),
    ("__import__", 0, "there is no '__import__'; the nearest is 'tempo.bar'"),
    ("1e999", 0, "is too large"),
    ("(" * (DEEPEST + 1), DEEPEST, f"is nested more than {DEEPEST} deep"),
    ("+".join("1" * MOST_NODES), MOST_NODES, f"has more than {MOST_NODES} parts"),
    ("1" * (LONGEST + 1), LONGEST, f"is longer than {LONGEST} characters"),
])
def test_errors_point_at_the_character(text: str, at: int, reason: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, ["beach", "forest"])
    assert (caught.value.at, caught.value.reason) == (at, reason)


def test_the_caret_stands_below_the_character_of_its_line() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("1 +\n\t2 + + 3")
    assert str(caught.value).splitlines()[1:] == ["     2 + + 3", "         ^"]


def test_every_source_reads_what_the_instrument_knows(session: Session) -> None:
    features = np.zeros((), FEATURES)
    features["rms"], features["bands"][2], features["pitch"], features["tempo"] = -20, -33, 440, 0
    session.features.write(features)
    match = np.zeros((), MATCH)
    match["scene_name"] = (b"forest", b"beach", b"street", b"room", b"office")
    match["scene_p"] = [0.5, 0.25, 0.1, 0.05, 0.01]
    match["weight"][2] = 0.75
    session.match.write(match)
    session.tempo.write(np.array((0.0, 0.0, 120.0, 0, 0), TEMPO))
    session.set("reverb/gain", -12)
    moment = Moment(session, ["beach", "forest", "street", "room", "office", "bar"], 10.0)
    moment.controls = {Control("nano", 1, "cc", 7): 0.5, Control("nano", 2, "bend"): 0.25}
    moment.heard = {("/wek/outputs", 3): 0.125}
    moment.turn(13.375)

    def read(text: str) -> float | None:
        return compiled(parse(text)).value(moment)

    assert read("feature.rms") == -20
    assert read("feature.band(3)") == -33
    assert read("feature.pitch") == 440
    assert read("feature.tempo") is None
    assert [read(f'scene("{name}")') for name in ("beach", "forest", "bar")] == [0.25, 0.5, 0]
    assert read("weight(3)") == 0.75
    assert read("tempo.bpm") == 120
    assert read("tempo.beat") == 0.75  # 26.75 beats
    assert read("tempo.bar") == pytest.approx(2.75 / 4)
    assert read('param("reverb/gain")') == -12
    assert read("time") == 3.375
    assert read('cc("nano", 1, 7)') == 0.5
    assert read("bend('nano', 2)") == 0.25
    assert read('osc("/wek/outputs", 3)') == 0.125
    for text in ('cc14("nano", 1, 7)', 'note("nano", 1, 7)', 'pressure("nano", 1)', 'osc("/wek/outputs")'):
        assert read(text) is None


def test_there_is_no_beat_where_nobody_keeps_time(session: Session) -> None:
    session.tempo.write(np.zeros((), TEMPO))
    assert [worth(text, session) for text in ("tempo.bpm", "tempo.beat", "tempo.bar")] == [None] * 3


def course(session: Session, text: str, values: list[float], step: float = 0.1) -> list[float | None]:
    """Return what `text` is worth while /a takes these values, one each `step` seconds."""
    expression = compiled(parse(text))
    moment = Moment(session, [], 0.0)
    worths = []
    for number, value in enumerate(values):
        moment.turn(number * step)
        moment.heard["/a", 1] = value
        worths.append(expression.value(moment))
    return worths


def test_lag_is_the_exponential_and_peak_falls_along_it(session: Session) -> None:
    falling = [math.exp(-0.1 * n / 0.5) for n in range(6)]
    assert course(session, 'lag(osc("/a"), 0.5)', [1.0] + [0.0] * 5) == pytest.approx(falling)
    assert course(session, 'peak(osc("/a"), 0.5)', [1.0] + [0.0] * 5) == pytest.approx(falling)
    assert course(session, 'lag(osc("/a"), 0.5)', [0.0, 1.0])[1] == pytest.approx(1 - math.exp(-0.2))
    assert course(session, 'peak(osc("/a"), 0.5)', [0.0, 1.0])[1] == 1
    assert course(session, 'lag(osc("/a"), 0)', [0.0, 1.0])[1] == 1


def test_change_hold_and_toggle_remember(session: Session) -> None:
    assert course(session, 'change(osc("/a"))', [1, 2, 2, 0]) == pytest.approx([0, 10, 0, -20])
    assert course(session, 'hold(time, osc("/a"))', [0, 1, 1, 0, 1]) == pytest.approx([None, 0.1, 0.1, 0.1, 0.4])
    assert course(session, 'toggle(osc("/a"))', [0, 1, 1, 0, 1, 0]) == [0, 1, 1, 1, 0, 0]
    held = course(session, 'hold(random(), osc("/a"))', [1, 1, 0, 1, 0])
    assert held[0] == held[1] == held[2] != held[3] == held[4]


def test_a_change_within_one_moment_counts_in_the_next(session: Session) -> None:
    expression = compiled(parse('change(osc("/a"))'))
    moment = Moment(session, [], 0.0)
    for now, value, expected in ((0.0, 1.0, 0), (0.0, 2.0, 0), (0.1, 3.0, 20), (0.1, 9.0, 20), (0.2, 3.0, 0)):
        moment.turn(now)
        moment.heard["/a", 1] = value
        assert expression.value(moment) == pytest.approx(expected)


def test_a_memory_lives_on_in_the_branch_that_is_not_taken(session: Session) -> None:
    assert course(session, 'lag(time, 0) if osc("/a") else -1', [0, 0, 1]) == pytest.approx([-1, -1, 0.2])
    assert course(session, '5 if osc("/a") else toggle(osc("/a"))', [0, 1, 0]) == [0, 5, 1]
