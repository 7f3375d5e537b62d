"""Clips played as they are: a gapless loop whose end is crossfaded with its beginning (compiled; part of the kernel).

The last `seam` frames of a loop sound together with its first ones, and the reading goes on behind those; a loop of n
frames so lasts n - seam. The crossfade keeps the power whatever the two have in common: gains cos and sin, divided by
sqrt(1 + likeness * sin 2x), likeness being the correlation of end and beginning.
"""

import numpy as np
from numba import carray, float32, int64, njit
from numpy.typing import NDArray

from engine.sound.emission import INTERPOLATION, LAYER_BASE, LAYER_STRIDE, PITCH, POSITION, affordable, safe_lag
from engine.sound.grains import SINC, read
from engine.sound.lanes import FRACTION, ONE, SPILL
from engine.sound.sinc import kernel_for
from engine.sound.state import (
    DECKS,
    FREE,
    STRAIGHT,
    TICK,
    buses_of,
    clips_of,
    controls_of,
    decks_of,
    kernels_of,
    master_of,
    pointer,
    stack_tick,
)


@njit(error_model="numpy")
def _loop(addresses: NDArray[np.int64], d: int) -> None:
    """Add this tick of deck `d`, which plays a clip of the library, to its bus."""
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    clip = clips_of(addresses)[deck.slot]
    bus = buses_of(addresses)[d]
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    if not deck.begun:
        deck.position = int64(controls[base + POSITION].now * (clip.frames - clip.seam)) << FRACTION
    increment = int64(np.rint(2 ** (controls[base + PITCH].now / 12) * ONE))
    if increment == ONE:  # on the clip's own frames: nothing is lost to interpolation there
        deck.position = (deck.position >> FRACTION) << FRACTION
    interpolation = max(affordable(master_of(addresses)[0], int64(controls[base + INTERPOLATION].now)), 0)
    kernel = kernels_of(addresses)[kernel_for(increment / ONE) if interpolation == SINC else 0]
    end, seam = clip.frames << FRACTION, (clip.frames - clip.seam) << FRACTION
    voice = carray(stack_tick(), (TICK + SPILL,), np.float32)
    beginning = carray(stack_tick(), (TICK + SPILL,), np.float32)
    at = 0
    while at < TICK:
        position = deck.position
        if position >= end:
            position -= seam
        border = seam if position < seam else end
        count = min(int64(TICK - at), (border - position + increment - 1) // increment)
        for c in range(2):
            source = clip.left if c == 0 or clip.right == 0 else clip.right
            scale = float32(1 if clip.right else np.sqrt(0.5))
            read(source, position, increment, count, voice.ctypes.data, interpolation, kernel)
            if position >= seam:
                read(source, position - seam, increment, count, beginning.ctypes.data, interpolation, kernel)
                for j in range(count):
                    x = (position + j * increment - seam) / (end - seam) * (np.pi / 2)
                    sine, cosine = np.sin(x), np.cos(x)
                    voice[j] = float32((cosine * voice[j] + sine * beginning[j])
                                       / np.sqrt(1 + clip.likeness * 2 * sine * cosine))
            for j in range(count):
                bus[c, at + j] += scale * voice[j]
        deck.position = position + count * increment
        at += count


@njit(error_model="numpy")
def _monitor(addresses: NDArray[np.int64], d: int) -> None:
    """Add this tick of deck `d`, which plays the live input, to its bus: delayed, at its own pace."""
    deck = decks_of(addresses)[d]
    master = master_of(addresses)[0]
    clip = clips_of(addresses)[deck.slot]
    bus = buses_of(addresses)[d]
    lag = controls_of(addresses)[LAYER_BASE + deck.layer * LAYER_STRIDE + POSITION].now * clip.frames
    place = master.live_place - int64(safe_lag(addresses, lag, 0.0, 0.0))
    before = deck.position if deck.begun else place
    for c in range(2):
        source = clip.left if c == 0 else clip.right
        for j in range(TICK):
            new = carray(pointer(source + 4 * ((place + j) % clip.frames)), (1,), np.float32)[0]
            if place != before:  # the knob was turned, or the input's clock is another: change over within the tick
                old = carray(pointer(source + 4 * ((before + j) % clip.frames)), (1,), np.float32)[0]
                new = old + (new - old) * float32(j / TICK)
            bus[c, j] += new
    deck.position = place + TICK


@njit(error_model="numpy")
def play_straight(addresses: NDArray[np.int64]) -> None:
    """Add this tick of every deck that plays straight to its bus."""
    decks = decks_of(addresses)
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage != FREE and deck.mode == STRAIGHT:
            if clips_of(addresses)[deck.slot].live:
                _monitor(addresses, d)
            else:
                _loop(addresses, d)
