"""The memory that the audio kernel works on: preallocated once, addressed by a table of pointers.

Everything that sounds happens in ticks of TICK frames, whatever block size the device asks for, so that the samples
don't depend on it. The kernel's functions take the address table and make views of what they need.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from engine.atomics import address_to_pointer
from engine.parameters import PARAMETERS
from engine.shared import MOST_CHANNELS
from engine.sound.loudness import k_weighting, weights
from engine.sound.spatial import Layout

TICK = 64
"""Frames that are computed at a time; parameters and commands take effect at a tick's start."""
SLOTS = 256
"""Clips that can be in memory at once."""
DECKS = 48
"""Clips that can sound at once, the fading ones included."""
GRAINS = 2048
"""Grains that can sound at once."""
COMMANDS = 256
"""Commands that can wait for the kernel."""
MAX_RATE = 192_000
LOOK_AHEAD_S = 0.0015
"""How far the limiter looks ahead, s."""

MAX_LOOK_AHEAD = round(MAX_RATE * LOOK_AHEAD_S)
OVERSAMPLING = 8
HALF_TAPS = 12
"""Half the length of the interpolation filter that finds the peaks between samples, frames."""
GUARD = 2
"""Frames around a peak that share its gain."""
LINE = MAX_LOOK_AHEAD + 2 * HALF_TAPS + TICK
"""Frames that the limiter sees of each delay line, the last TICK of them new."""
RUN = LINE + 8 * TICK
"""Frames of memory of a delay line. What is seen moves along it by a tick at a time, and from its end to its start."""
BLOCK_RATE = 10
"""Blocks of loudness each second (ITU-R BS.1770 gates 400 ms that overlap by 75 %)."""
BLOCKS = 64
"""Blocks of loudness that can wait for their reader."""

ARITHMETIC = {"contract", "reassoc", "nsz", "arcp"}
"""What the compiler may do to the order of arithmetic. Not all: NaN must stay NaN for the guards that look for it."""
FINITE = ARITHMETIC | {"nnan"}
"""The same behind those guards: the largest of many numbers is found several at a time."""

START, LEVEL = 1, 2
FREE, PLAYING, LEAVING, STOLEN = range(4)

CLIP = np.dtype([
    ("samples", "i8"),   # address of float32 [channels, 1 + frames + 2], the guards continue the loop; 0: no clip
    ("frames", "i8"),
    ("channels", "i8"),
], align=True)
COMMAND = np.dtype([("kind", "i4"), ("layer", "i4"), ("slot", "i4"), ("level", "f8"), ("fade", "f8")], align=True)
CONTROL = np.dtype([
    ("low", "f8"), ("high", "f8"),
    ("amplitude", "i8"),     # 1: a gain in dB, followed as amplitude, its lowest value as 0
    ("coefficient", "f8"),   # of the one-pole smoother, per tick
    ("raw", "f8"),           # the parameter as last read
    ("target", "f8"),
    ("before", "f8"),        # smoothed value at the tick's first frame
    ("now", "f8"),           # and at the next tick's first frame
], align=True)
DECK = np.dtype([
    ("stage", "i4"),         # FREE, PLAYING, LEAVING (fades out) or STOLEN (fades out fast, wanted by another clip)
    ("layer", "i4"),
    ("slot", "i4"),
    ("fade", "f8"),          # angle of the equal-power fade, 0 to pi/2
    ("fade_step", "f8"),     # radians per frame
    ("fade_from", "f8"),     # gain where fading out began
    ("level", "f8"), ("level_target", "f8"), ("level_step", "f8"),
    ("travelled", "f8"),     # frames that the reading position has moved since the deck started
    ("phase", "f8"),         # of the grain emission; a grain starts when it reaches the threshold
    ("threshold", "f8"),
    ("power", "f8"),         # sum of the squared envelopes of the deck's grains amid this tick
    ("crowd", "f8"),         # the same, smoothed: how many grains at their loudest it amounts to
], align=True)
GRAIN = np.dtype([
    ("samples", "i8"), ("frames", "i8"),  # of the clip
    ("position", "i8"),      # next sample to read, fixed point with FRACTION fractional bits, 0 <= position < frames
    ("increment", "i4"),     # per frame, fixed point
    ("channels", "i4"),
    ("deck", "i4"),
    ("delay", "i4"),         # frames of this tick before the onset
    ("age", "i4"), ("length", "i4"),      # frames
    ("left", "f4"), ("right", "f4"),      # gains
    ("slope", "f4"),         # of the envelope's taper, 1/frames
], align=True)
MASTER = np.dtype([
    ("rate", "f8"),
    ("channels", "i8"),      # of the output; the first of every array [MOST_CHANNELS, ...] are in use
    ("ticks", "i8"),         # computed so far
    ("unread", "i8"),        # frames of the last tick that the device hasn't had yet
    ("random", "u8"),
    ("grains", "i8"),        # sounding
    ("quiet", "i8"),         # ticks of exact silence so far
    ("panic", "f8"),         # place in the panic fade: 0 silence, 1 none
    ("crowd_coefficient", "f8"),
    ("dc_pole", "f8"),
    ("look_ahead", "i8"),    # frames
    ("recovered", "f8"),     # gain of the limiter before its smoothing
    ("release", "f8"),       # coefficient of its recovery, per frame
    ("at", "i8"),            # place of this tick's first frame in the delay lines
    ("peak_decay", "f8"),    # per tick
    ("true_peak", "f8"),     # of the output, decaying
    ("blocks", "i8"),        # of loudness, finished so far
    ("block_left", "i8"),    # frames that the present one lacks
    ("block_energy", "f8"),  # its sum of squares so far, K-weighted, over the channels by their weight
    ("next_energy", "f8"),   # what this tick adds to the block after it
    ("poles", "f8", 4),      # of the K-weighting: feedback of the shelf and of the high-pass
    ("zeros", "f8", 5),      # of both together
], align=True)
CHANNEL = np.dtype([
    ("peak", "f8"),          # of the output, decaying
    ("weight", "f8"),        # in the loudness; 0: doesn't count
    ("shelf", "f8", 2),      # last results of the K-weighting's poles, newest last
    ("highpass", "f8", 4),
], align=True)

METERS = ("grains", "refused", "decks", "stolen", "peak", "reduction", "bad", "true_peak")
(METER_GRAINS, METER_REFUSED, METER_DECKS, METER_STOLEN, METER_PEAK, METER_REDUCTION, METER_BAD,
 METER_TRUE_PEAK) = range(len(METERS))

(_PARAMETERS, _CONTROLS, _CLIPS, _COMMANDS, _CURSOR, _DECKS, _GRAINS, _BUSES, _MIX, _MASTER, _DC, _LINE, _REQUIRED,
 _ENVELOPE, _INTERPOLATION, _WINDOW, _OUTPUT, _METERS, _PLAYED, _CHANNELS, _BLOCKS, _WEIGHTED) = range(22)


def _discard_stale_code() -> None:
    """Remove compiled code that is older than any of its sources.

    numba compares a cached function with the file that defines it, not with those of the functions that it calls.
    """
    here = Path(__file__).parent
    sources = ("state", "grains", "layers", "limiter", "metering", "mixer", "callback", "../parameters", "../atomics",
               "../shared")
    newest = max((here / f"{name}.py").stat().st_mtime for name in sources)
    for index in (here / "__pycache__").glob("*.nbi"):
        with contextlib.suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()


_discard_stale_code()


class State:
    """All arrays of the kernel and the table of their addresses. Keep it alive while the kernel may run."""

    def __init__(self, rate: int, parameters: NDArray[np.float64], seed: int, layout: Layout) -> None:
        self.parameters = parameters
        self.controls = np.zeros(len(PARAMETERS), CONTROL)
        self.clips = np.zeros(SLOTS, CLIP)
        self.commands = np.zeros(COMMANDS, COMMAND)
        self.cursor = np.zeros(32, np.int64)  # [0] commands written, [16] commands drained: two cache lines
        self.decks = np.zeros(DECKS, DECK)
        self.grains = np.zeros(GRAINS, GRAIN)
        self.buses = np.zeros((DECKS, 2, TICK), np.float32)
        self.mix = np.zeros((MOST_CHANNELS, TICK), np.float32)
        self.master = np.zeros(1, MASTER)
        self.dc = np.zeros((MOST_CHANNELS, 2))  # [channel, (last input, last output)]
        self.line = np.zeros((MOST_CHANNELS, RUN), np.float32)
        self.required = np.ones(RUN, np.float32)
        self.envelope = np.ones(RUN, np.float32)
        self.interpolation = interpolation()
        look_ahead = round(rate * LOOK_AHEAD_S)
        self.window = _window(look_ahead)
        self.output = np.zeros((TICK, MOST_CHANNELS), np.float32)
        self.meters = np.zeros(len(METERS))
        self.played = np.zeros((MOST_CHANNELS, RUN), np.float32)  # the output as a delay line
        self.channels = np.zeros(MOST_CHANNELS, CHANNEL)
        self.blocks = np.zeros(BLOCKS)  # mean squares of the newest blocks of loudness
        self.weighted = np.zeros(4 + TICK)  # scratch of the K-weighting
        for i, p in enumerate(PARAMETERS):
            amplitude = p.unit == "dB"
            tick = TICK / rate
            coefficient = 1 - np.exp(-tick / p.smoothing) if p.smoothing > 0 else 1.0
            start = 10 ** (p.default / 20) if amplitude else p.default
            self.controls[i] = (p.low, p.high, amplitude, coefficient, np.nan, start, start, start)
        master = self.master[0]
        master["rate"] = rate
        master["channels"] = layout.channels
        master["random"] = np.uint64(seed % (1 << 64))
        master["panic"] = master["recovered"] = 1
        master["crowd_coefficient"] = 1 - np.exp(-TICK / (0.03 * rate))
        master["dc_pole"] = np.exp(-2 * np.pi * 5 / rate)
        master["look_ahead"] = look_ahead
        master["release"] = 1 - np.exp(-1 / (0.1 * rate))
        master["peak_decay"] = 10 ** (-20 * TICK / rate / 20)
        master["at"] = RUN - TICK
        master["block_left"] = rate // BLOCK_RATE
        master["poles"], master["zeros"] = k_weighting(rate)
        self.channels["weight"][:layout.channels] = weights(layout)
        self.meters[[METER_PEAK, METER_TRUE_PEAK]] = -120
        arrays: list[NDArray[Any]] = [
            self.parameters, self.controls, self.clips, self.commands, self.cursor, self.decks, self.grains,
            self.buses, self.mix, self.master, self.dc, self.line, self.required, self.envelope, self.interpolation,
            self.window, self.output, self.meters, self.played, self.channels, self.blocks, self.weighted]
        self.addresses: NDArray[np.int64] = np.array([array.ctypes.data for array in arrays], np.int64)


def _stack_tick(typingctx: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), TICK)), cgutils.voidptr_t)

    return types.voidptr(), codegen


# Any: a type checker sees the intrinsics' own parameters, compiled code those of the operation.
stack_tick: Any = intrinsic(_stack_tick)
"""stack_tick() -> pointer to TICK floats on the stack: memory that the compiler knows nothing else can alias."""
pointer: Any = address_to_pointer
"""pointer(address) -> pointer for carray."""


def interpolation() -> NDArray[np.float32]:
    """Return the phases [OVERSAMPLING, 2 * HALF_TAPS] of a Kaiser-windowed sinc."""
    place = HALF_TAPS - 1 - np.arange(2 * HALF_TAPS) + np.arange(OVERSAMPLING)[:, None] / OVERSAMPLING
    window = np.i0(4 * np.sqrt(np.maximum(0, 1 - (place / HALF_TAPS) ** 2))) / np.i0(4)
    return (np.sinc(place) * window).astype(np.float32)


def _window(look_ahead: int) -> NDArray[np.float32]:
    """Return the limiter's smoothing window [MAX_LOOK_AHEAD], `look_ahead - GUARD + 1` long, of sum 1."""
    length = look_ahead - GUARD + 1
    window = np.zeros(MAX_LOOK_AHEAD, np.float32)
    shape = np.sin(np.pi * (np.arange(length) + 0.5) / length) ** 2
    window[:length] = shape / shape.sum()
    return window


def _view(place: int, shape: tuple[int, ...], dtype: Any) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
    @njit
    def view(addresses: NDArray[np.int64]) -> NDArray[Any]:
        return carray(pointer(addresses[place]), shape, dtype)

    return view


parameters_of = _view(_PARAMETERS, (len(PARAMETERS),), np.float64)
controls_of = _view(_CONTROLS, (len(PARAMETERS),), CONTROL)
clips_of = _view(_CLIPS, (SLOTS,), CLIP)
commands_of = _view(_COMMANDS, (COMMANDS,), COMMAND)
cursor_of = _view(_CURSOR, (32,), np.int64)
decks_of = _view(_DECKS, (DECKS,), DECK)
grains_of = _view(_GRAINS, (GRAINS,), GRAIN)
buses_of = _view(_BUSES, (DECKS, 2, TICK), np.float32)
mix_of = _view(_MIX, (MOST_CHANNELS, TICK), np.float32)
master_of = _view(_MASTER, (1,), MASTER)
dc_of = _view(_DC, (MOST_CHANNELS, 2), np.float64)
line_of = _view(_LINE, (MOST_CHANNELS, RUN), np.float32)
required_of = _view(_REQUIRED, (RUN,), np.float32)
envelope_of = _view(_ENVELOPE, (RUN,), np.float32)
interpolation_of = _view(_INTERPOLATION, (OVERSAMPLING, 2 * HALF_TAPS), np.float32)
window_of = _view(_WINDOW, (MAX_LOOK_AHEAD,), np.float32)
output_of = _view(_OUTPUT, (TICK, MOST_CHANNELS), np.float32)
meters_of = _view(_METERS, (len(METERS),), np.float64)
played_of = _view(_PLAYED, (MOST_CHANNELS, RUN), np.float32)
channels_of = _view(_CHANNELS, (MOST_CHANNELS,), CHANNEL)
blocks_of = _view(_BLOCKS, (BLOCKS,), np.float64)
weighted_of = _view(_WEIGHTED, (4 + TICK,), np.float64)


@njit
def fill(row: NDArray[Any], value: float) -> None:
    """Set every element (a loop: it compiles much faster than a broadcast)."""
    for i in range(len(row)):
        row[i] = value
