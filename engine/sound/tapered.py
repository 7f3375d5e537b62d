"""What most grains need, in one pass: interpolate, shade, place (compiled; part of the audio kernel).

A whole tick of a mono grain under a tapered envelope never leaves the registers between the clip and the bus. Read,
shaded and added one after the other it takes more than twice as long.
"""

from collections.abc import Callable
from typing import Any

from numba import float32, int32, int64, njit, types
from numba.extending import intrinsic

from engine.sound.envelopes import TAPER
from engine.sound.lanes import FRACTION, LANES, Lanes, room
from engine.sound.state import TICK


def _adding(width: int, points: int) -> Any:
    """Return the intrinsic add(window, offset, increment, time, length, slope, left, right, gain_left, gain_right).

    The first three: see Lanes.interpolated. The next three: see engine.sound.envelopes.tapered. left, right: addresses.
    """

    def add(typingctx: Any, window: Any, offset: Any, increment: Any, time: Any, length: Any, slope: Any, left: Any,
            right: Any, gain_left: Any, gain_right: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            window, offset, increment, time, length, slope, left, right, gain_left, gain_right = args
            lanes = Lanes(builder, width)
            t = lanes.plus(lanes.spread(time), lanes.floats(lanes.numbers()))
            edge = lanes.times(lanes.least(t, lanes.minus(lanes.spread(length), t)), lanes.spread(slope))
            w = lanes.minus(lanes.least(edge, lanes.constant(1)), lanes.constant(0.5))
            q = lanes.times(w, w)
            rise = lanes.constant(TAPER[-1])
            for coefficient in TAPER[-2::-1]:
                rise = lanes.plus(lanes.times(rise, q), lanes.constant(coefficient))
            shade = lanes.plus(lanes.constant(0.5), lanes.times(w, rise))
            value = lanes.times(lanes.interpolated(points, window, offset, increment), shade)
            for bus, gain in ((left, gain_left), (right, gain_right)):
                lanes.store(lanes.plus(lanes.load(bus), lanes.times(value, lanes.spread(gain))), bus)
            return context.get_dummy_value()

        return types.void(types.int64, *(types.int32,) * 2, *(types.float32,) * 3, *(types.int64,) * 2,
                          *(types.float32,) * 2), codegen

    return intrinsic(add)


Adder = Callable[[Any, int, int], bool]


def _adder(width: int, points: int) -> Adder:
    """Return the compiled add(grain, left, right): it adds a tick of the grain to both buses, at these addresses.

    It returns False, and does nothing, if the grain is read too fast for that, or the processor has no such registers.
    """
    if not width:
        @njit
        def add(grain: Any, left: int, right: int) -> bool:
            return False
    else:
        lanes: Any = _adding(width, points)
        widest, before = room(width, points), points // 2 - 1

        @njit(error_model="numpy")
        def add(grain: Any, left: int, right: int) -> bool:
            increment = int64(grain.increment)
            if (width - 1) * abs(increment) > widest:
                return False
            reach = (width - 1) * min(increment, int64(0))  # the window begins at the lowest of the places
            position = grain.position
            time, length = float32(grain.age) + float32(0.5), float32(grain.length)
            for j in range(0, TICK, width):
                base = (position + reach) >> FRACTION
                lanes(grain.left + 4 * (base - before), int32(position - (base << FRACTION)), int32(increment),
                      time + float32(int32(j)), length, grain.slope, left + 4 * j, right + 4 * j, grain.gain_left,
                      grain.gain_right)
                position += width * increment
            return True

    compiled: Adder = add
    return compiled


add_linear = _adder(LANES, 2)
add_cubic = _adder(LANES, 4)
