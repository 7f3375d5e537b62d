"""The table of knobs is complete, consistent and addressable."""

import math

import pytest

from engine.errors import UserError
from engine.parameters import LAYERS, PARAMETERS, matching, parameter


def test_every_parameter_is_consistent() -> None:
    assert len({p.path for p in PARAMETERS}) == len(PARAMETERS)
    for p in PARAMETERS:
        assert p.low <= p.default <= p.high, p.path
        assert p.accept(p.default) == p.default, p.path
        assert p.doc.endswith("."), p.path
        assert p.smoothing >= 0
        if p.curve == "log":
            assert p.low > 0, p.path
        if p.curve == "switch":
            assert (p.low, p.high) == (0, 1), p.path


def test_values_are_clamped_and_rounded_by_kind() -> None:
    assert parameter("master/gain").accept(99) == 6
    assert parameter("match/layers").accept(2.4) == 2
    assert parameter("layer/1/freeze").accept(0.7) == 1


@pytest.mark.parametrize("nonsense", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused_with_the_range(nonsense: float) -> None:
    with pytest.raises(UserError, match=r"master/gain: .* -60 to 6 dB"):
        parameter("master/gain").accept(nonsense)


def test_wildcards_stay_within_a_segment() -> None:
    assert [p.path for p in matching("layer/*/density")] == [f"layer/{n}/density" for n in range(1, LAYERS + 1)]
    assert matching("layer/*") == []
    assert [p.path for p in matching("master/gain")] == ["master/gain"]
