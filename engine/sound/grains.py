"""Grains: when they start, what they read and how they sound (compiled; part of the audio kernel).

A grain is `length` frames of a clip, read at a constant rate with cubic interpolation (4-point, third-order Hermite),
under a Tukey window, at one place between left and right. Clips are loops: a grain that runs over the end of its clip
goes on at its start. Reading positions are fixed-point numbers, so that a grain of any length is exact and the same
in blocks of any size.

Source of the scheme: C. Roads, Microsound (2001), ch. 3; of the pool and the 1/sqrt normalisation: Mutable Instruments
Clouds.
"""

from typing import Any

import numpy as np
from numba import carray, float32, int32, int64, njit, uint64
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.sound.state import (
    ARITHMETIC,
    DECKS,
    FREE,
    GRAINS,
    METER_REFUSED,
    TICK,
    buses_of,
    clips_of,
    controls_of,
    decks_of,
    grains_of,
    master_of,
    meters_of,
    pointer,
    stack_tick,
)

FRACTION = 22
"""Fractional bits of a reading position: 64 frames at 8x (the most that 36 semitones give) fit 32 bits."""
ONE = 1 << FRACTION
_ROUNDING = 1e-6
"""Frames by which rounding must not delay an onset that falls on a frame."""

LAYER_BASE = INDEX["layer/1/gain"]
LAYER_STRIDE = INDEX["layer/2/gain"] - LAYER_BASE


def _offset(name: str) -> int:
    return INDEX[f"layer/1/{name}"] - LAYER_BASE


GAIN, PAN = _offset("gain"), _offset("pan")
_POSITION, _POSITION_JITTER, _SPEED, _FREEZE = (_offset(n) for n in ("position", "position_jitter", "speed", "freeze"))
_DURATION, _DENSITY, _DENSITY_JITTER = (_offset(n) for n in ("duration", "density", "density_jitter"))
_PITCH, _PITCH_JITTER, _PAN_SPREAD = (_offset(n) for n in ("pitch", "pitch_jitter", "pan_spread"))
_ENVELOPE, _REVERSE = _offset("envelope"), _offset("reverse")


@njit
def uniform(master: Any) -> float:
    """Return the next number of the mixer's own generator, 0 <= x < 1 (splitmix64, Steele et al. 2014)."""
    master.random = master.random + uint64(0x9E3779B97F4A7C15)
    z = master.random
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return float(((z ^ (z >> uint64(31))) >> uint64(11)) * 2.0**-53)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _window(t: np.float32, length: np.float32, slope: np.float32) -> np.float32:
    """Return the Tukey window of `length` frames at 0 <= t <= length; slope: 1 / frames of each taper."""
    rest = length - t
    u = (t if t < rest else rest) * slope
    w = (u if u < float32(1) else float32(1)) - float32(0.5)
    q = w * w
    # 0.5 - 0.5 cos(pi u) as a polynomial, error below 2e-9
    return float32(0.5) + w * (float32(1.5707962900) + q * (float32(-2.5838534395) + q * (
        float32(1.2750156885) + q * (float32(-0.2990225863) + q * float32(0.0386100632)))))


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _read(source: NDArray[np.float32], base: int, fraction: int, increment: int, count: int, age: int, length: int,
          slope: np.float32, left: NDArray[np.float32], right: NDArray[np.float32], gain_left: np.float32,
          gain_right: np.float32) -> None:
    """Add `count` frames of a grain that doesn't wrap to left and right [count].

    source[1 + base] is the sample under the reading position, `fraction` its fixed-point remainder.
    """
    # The clip may overlap anything as far as the compiler knows; through memory of its own the loop is vectorised.
    voice = carray(stack_tick(), (TICK,), np.float32)
    for j in range(count):
        x = int32(fraction) + int32(increment) * int32(j)
        i = uint64(base + (x >> int32(FRACTION)))
        f = float32(x & int32(ONE - 1)) * float32(1 / ONE)
        y0, y1, y2, y3 = source[i], source[i + uint64(1)], source[i + uint64(2)], source[i + uint64(3)]
        c1 = float32(0.5) * (y2 - y0)
        c2 = y0 - float32(2.5) * y1 + float32(2) * y2 - float32(0.5) * y3
        c3 = float32(0.5) * (y3 - y0) + float32(1.5) * (y1 - y2)
        value = ((c3 * f + c2) * f + c1) * f + y1
        voice[j] = value * _window(float32(int32(age) + int32(j)) + float32(0.5), float32(length), slope)
    for j in range(count):
        left[j] += voice[j] * gain_left
        right[j] += voice[j] * gain_right


@njit(error_model="numpy")
def _emit(addresses: NDArray[np.int64], d: int, delay: int) -> None:
    """Start a grain of deck `d` at frame `delay` of this tick."""
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    # Always the same number of draws: no knob shifts the sequence that the others see.
    draw_position, draw_pitch = 2 * uniform(master) - 1, 2 * uniform(master) - 1
    draw_place, draw_reverse = 2 * uniform(master) - 1, uniform(master)
    if master.grains == GRAINS:
        meters_of(addresses)[METER_REFUSED] += 1
        return
    clip = clips_of(addresses)[deck.slot]
    grain = grains_of(addresses)[master.grains]
    master.grains += 1

    moved = 0.0 if controls[base + _FREEZE].now >= 0.5 else controls[base + _SPEED].now * delay
    start = (controls[base + _POSITION].now * clip.frames + deck.travelled + moved
             + draw_position * controls[base + _POSITION_JITTER].now * master.rate)
    semitones = controls[base + _PITCH].now + draw_pitch * controls[base + _PITCH_JITTER].now
    increment = int64(np.rint(2 ** (semitones / 12) * ONE))
    length = max(1, int64(np.rint(controls[base + _DURATION].now * 1e-3 * master.rate)))
    # At the clip's own pitch on its own frames: nothing is lost to interpolation there.
    start = np.rint(start) if increment == ONE else start
    position = int64(np.rint(start % clip.frames * ONE))
    if draw_reverse < controls[base + _REVERSE].now:
        position += (length - 1) * increment
        increment = -increment
    place = draw_place * controls[base + _PAN_SPREAD].now
    scale = 1.0 if clip.channels == 1 else np.sqrt(2.0)
    taper = controls[base + _ENVELOPE].now

    grain.samples, grain.frames, grain.channels = clip.samples, clip.frames, int32(clip.channels)
    grain.position = position % (clip.frames << FRACTION)
    grain.increment = int32(increment)
    grain.deck, grain.delay = int32(d), int32(delay)
    grain.age, grain.length = int32(0), int32(length)
    grain.left = float32(scale * np.cos((place + 1) * (np.pi / 4)))
    grain.right = float32(scale * np.sin((place + 1) * (np.pi / 4)))
    grain.slope = float32(2 / (taper * length))


@njit(error_model="numpy")
def emit(addresses: NDArray[np.int64]) -> None:
    """Start the grains of this tick on every deck that plays, at their exact frames, and move the play heads.

    Onsets come when a phase, which grows by density/rate per frame, has grown by (1 - jitter) + jitter * E since the
    last one, E exponential of mean 1: a pulse at jitter 0, a Poisson process at 1, the same mean density in between.
    """
    decks = decks_of(addresses)
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage == FREE:
            continue
        base = LAYER_BASE + deck.layer * LAYER_STRIDE
        jitter = controls[base + _DENSITY_JITTER].now
        step = controls[base + _DENSITY].now / master.rate
        while True:
            delay = int64(max(0.0, np.ceil((deck.threshold - deck.phase) / step - _ROUNDING)))
            if delay >= TICK:
                break
            _emit(addresses, d, delay)
            deck.phase -= deck.threshold
            deck.threshold = 1 - jitter - jitter * np.log(1 - uniform(master))
        deck.phase += step * TICK
        if controls[base + _FREEZE].now < 0.5:
            frames = clips_of(addresses)[deck.slot].frames
            deck.travelled = (deck.travelled + controls[base + _SPEED].now * TICK) % frames


@njit(error_model="numpy")
def sound(addresses: NDArray[np.int64]) -> None:
    """Add this tick of every grain to the bus of its deck, drop the grains that end, sum up the decks' power."""
    decks = decks_of(addresses)
    grains = grains_of(addresses)
    buses = buses_of(addresses)
    master = master_of(addresses)[0]
    for d in range(DECKS):
        decks[d].power = 0
    g = 0
    while g < master.grains:
        grain = grains[g]
        at = int64(grain.delay)
        end = min(int64(TICK), at + grain.length - grain.age)
        middle = float32(grain.age - grain.delay + TICK // 2)
        if 0 <= middle <= grain.length:
            window = _window(middle, float32(grain.length), grain.slope)
            decks[grain.deck].power += window * window
        grain.delay = int32(0)
        size = grain.frames << FRACTION
        increment = int64(grain.increment)
        while at < end:
            # as far as the clip's end, or its start when it is read backwards
            steps = (size - grain.position + increment - 1) // increment if increment > 0 else \
                grain.position // -increment + 1
            count = min(end - at, steps)
            for c in range(grain.channels):
                source = carray(pointer(grain.samples + c * (grain.frames + 3) * 4), (grain.frames + 3,),
                                np.float32)
                mono = grain.channels == 1
                _read(source, grain.position >> FRACTION, grain.position & (ONE - 1), grain.increment, count,
                      grain.age, grain.length, grain.slope, buses[grain.deck, 0, at:end], buses[grain.deck, 1, at:end],
                      grain.left if mono or c == 0 else float32(0), grain.right if mono or c == 1 else float32(0))
            grain.position = (grain.position + increment * count) % size
            grain.age += int32(count)
            at += count
        if grain.age >= grain.length:
            master.grains -= 1
            grains[g] = grains[master.grains]
        else:
            g += 1


@njit
def silence(addresses: NDArray[np.int64], d: int) -> None:
    """Drop all grains of deck `d` at once."""
    grains = grains_of(addresses)
    master = master_of(addresses)[0]
    g = 0
    while g < master.grains:
        if grains[g].deck == d:
            master.grains -= 1
            grains[g] = grains[master.grains]
        else:
            g += 1
