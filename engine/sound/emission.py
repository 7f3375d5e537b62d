"""When grains start, and as what (compiled; part of the audio kernel).

Three things start grains. The density: onsets come when a phase, which grows by density/rate per frame, has grown by
(1 - jitter) + jitter * E since the last one, E exponential of mean 1; that is synchronous emission at jitter 0, quasi-
synchronous between, asynchronous (a Poisson process) at 1, with the same mean density throughout (Roads, Microsound,
2001, ch. 3). Or onsets that the microphone hears, or the beat: each starts a burst of grains, spaced by the density.
"""

from typing import Any

import numpy as np
from numba import float32, int8, int16, int32, int64, njit, uint64
from numpy.typing import NDArray

from engine.atomics import fence
from engine.parameters import INDEX
from engine.sound.grains import CUBIC, LINEAR, SINC
from engine.sound.lanes import FRACTION, ONE, PAD
from engine.sound.sinc import kernel_for
from engine.sound.state import (
    DECKS,
    FREE,
    GRAINS,
    GRANULAR,
    LIVE,
    METER_DEGRADED,
    METER_REFUSED,
    TICK,
    clips_of,
    controls_of,
    decks_of,
    grains_of,
    live_of,
    master_of,
    meters_of,
)

LAYER_BASE = INDEX["layer/1/gain"]
LAYER_STRIDE = INDEX["layer/2/gain"] - LAYER_BASE

AT_DENSITY, AT_ONSETS, AT_BEAT = range(3)
_ROUNDING = 1e-6
"""Frames by which rounding must not delay an onset that falls on a frame."""
_CROWDED, _PACKED, _FULL = 0.5, 0.75, 1.0
"""Parts of the pool above which new grains are read with cubic, then with linear interpolation, then refused."""
_BUSY, _STRAINED, _OVERLOADED = 0.6, 0.75, 0.9
"""Parts of a block's time above which the same happens."""


def offset(name: str) -> int:
    """Return the place of a layer's knob behind the layer's first one."""
    return INDEX[f"layer/1/{name}"] - LAYER_BASE


POSITION, INTERPOLATION = offset("position"), offset("interpolation")
_POSITION_JITTER, _SPEED, _FREEZE = (offset(n) for n in ("position_jitter", "speed", "freeze"))
_DURATION, _DENSITY, _DENSITY_JITTER = (offset(n) for n in ("duration", "density", "density_jitter"))
_EMISSION, _BURST, _DIVISION = (offset(n) for n in ("emission", "burst", "division"))
PITCH, _PITCH_JITTER, _PAN_SPREAD = (offset(n) for n in ("pitch", "pitch_jitter", "pan_spread"))
_ENVELOPE, _SHAPE, _REVERSE = (offset(n) for n in ("envelope", "shape", "reverse"))


@njit
def uniform(master: Any) -> float:
    """Return the next number of the mixer's own generator, 0 <= x < 1 (splitmix64, Steele et al. 2014)."""
    master.random = master.random + uint64(0x9E3779B97F4A7C15)
    z = master.random
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return float(((z ^ (z >> uint64(31))) >> uint64(11)) * 2.0**-53)


@njit(error_model="numpy")
def affordable(master: Any, asked: int) -> int:
    """Return the best interpolation up to the one asked for that there is room and time for; -1 for none."""
    used = master.grains / GRAINS
    if used >= _FULL or master.load > _OVERLOADED:
        return -1
    if used > _PACKED or master.load > _STRAINED:
        return LINEAR
    if used > _CROWDED or master.load > _BUSY:
        return min(asked, CUBIC)
    return asked


@njit(error_model="numpy")
def advance_live(addresses: NDArray[np.int64]) -> None:
    """Move the place that live layers count from on by a tick.

    It follows the write head, which moves by whole blocks, at an even pace and never overtakes it; where input and
    output have clocks of their own, it is set anew when it trails by more than two blocks.
    """
    header = live_of(addresses)
    master = master_of(addresses)[0]
    written = header[0]
    fence()
    master.live_place = max(min(master.live_place + TICK, written), written - 2 * header[1])


@njit(error_model="numpy")
def safe_lag(addresses: NDArray[np.int64], lag: float, gains: float, loses: float) -> float:
    """Return the distance behind `live_place`, nearest to `lag`, where a reader meets neither end of the live ring.

    gains: frames that the reader will gain on the write head, loses: that it will fall behind. The head may stand still
    for a block, and a reader needs PAD frames around its place.
    """
    block = live_of(addresses)[1]
    low = 2 * block + PAD + max(0.0, gains)
    high = clips_of(addresses)[LIVE].frames - 4 * block - PAD - max(0.0, loses)
    return max(min(lag, high), low)


@njit(error_model="numpy")
def _emit(addresses: NDArray[np.int64], d: int, delay: int) -> None:
    """Start a grain of deck `d` at frame `delay` of this tick."""
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    meters = meters_of(addresses)
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    # Always the same number of draws: no knob shifts the sequence that the others see.
    draw_position, draw_pitch = 2 * uniform(master) - 1, 2 * uniform(master) - 1
    draw_place, draw_reverse = 2 * uniform(master) - 1, uniform(master)
    asked = int64(controls[base + INTERPOLATION].now)
    interpolation = affordable(master, asked)
    if interpolation < 0:
        meters[METER_REFUSED] += 1
        return
    if interpolation < asked:
        meters[METER_DEGRADED] += 1
    clip = clips_of(addresses)[deck.slot]
    grain = grains_of(addresses)[master.grains]
    master.grains += 1

    semitones = controls[base + PITCH].now + draw_pitch * controls[base + _PITCH_JITTER].now
    increment = int64(np.rint(2 ** (semitones / 12) * ONE))
    length = max(1, int64(np.rint(controls[base + _DURATION].now * 1e-3 * master.rate)))
    reverse = draw_reverse < controls[base + _REVERSE].now
    freeze = controls[base + _FREEZE].now >= 0.5
    spread = draw_position * controls[base + _POSITION_JITTER].now * master.rate
    if clip.live:
        reach = length * increment / ONE
        moved = (-1.0 if freeze else controls[base + _SPEED].now - 1) * delay
        lag = controls[base + POSITION].now * clip.frames - deck.travelled - moved + abs(spread)
        lag = safe_lag(addresses, lag, reach if reverse else reach - length, length if reverse else length - reach)
        start = master.live_place + delay - lag
    else:
        moved = 0.0 if freeze else controls[base + _SPEED].now * delay
        start = controls[base + POSITION].now * clip.frames + deck.travelled + moved + spread
    # At the clip's own pitch on its own frames: nothing is lost to interpolation there.
    start = np.rint(start) if increment == ONE else start
    position = int64(np.rint(start % clip.frames * ONE))
    if reverse:
        position += (length - 1) * increment
        increment = -increment
    place = draw_place * controls[base + _PAN_SPREAD].now
    scale = 1.0 if clip.right == 0 else np.sqrt(2.0)
    taper = controls[base + _ENVELOPE].now

    grain.left, grain.right, grain.frames = clip.left, clip.right, clip.frames
    grain.position = position % (clip.frames << FRACTION)
    grain.increment = int32(increment)
    grain.deck, grain.delay = int32(d), int32(delay)
    grain.age, grain.length = int32(0), int32(length)
    grain.gain_left = float32(scale * np.cos((place + 1) * (np.pi / 4)))
    grain.gain_right = float32(scale * np.sin((place + 1) * (np.pi / 4)))
    grain.slope = float32(2 / (taper * length))
    grain.shape = int8(controls[base + _SHAPE].now)
    grain.interpolation = int8(interpolation)
    grain.kernel = int16(kernel_for(increment / ONE) if interpolation == SINC else 0)


@njit(error_model="numpy")
def _emit_until(addresses: NDArray[np.int64], d: int, begin: int, end: int, step: float) -> None:
    """Start the grains of deck `d` that fall on the frames from `begin` to `end` of this tick."""
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    jitter = controls[base + _DENSITY_JITTER].now
    triggered = controls[base + _EMISSION].now != AT_DENSITY
    while not triggered or deck.waiting > 0:
        delay = begin + int64(max(0.0, np.ceil((deck.threshold - deck.phase) / step - _ROUNDING)))
        if delay >= end:
            break
        _emit(addresses, d, delay)
        deck.phase -= deck.threshold
        deck.threshold = 1 - jitter - jitter * np.log(1 - uniform(master))
        deck.waiting -= int32(triggered)
    if not triggered or deck.waiting > 0:  # or what was held back would start at once when the density takes over
        deck.phase += step * (end - begin)


@njit(error_model="numpy")
def _trigger(addresses: NDArray[np.int64], d: int) -> int:
    """Return the frame of this tick at which an onset or a beat starts a burst; TICK for none."""
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    onset, deck.onset = deck.onset, int32(0)
    emission = controls[base + _EMISSION].now
    if emission == AT_ONSETS and onset:
        return 0
    if emission == AT_BEAT and master.beat_step > 0:
        division = controls[base + _DIVISION].now
        return frames_to_multiple(master, 1 / division)
    return TICK


@njit(error_model="numpy")
def frames_to_multiple(master: Any, quantum: float) -> int:
    """Return the frame of this tick at which a multiple of `quantum` beats is reached; TICK if it isn't in it."""
    ahead = np.ceil(master.beat / quantum - 1e-9) * quantum - master.beat
    return min(int64(TICK), int64(max(0.0, np.ceil(ahead / master.beat_step - _ROUNDING))))


@njit(error_model="numpy")
def emit(addresses: NDArray[np.int64]) -> None:
    """Start the grains of this tick on every deck that plays grains, at their exact frames, and move the play heads."""
    decks = decks_of(addresses)
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage == FREE or deck.mode != GRANULAR:
            continue
        base = LAYER_BASE + deck.layer * LAYER_STRIDE
        step = controls[base + _DENSITY].now / master.rate
        trigger = _trigger(addresses, d)
        _emit_until(addresses, d, 0, trigger, step)
        if trigger < TICK:
            deck.waiting = int32(controls[base + _BURST].now)
            deck.phase = deck.threshold = 0.0
            _emit_until(addresses, d, trigger, TICK, step)
        clip = clips_of(addresses)[deck.slot]
        speed = 0.0 if controls[base + _FREEZE].now >= 0.5 else controls[base + _SPEED].now
        if clip.live:  # whoever reaches the newest or the oldest of it stays there
            newest = controls[base + POSITION].now * clip.frames
            deck.travelled = min(max(deck.travelled + (speed - 1) * TICK, newest - clip.frames), newest)
        else:
            deck.travelled = (deck.travelled + speed * TICK) % clip.frames
