"""The memory that the audio kernel works on: preallocated once, addressed by a table of pointers.

Everything that sounds happens in ticks of TICK frames, whatever block size the device asks for, so that the samples
don't depend on it. The kernel's functions take the address table and make views of what they need.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from engine.atomics import address_to_pointer
from engine.parameters import LAYERS, PARAMETERS
from engine.sound import head, stale_code
from engine.sound.lanes import ARITHMETIC, PAD, SPILL
from engine.sound.loudness import k_weighting, weights
from engine.sound.sinc import KERNEL, KERNELS, kernels
from engine.sound.spatial import STEPS, Layout, gain_table
from engine.telemetry import MOST_CHANNELS

stale_code.discard()

TICK = 64
"""Frames that are computed at a time; parameters and commands take effect at a tick's start."""
SLOTS = 256
"""Clips that can be in memory at once."""
VOICE_SLOTS = (SLOTS - 2, SLOTS - 1)
"""Those of them that are kept for generated clips."""
LIVE = SLOTS
"""The slot of the live input."""
LIVE_SECONDS = 60
"""How much of the live input can be played."""
DECKS = 48
"""Clips that can sound at once, the fading ones included."""
GRAINS = 16384
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
MOST_TAPS = head.taps(MAX_RATE)
"""Length of the ears' responses at most, frames."""
TAPE = 1 << 22
"""Samples that the tape holds: 5.4 s of 16 channels at 48 kHz."""

FREEZE_BITS = 12
FREEZE = 1 << FREEZE_BITS
"""Frames of a frozen spectrum's window."""
REVERB_LINES = 16
REVERB_FRAMES = 1 << 15
"""Frames that each of the reverb's delay lines has room for."""

FINITE = ARITHMETIC | {"nnan"}
"""ARITHMETIC behind the guards that look for NaN: the largest of many numbers is found several at a time."""

START, LEVEL, ONSET, TEMPO = range(1, 5)
FREE, PLAYING, LEAVING, STOLEN = range(4)
GRANULAR, STRAIGHT, FROZEN = range(3)

CLIP = np.dtype([
    ("left", "i8"),          # address of the first channel's frame 0, PAD frames of the loop on either side; 0: no clip
    ("right", "i8"),         # and of the second; 0: mono
    ("frames", "i8"),
    ("live", "i8"),          # 1: a ring that the input is written to
    ("seam", "i8"),          # frames over which a straight loop's end is crossfaded with its beginning
    ("likeness", "f8"),      # correlation of the two, -1 to 1
], align=True)
COMMAND = np.dtype([
    ("kind", "i4"), ("layer", "i4"), ("slot", "i4"),
    ("level", "f8"), ("fade", "f8"),
    ("azimuth", "f8"),       # degrees
    ("quantum", "f8"),       # START: waits for a multiple of so many beats; 0: at once
    ("frame", "i8"),         # TEMPO: at which `level` beats are over, at `fade` beats a frame from there on
], align=True)
CONTROL = np.dtype([
    ("low", "f8"), ("high", "f8"),
    ("amplitude", "i8"),     # 1: a gain in dB, followed as amplitude, its lowest value as 0
    ("coefficient", "f8"),   # of the one-pole smoother, per tick
    ("target", "f8"),
    ("before", "f8"),        # smoothed value at the tick's first frame
    ("now", "f8"),           # and at the next tick's first frame
], align=True)
DECK = np.dtype([
    ("stage", "i4"),         # FREE, PLAYING, LEAVING (fades out) or STOLEN (fades out fast, wanted by another clip)
    ("layer", "i4"),
    ("slot", "i4"),
    ("mode", "i4"),          # GRANULAR, STRAIGHT or FROZEN
    ("shape", "i4"),         # of its fades
    ("waiting", "i4"),       # grains that an onset or a beat has still to start
    ("fade", "f8"),          # angle of the fade, 0 to pi/2
    ("fade_step", "f8"),     # radians per frame
    ("fade_from", "f8"),     # gain where fading out began
    ("level", "f8"), ("level_target", "f8"), ("level_step", "f8"),
    ("azimuth", "f8"),       # where it was seen, degrees
    ("travelled", "f8"),     # frames that the reading position has moved since the deck started
    ("phase", "f8"),         # of the grain emission; a grain starts when it reaches the threshold
    ("threshold", "f8"),
    ("power", "f8"),         # sum of the squared envelopes of the deck's grains amid this tick
    ("crowd", "f8"),         # the same, smoothed: how many grains at their loudest it amounts to
    ("direction", "f8"),     # that its edges were last turned to, degrees
    ("opening", "f8"),       # half the angle between them, degrees
    ("turned", "i8"),        # 1: the edges' gains have arrived there
    ("pan", "f8"),           # balance as last used, and its gains
    ("pan_left", "f8"), ("pan_right", "f8"),
    ("begun", "i4"),         # 1: has sounded
    ("step", "i4"),          # FROZEN: what to compute next
    ("position", "i8"),      # STRAIGHT: next frame to read, fixed point; FROZEN: of the first window, frames
    ("onset", "i4"),         # 1: an onset came since the last tick
], align=True)
GRAIN = np.dtype([
    ("left", "i8"), ("right", "i8"), ("frames", "i8"),  # of the clip
    ("position", "i8"),      # next sample to read, fixed point with FRACTION fractional bits, 0 <= position < frames
    ("increment", "i4"),     # per frame, fixed point
    ("deck", "i4"),
    ("delay", "i4"),         # frames of this tick before the onset
    ("age", "i4"), ("length", "i4"),      # frames
    ("gain_left", "f4"), ("gain_right", "f4"),
    ("slope", "f4"),         # of the envelope's taper, 1/frames
    ("shape", "i1"),         # envelope
    ("interpolation", "i1"),
    ("kernel", "i2"),        # of the windowed sinc
], align=True)
FILTER = np.dtype([
    ("wet", "f8"),           # 0: passes everything, 1: filters
    ("g", "f8"),             # tan(pi cutoff / rate) as last used
    ("left1", "f8"), ("left2", "f8"), ("right1", "f8"), ("right2", "f8"),  # the integrators' states
], align=True)
MASTER = np.dtype([
    ("rate", "f8"),
    ("channels", "i8"),      # of the output; the first of every array [MOST_CHANNELS, ...] are in use
    ("bus", "i8"),           # channels that directions are mixed into
    ("ticks", "i8"),         # computed so far
    ("unread", "i8"),        # frames of the last tick that the device hasn't had yet
    ("random", "u8"),
    ("grains", "i8"),        # sounding
    ("moving", "i8"),        # controls whose before, now and target aren't all the same
    ("load", "f8"),          # part of a block's time that computing it takes, 0 offline
    ("quiet", "i8"),         # ticks of exact silence so far
    ("panic", "f8"),         # place in the panic fade: 0 silence, 1 none
    ("crowd_coefficient", "f8"),
    ("turn_coefficient", "f8"),   # with which a layer follows its direction, per tick
    ("live_place", "i8"),    # frames of the live input that layers count their distance from
    ("beat", "f8"),          # at the tick's first frame
    ("beat_step", "f8"),     # beats per frame; 0: nobody keeps time
    ("beat_error", "f8"),    # that is still to be made good
    ("dc_pole", "f8"),
    ("look_ahead", "i8"),    # frames
    ("recovered", "f8"),     # gain of the limiter before its smoothing
    ("release", "f8"),       # coefficient of its recovery, per frame
    ("at", "i8"),            # place of this tick's first frame in the delay lines
    ("peak_decay", "f8"),    # per tick
    ("reverb_place", "i8"),  # where the reverb writes next, frames
    ("reverb_rings", "i8"),  # 1: something is in the reverb
    ("taps", "i8"),          # length of the ears' responses; 0: the layout is not binaural
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

REEL_WRITTEN, REEL_RUNS = 0, 16
"""Places in the reel, the tape's two numbers in a cache line each: frames ever written; 1 while the tape runs."""

METERS = ("grains", "degraded", "refused", "decks", "stolen", "peak", "reduction", "bad", "true_peak")
(METER_GRAINS, METER_DEGRADED, METER_REFUSED, METER_DECKS, METER_STOLEN, METER_PEAK, METER_REDUCTION, METER_BAD,
 METER_TRUE_PEAK) = range(len(METERS))

ARRAYS = (
    "parameters", "raw", "controls", "moving", "clips", "commands", "pending", "cursor", "decks", "grains", "kernels",
    "buses", "filters", "table", "turns", "levels",
    "freeze_spectrum", "freeze_work", "freeze_sound", "freeze_twiddles", "freeze_window", "freeze_order",
    "reverb", "reverb_lines", "reverb_damped", "reverb_turns", "send",
    "live_header", "mix", "master", "dc", "line", "required", "envelope", "interpolation", "window", "output", "meters",
    "ear_responses", "ear_past", "played", "channels", "blocks", "weighted", "tape", "reel",
)
"""The attributes of State whose addresses the kernel gets, in the order of its table."""


class State:
    """All arrays of the kernel and the table of their addresses. Keep it alive while the kernel may run."""

    def __init__(self, rate: int, parameters: NDArray[np.float64], seed: int, layout: Layout) -> None:
        self.parameters = parameters
        self.raw = np.full(len(PARAMETERS), np.nan)  # the parameters as last read
        self.controls = np.zeros(len(PARAMETERS), CONTROL)
        self.moving = np.zeros(len(PARAMETERS), np.uint8)  # 1: a control's before, now and target aren't all the same
        self.clips = np.zeros(SLOTS + 1, CLIP)
        self.commands = np.zeros(COMMANDS, COMMAND)
        self.pending = np.zeros(LAYERS, COMMAND)  # starts that wait for the beat
        self.cursor = np.zeros(32, np.int64)  # [0] commands written, [16] commands drained: two cache lines
        self.decks = np.zeros(DECKS, DECK)
        self.grains = np.zeros(GRAINS, GRAIN)
        self.kernels = kernels()[0]
        self.buses = np.zeros((DECKS, 2, TICK), np.float32)
        self.filters = np.zeros((DECKS, 2), FILTER)  # high-pass, low-pass
        self.table = gain_table(layout)
        self.turns = np.zeros((DECKS, 2, MOST_CHANNELS), np.float32)  # gains of the left and right edge
        self.levels = np.zeros(LAYERS)  # mean square of each layer, smoothed
        self.freeze_spectrum = np.zeros((DECKS, 5, 2, FREEZE // 2 + 1), np.float32)
        self.freeze_work = np.zeros((DECKS, 2, FREEZE), np.float32)  # real, imaginary
        self.freeze_sound = np.zeros((DECKS, 2, FREEZE), np.float32)
        turn = np.exp(-2j * np.pi * np.arange(FREEZE // 2) / FREEZE)
        self.freeze_twiddles = np.stack([turn.real, turn.imag]).astype(np.float32)
        self.freeze_window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FREEZE) / FREEZE)).astype(np.float32)
        bits = np.arange(FREEZE)[:, None] >> np.arange(FREEZE_BITS)
        self.freeze_order = ((bits & 1) << np.arange(FREEZE_BITS)[::-1]).sum(axis=1)  # each number's bits reversed
        self.reverb = np.zeros((REVERB_LINES, REVERB_FRAMES), np.float32)
        self.reverb_lines = _reverb_lines(rate)
        self.reverb_damped = np.zeros(REVERB_LINES, np.float32)
        self.reverb_turns = self.table[np.round(np.arange(REVERB_LINES) * STEPS / REVERB_LINES).astype(int)]
        self.send = np.zeros((2, TICK), np.float32)
        self.live = np.zeros((2, PAD + LIVE_SECONDS * rate + PAD), np.float32)
        self.live_header = np.zeros(2, np.int64)  # frames ever written, frames of the largest block
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
        self.ear_responses = np.zeros((2, MOST_CHANNELS, MOST_TAPS), np.float32)
        self.ear_past = np.zeros((MOST_CHANNELS, MOST_TAPS + TICK), np.float32)
        self.tape = np.zeros(TAPE, np.float32)
        self.reel = np.zeros(32, np.int64)
        self.played = np.zeros((MOST_CHANNELS, RUN), np.float32)  # the output as a delay line
        self.channels = np.zeros(MOST_CHANNELS, CHANNEL)
        self.blocks = np.zeros(BLOCKS)  # mean squares of the newest blocks of loudness
        self.weighted = np.zeros(4 + TICK)  # scratch of the K-weighting
        for i, p in enumerate(PARAMETERS):
            amplitude = p.unit == "dB"
            tick = TICK / rate
            coefficient = 1 - np.exp(-tick / p.smoothing) if p.smoothing > 0 else 1.0
            start = (10 ** (p.default / 20) if p.default > p.low else 0.0) if amplitude else p.default
            self.controls[i] = (p.low, p.high, amplitude, coefficient, start, start, start)
        left, right = (self.live[c, PAD:].ctypes.data for c in range(2))
        self.clips[LIVE] = (left, right, LIVE_SECONDS * rate, 1, 0, 0)
        master = self.master[0]
        master["rate"] = rate
        master["channels"] = layout.channels
        master["bus"] = self.table.shape[1]
        master["random"] = np.uint64(seed % (1 << 64))
        master["panic"] = master["recovered"] = 1
        master["crowd_coefficient"] = master["turn_coefficient"] = 1 - np.exp(-TICK / (0.03 * rate))
        master["dc_pole"] = np.exp(-2 * np.pi * 5 / rate)
        master["look_ahead"] = look_ahead
        master["release"] = 1 - np.exp(-1 / (0.1 * rate))
        master["peak_decay"] = 10 ** (-20 * TICK / rate / 20)
        if layout.virtual:
            master["taps"] = head.taps(rate)
            self.ear_responses[:, :layout.bus, :head.taps(rate)] = head.responses(rate, layout.virtual)
        master["at"] = RUN - TICK
        master["block_left"] = rate // BLOCK_RATE
        master["poles"], master["zeros"] = k_weighting(rate)
        self.channels["weight"][:layout.channels] = weights(layout)
        self.meters[[METER_PEAK, METER_TRUE_PEAK]] = -120
        for array in (self.live, self.reverb, self.freeze_spectrum, self.freeze_work, self.freeze_sound, self.grains,
                      self.tape):
            array.fill(0)  # memory that was never written is only there once it is, and that takes time
        self.addresses: NDArray[np.int64] = np.array([getattr(self, name).ctypes.data for name in ARRAYS], np.int64)


def _stack(count: int) -> Any:
    def room(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return builder.bitcast(cgutils.alloca_once(builder, ir.ArrayType(ir.FloatType(), count)), cgutils.voidptr_t)

        return types.voidptr(), codegen

    return intrinsic(room)


# Any: a type checker sees the intrinsics' own parameters, compiled code those of the operation.
stack_tick: Any = _stack(TICK + SPILL)
"""stack_tick() -> pointer to TICK + SPILL floats on the stack: memory that nothing else can alias."""
stack_rows: Any = _stack(REVERB_LINES * TICK)
"""stack_rows() -> pointer to REVERB_LINES * TICK floats on the stack."""
pointer: Any = address_to_pointer
"""pointer(address) -> pointer for carray."""


def _reverb_lines(rate: int) -> NDArray[np.int64]:
    """Return the lengths of the reverb's delay lines, frames: primes from 29 to 101 ms, even on a logarithmic scale."""
    lengths: list[int] = []
    for ms in np.geomspace(29, 101, REVERB_LINES):
        length = round(ms * rate / 1000)
        while any(length % k == 0 for k in range(2, int(length**0.5) + 1)) or length in lengths:
            length += 1
        lengths.append(length)
    return np.array(lengths, np.int64)


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


def _view(name: str, shape: tuple[int, ...], dtype: Any) -> Callable[[NDArray[np.int64]], NDArray[Any]]:
    place = ARRAYS.index(name)

    @njit
    def view(addresses: NDArray[np.int64]) -> NDArray[Any]:
        return carray(pointer(addresses[place]), shape, dtype)

    return view


parameters_of = _view("parameters", (len(PARAMETERS),), np.float64)
raw_of = _view("raw", (len(PARAMETERS),), np.float64)
controls_of = _view("controls", (len(PARAMETERS),), CONTROL)
moving_of = _view("moving", (len(PARAMETERS),), np.uint8)
clips_of = _view("clips", (SLOTS + 1,), CLIP)
commands_of = _view("commands", (COMMANDS,), COMMAND)
pending_of = _view("pending", (LAYERS,), COMMAND)
cursor_of = _view("cursor", (32,), np.int64)
decks_of = _view("decks", (DECKS,), DECK)
grains_of = _view("grains", (GRAINS,), GRAIN)
kernels_of = _view("kernels", (KERNELS,), KERNEL)
buses_of = _view("buses", (DECKS, 2, TICK), np.float32)
filters_of = _view("filters", (DECKS, 2), FILTER)
turns_of = _view("turns", (DECKS, 2, MOST_CHANNELS), np.float32)
levels_of = _view("levels", (LAYERS,), np.float64)
freeze_spectrum_of = _view("freeze_spectrum", (DECKS, 5, 2, FREEZE // 2 + 1), np.float32)
freeze_work_of = _view("freeze_work", (DECKS, 2, FREEZE), np.float32)
freeze_sound_of = _view("freeze_sound", (DECKS, 2, FREEZE), np.float32)
freeze_twiddles_of = _view("freeze_twiddles", (2, FREEZE // 2), np.float32)
freeze_window_of = _view("freeze_window", (FREEZE,), np.float32)
freeze_order_of = _view("freeze_order", (FREEZE,), np.int64)
reverb_of = _view("reverb", (REVERB_LINES, REVERB_FRAMES), np.float32)
reverb_lines_of = _view("reverb_lines", (REVERB_LINES,), np.int64)
reverb_damped_of = _view("reverb_damped", (REVERB_LINES,), np.float32)
send_of = _view("send", (2, TICK), np.float32)
live_of = _view("live_header", (2,), np.int64)
mix_of = _view("mix", (MOST_CHANNELS, TICK), np.float32)
master_of = _view("master", (1,), MASTER)
dc_of = _view("dc", (MOST_CHANNELS, 2), np.float64)
line_of = _view("line", (MOST_CHANNELS, RUN), np.float32)
required_of = _view("required", (RUN,), np.float32)
envelope_of = _view("envelope", (RUN,), np.float32)
interpolation_of = _view("interpolation", (OVERSAMPLING, 2 * HALF_TAPS), np.float32)
window_of = _view("window", (MAX_LOOK_AHEAD,), np.float32)
output_of = _view("output", (TICK, MOST_CHANNELS), np.float32)
meters_of = _view("meters", (len(METERS),), np.float64)
ear_responses_of = _view("ear_responses", (2, MOST_CHANNELS, MOST_TAPS), np.float32)
ear_past_of = _view("ear_past", (MOST_CHANNELS, MOST_TAPS + TICK), np.float32)
played_of = _view("played", (MOST_CHANNELS, RUN), np.float32)
channels_of = _view("channels", (MOST_CHANNELS,), CHANNEL)
blocks_of = _view("blocks", (BLOCKS,), np.float64)
weighted_of = _view("weighted", (4 + TICK,), np.float64)
tape_of = _view("tape", (TAPE,), np.float32)
reel_of = _view("reel", (32,), np.int64)


_TABLE, _REVERB_TURNS = ARRAYS.index("table"), ARRAYS.index("reverb_turns")


@njit
def table_of(addresses: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the gains of every direction, float32 [STEPS + 1, bus]."""
    return carray(pointer(addresses[_TABLE]), (STEPS + 1, master_of(addresses)[0].bus), np.float32)


@njit
def reverb_turns_of(addresses: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the gains with which each of the reverb's lines reaches the bus, float32 [REVERB_LINES, bus]."""
    return carray(pointer(addresses[_REVERB_TURNS]), (REVERB_LINES, master_of(addresses)[0].bus), np.float32)


@njit
def fill(row: NDArray[Any], value: float) -> None:
    """Set every element (a loop: it compiles much faster than a broadcast)."""
    for i in range(len(row)):
        row[i] = value


