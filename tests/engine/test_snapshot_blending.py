"""Between two snapshots every knob moves as its unit asks, never beyond, and arrives exactly."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UserError
from engine.parameters import INDEX, PARAMETERS, Parameter
from engine.snapshots import NEVER, Snapshot, blend, present, settings, snapshot

PARTS = st.floats(0, 1)
KINDS = [PARAMETERS[INDEX[path]] for path in
         ("master/gain", "layer/3/send", "layer/16/density", "reverb/time", "layer/1/azimuth", "layer/1/width",
          "layer/2/speed", "layer/1/source", "layer/1/mode", "match/layers", "layer/1/burst")]


def values(p: Parameter) -> st.SearchStrategy[float]:
    return st.floats(p.low, p.high).map(p.accept) | st.sampled_from([p.low, p.high, p.default])


@st.composite
def two(draw: st.DrawFn) -> tuple[Parameter, float, float]:
    p = draw(st.sampled_from(KINDS))
    return p, draw(values(p)), draw(values(p))


def between(p: Parameter, a: float, b: float, x: float) -> float:
    return float(blend(snapshot({p.path: a}), snapshot({p.path: b}), x)[INDEX[p.path]])


def around(a: float, b: float) -> float:
    """Degrees from `a` to `b`, the shorter way."""
    return abs((b - a + 180) % 360 - 180)


@given(two(), PARTS)
def test_values_stay_in_their_range_and_are_what_the_knob_takes(ends: tuple[Parameter, float, float], x: float) -> None:
    p, a, b = ends
    value = between(p, a, b, x)
    assert p.low <= value <= p.high
    assert p.accept(value) == value


@given(two())
def test_the_ends_are_exact(ends: tuple[Parameter, float, float]) -> None:
    assert (between(*ends, 0), between(*ends, 1)) == ends[1:]


@given(two(), PARTS, PARTS)
def test_on_the_way_nothing_turns_back(ends: tuple[Parameter, float, float], x: float, y: float) -> None:
    p, a, b = ends
    first, second = between(p, a, b, min(x, y)), between(p, a, b, max(x, y))
    if p.path.endswith("azimuth"):
        assert around(a, first) <= around(a, second) + 1e-9
        assert around(a, first) + around(first, b) == pytest.approx(around(a, b), abs=1e-9)
    else:
        slack = 1e-12 * max(abs(a), abs(b))
        assert (second - first) * np.sign(b - a) >= -slack
        assert min(a, b) <= first <= max(a, b)


@given(st.floats(0.25, 6000), st.floats(0.25, 6000), PARTS)
def test_rates_move_by_equal_ratios(a: float, b: float, x: float) -> None:
    assert between(PARAMETERS[INDEX["layer/1/density"]], a, b, x) == pytest.approx(a ** (1 - x) * b ** x)


@given(st.floats(-60, 6), st.floats(-60, 6), PARTS)
def test_decibels_stay_decibels(a: float, b: float, x: float) -> None:
    assert between(PARAMETERS[INDEX["master/gain"]], a, b, x) == pytest.approx(a + (b - a) * x)


@pytest.mark.parametrize(("a", "b", "x", "expected"), [
    (170, -170, 0.25, 175), (170, -170, 0.75, -175), (-170, 170, 0.75, 175), (-90, 90, 0.5, 180), (10, 50, 0.5, 30),
    (180, -180, 0.5, 180)])
def test_directions_take_the_shorter_way_round(a: float, b: float, x: float, expected: float) -> None:
    assert around(between(PARAMETERS[INDEX["layer/1/azimuth"]], a, b, x), expected) < 1e-9


@pytest.mark.parametrize("path", ["layer/1/source", "layer/1/burst"])
def test_switches_and_counts_jump_half_way(path: str) -> None:
    p = PARAMETERS[INDEX[path]]
    assert [between(p, p.low, p.high, x) for x in (0.1, 0.499, 0.5, 0.9)] == [p.low, p.low, p.high, p.high]


@given(st.sets(st.sampled_from(range(len(PARAMETERS))), max_size=40), PARTS)
def test_what_one_of_the_two_leaves_alone_is_left_alone(held: set[int], x: float) -> None:
    def of(indices: set[int]) -> Snapshot:
        return snapshot({PARAMETERS[i].path: PARAMETERS[i].high for i in indices if PARAMETERS[i].path not in NEVER})

    everything = of(set(range(len(PARAMETERS))))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for a, b in ((of(held), everything), (everything, of(held))):
            assert settings(blend(a, b, x)) == settings(of(held))


def test_a_snapshot_never_silences_records_or_changes_who_keeps_time() -> None:
    taken = settings(present(np.array([p.high for p in PARAMETERS])))
    assert taken.keys() == {p.path for p in PARAMETERS} - {"master/panic", "master/record", "morph/position",
                                                           "tempo/source"}
    for path in NEVER:
        with pytest.raises(UserError, match="never part of a snapshot"):
            snapshot({path: 0})
