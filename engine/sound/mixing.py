"""From decks to the loudspeakers' bus: filters, fades, levels, directions (compiled; part of the audio kernel)."""

from typing import Any

import numpy as np
from numba import float32, int32, njit
from numpy.typing import NDArray

from engine.atomics import fence
from engine.parameters import LAYERS
from engine.sound.emission import LAYER_BASE, LAYER_STRIDE, offset
from engine.sound.filters import filter_deck
from engine.sound.grains import silence
from engine.sound.lanes import ARITHMETIC
from engine.sound.layers import QUARTER, fade_gain
from engine.sound.spatial import STEPS
from engine.sound.state import (
    DECKS,
    FREE,
    METER_DECKS,
    PLAYING,
    TICK,
    buses_of,
    controls_of,
    decks_of,
    fill,
    levels_of,
    master_of,
    meters_of,
    mix_of,
    send_of,
    table_of,
    turns_of,
)

_GAIN, _PAN, _AZIMUTH, _WIDTH, _SEND = (offset(name) for name in ("gain", "pan", "azimuth", "width", "send"))


@njit(error_model="numpy")
def _towards(table: NDArray[np.float32], azimuth: float, c: int) -> float:
    """Return the gain of a direction, in degrees of any size, in channel `c`."""
    place = ((azimuth + 180) % 360) * (STEPS / 360)
    row = int(place)
    f = place - row
    return float((1 - f) * table[row, c] + f * table[row + 1, c])


@njit(error_model="numpy")
def _fade(deck: Any, bus: NDArray[np.float32]) -> None:
    """Apply the deck's fade and its level to its bus and move them on by a tick."""
    if deck.stage == PLAYING and deck.fade == QUARTER and deck.level == deck.level_target:
        if deck.level != 1:
            for j in range(TICK):
                bus[0, j] *= float32(deck.level)
                bus[1, j] *= float32(deck.level)
        return
    for j in range(TICK):
        gain = float32(fade_gain(deck) * deck.level)
        bus[0, j] *= gain
        bus[1, j] *= gain
        deck.fade = min(deck.fade + deck.fade_step, QUARTER)
        if deck.level < deck.level_target:
            deck.level = min(deck.level + deck.level_step, deck.level_target)
        else:
            deck.level = max(deck.level - deck.level_step, deck.level_target)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _ramp(row: NDArray[np.float32], before: float, now: float) -> None:
    """Multiply a row [TICK] by a gain that moves from one value to another."""
    begin, step = float32(before), float32((now - before) / TICK)
    for j in range(TICK):
        row[j] *= begin + step * float32(int32(j))


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _add(row: NDArray[np.float32], into: NDArray[np.float32], before: float, now: float) -> None:
    """Add a row [TICK] to another by a gain that moves from one value to another."""
    if before == 0 and now == 0:
        return
    begin, step = float32(before), float32((now - before) / TICK)
    for j in range(TICK):
        into[j] += row[j] * (begin + step * float32(int32(j)))


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _power(bus: NDArray[np.float32]) -> float:
    total = float32(0)
    for j in range(TICK):
        total += bus[0, j] * bus[0, j] + bus[1, j] * bus[1, j]
    return float(total)


@njit(error_model="numpy")
def _place(addresses: NDArray[np.int64], d: int) -> None:
    """Add the bus of deck `d` to the mix: its left and right edge each come from their direction.

    A direction is followed by its gains, not as an angle, so that 179 and -179 degrees are neighbours.
    """
    deck = decks_of(addresses)[d]
    controls = controls_of(addresses)
    master = master_of(addresses)[0]
    base = LAYER_BASE + deck.layer * LAYER_STRIDE
    table, turns = table_of(addresses), turns_of(addresses)[d]
    bus, mix = buses_of(addresses)[d], mix_of(addresses)
    direction = deck.azimuth + controls[base + _AZIMUTH].target
    opening = 0.5 * controls[base + _WIDTH].target
    if not deck.begun or direction != deck.direction or opening != deck.opening:
        deck.direction, deck.opening, deck.turned = direction, opening, 0
    if deck.turned:
        for edge in range(2):
            for c in range(master.bus):
                _add(bus[edge], mix[c], turns[edge, c], turns[edge, c])
        return
    deck.turned = 1
    for edge in range(2):
        for c in range(master.bus):
            target = _towards(table, direction + (opening if edge == 0 else -opening), c)
            before = float(turns[edge, c]) if deck.begun else target
            now = target
            if abs(target - before) > 1e-6:
                now = before + master.turn_coefficient * (target - before)
                deck.turned = 0
            turns[edge, c] = float32(now)
            _add(bus[edge], mix[c], before, now)


@njit(error_model="numpy")
def _level(deck: Any, bus: NDArray[np.float32], gain: Any, pan: float, crowd_before: float) -> None:
    """Apply the layer's gain and balance, and what makes up for the crowd of grains, to a bus."""
    # Equal power, unity in the middle: a balance for stereo, and with the grains' own gains a pan for mono.
    before, now = gain.before * np.sqrt(2 / max(1.0, crowd_before)), gain.now * np.sqrt(2 / max(1.0, deck.crowd))
    left, right = deck.pan_left, deck.pan_right
    if pan != deck.pan or not deck.begun:
        angle = (pan + 1) * (np.pi / 4)
        deck.pan, deck.pan_left, deck.pan_right = pan, np.cos(angle), np.sin(angle)
        if not deck.begun:
            left, right = deck.pan_left, deck.pan_right
    _ramp(bus[0], before * left, now * deck.pan_left)
    _ramp(bus[1], before * right, now * deck.pan_right)


@njit(error_model="numpy")
def mix(addresses: NDArray[np.int64]) -> None:
    """Sum the decks' buses into the mix [bus, TICK] and the reverb's send; free decks whose fade has ended."""
    decks = decks_of(addresses)
    controls = controls_of(addresses)
    buses, send, levels = buses_of(addresses), send_of(addresses), levels_of(addresses)
    total = mix_of(addresses)
    master = master_of(addresses)[0]
    for c in range(max(master.bus, master.channels)):
        fill(total[c], 0)
    for layer in range(LAYERS):
        levels[layer] -= master.crowd_coefficient * levels[layer]
    busy = 0
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage == FREE:
            continue
        busy += 1
        base = LAYER_BASE + deck.layer * LAYER_STRIDE
        bus = buses[d]
        filter_deck(addresses, d, deck.begun)
        _fade(deck, bus)
        crowd_before = deck.crowd
        deck.crowd += master.crowd_coefficient * (deck.power - deck.crowd)
        _level(deck, bus, controls[base + _GAIN], controls[base + _PAN].now, crowd_before)
        levels[deck.layer] += master.crowd_coefficient * _power(bus) / TICK
        sent = controls[base + _SEND]
        _place(addresses, d)
        _add(bus[0], send[0], sent.before, sent.now)
        _add(bus[1], send[1], sent.before, sent.now)
        for c in range(2):
            fill(bus[c], 0)
        deck.begun = int32(1)
        if deck.stage != PLAYING and deck.fade >= QUARTER:
            silence(addresses, d)
            fence()
            deck.stage = int32(FREE)
    meters_of(addresses)[METER_DECKS] = busy
