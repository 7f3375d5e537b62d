"""Registers of every width, and none, read the same: what a processor can do changes the speed, not the sound."""

import llvmlite.binding as llvm
import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from engine.sound.lanes import LANES, ONE, PAD, SPILL, reader
from tests.engine.grain_reference import hermite, linear

RATES = (1, 0.3, -0.99, 1.5, 1.86, 1.87, -1.9, 2.2, 3.99, 5, -7.3, 8, -8)
HAS = llvm.get_host_cpu_features()
WIDTHS = [pytest.param(width, marks=pytest.mark.skipif(not HAS.get(feature, feature == ""),
                                                       reason=f"this processor has no {feature}"))
          for width, feature in ((0, ""), (8, "avx2"), (16, "avx512f"))]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("points", "equation"), [(2, linear), (4, hermite)])
def test_every_width_reads_what_the_equations_say(points: int, equation: object, width: int) -> None:
    read = reader(points, width)

    @njit
    def call(source: int, position: int, increment: int, count: int, out: int) -> None:
        read(source, position, increment, count, out)

    random = np.random.default_rng(1)
    memory = random.standard_normal(4000).astype(np.float32)
    sound: NDArray[np.float32] = memory[PAD:]
    for rate in RATES:
        for count in (64, 1, 17):
            increment = round(rate * ONE)
            first = round(random.uniform(700, 2700) * ONE)
            out = np.full(64 + SPILL, 7, np.float32)
            call(sound.ctypes.data, first, increment, count, out.ctypes.data)
            place = (first + increment * np.arange(count)) / ONE
            expected = equation(sound.astype(np.float64), place, rate)  # type: ignore[operator]
            np.testing.assert_allclose(out[:count], expected, rtol=0, atol=3e-6)
            assert (out[count + SPILL:] == 7).all()


def test_this_machine_uses_the_widest_it_has() -> None:
    assert (16 if HAS.get("avx512f") else 8 if HAS.get("avx2") else 0) == LANES
