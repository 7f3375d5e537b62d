"""Layers and decks: which clips play, how they fade, how loud they are (compiled; part of the audio kernel).

A layer is what the performer sees; a deck plays one clip for it. A change of clip takes a free deck for the new one
and lets the old ones of the layer fade out. The new deck's gain is sin(x), that of the old ones cos(x) times the gain
they had, x growing from 0 to pi/2 on both: the power stays what it was, also when a fade interrupts another.
"""

from typing import Any

import numpy as np
from numba import int32, njit
from numpy.typing import NDArray

from engine.atomics import fence
from engine.sound.grains import GAIN, LAYER_BASE, LAYER_STRIDE, PAN, silence
from engine.sound.state import (
    COMMANDS,
    DECKS,
    FREE,
    LEAVING,
    METER_DECKS,
    METER_STOLEN,
    PLAYING,
    START,
    STOLEN,
    TICK,
    buses_of,
    clips_of,
    commands_of,
    controls_of,
    cursor_of,
    decks_of,
    fill,
    master_of,
    meters_of,
    mix_of,
    parameters_of,
)

QUARTER = np.pi / 2
STEAL_S = 0.005
"""How long a deck that another clip needs takes to fade out, s; also the shortest fade."""


@njit
def follow(addresses: NDArray[np.int64]) -> None:
    """Read the parameters, distrusting them, and let their smoothed values follow. NaN and infinity are not read."""
    parameters = parameters_of(addresses)
    controls = controls_of(addresses)
    first = master_of(addresses)[0].ticks == 0
    for i in range(len(controls)):
        control = controls[i]
        raw = parameters[i]
        if raw != control.raw and np.isfinite(raw):
            control.raw = raw
            value = min(max(raw, control.low), control.high)
            if control.amplitude:
                value = 10 ** (value / 20) if value > control.low else 0.0
            control.target = value
            if first:
                control.now = value
        control.before = control.now
        difference = control.target - control.now
        control.now = control.target if abs(difference) < 1e-6 else control.now + control.coefficient * difference


@njit
def _gain(deck: Any) -> float:
    if deck.stage == PLAYING:
        return float(np.sin(deck.fade))
    return float(deck.fade_from * np.cos(deck.fade))


@njit
def _leave(deck: Any, stage: int, step: float) -> None:
    deck.fade_from = _gain(deck)
    deck.stage = int32(stage)
    deck.fade = 0.0
    deck.fade_step = step


@njit
def _steal(addresses: NDArray[np.int64], step: float) -> None:
    """Make the quietest deck that is fading out do so fast, unless one does already."""
    decks = decks_of(addresses)
    quietest = -1
    for d in range(DECKS):
        if decks[d].stage == STOLEN:
            return
        if decks[d].stage == LEAVING and (
                quietest < 0 or _gain(decks[d]) * decks[d].level < _gain(decks[quietest]) * decks[quietest].level):
            quietest = d
    if quietest >= 0:
        _leave(decks[quietest], STOLEN, step)
        meters_of(addresses)[METER_STOLEN] += 1


@njit
def _free(decks: NDArray[Any]) -> int:
    for d in range(DECKS):
        if decks[d].stage == FREE:
            return d
    return -1


@njit(error_model="numpy")
def obey(addresses: NDArray[np.int64]) -> None:
    """Drain the commands. A start that finds no free deck waits, with all after it, until one is stolen."""
    cursor = cursor_of(addresses)
    decks = decks_of(addresses)
    rate = master_of(addresses)[0].rate
    written = cursor[0]
    fence()
    while cursor[16] < written:
        command = commands_of(addresses)[cursor[16] % COMMANDS]
        fade = max(command.fade, STEAL_S) * rate
        if command.kind == START:
            free = _free(decks)
            if command.slot >= 0 and free < 0:
                _steal(addresses, QUARTER / (STEAL_S * rate))
                return
            for d in range(DECKS):
                if decks[d].layer == command.layer and (decks[d].stage == PLAYING or decks[d].stage == LEAVING):
                    _leave(decks[d], LEAVING, QUARTER / fade)
            if command.slot >= 0 and clips_of(addresses)[command.slot].frames > 0:
                deck = decks[free]
                deck.stage, deck.layer, deck.slot = int32(PLAYING), command.layer, command.slot
                deck.fade, deck.fade_step = 0.0, QUARTER / fade
                deck.level, deck.level_target, deck.level_step = command.level, command.level, 0.0
                deck.travelled = deck.phase = deck.threshold = deck.power = deck.crowd = 0.0
        else:
            for d in range(DECKS):
                if decks[d].layer == command.layer and decks[d].stage == PLAYING:
                    decks[d].level_target = command.level
                    decks[d].level_step = abs(command.level - decks[d].level) / fade
        fence()
        cursor[16] += 1


@njit(error_model="numpy")
def mix(addresses: NDArray[np.int64]) -> None:
    """Sum the decks' buses [channel, frame] with their gains; free the decks whose fade has ended; clear the buses."""
    decks = decks_of(addresses)
    controls = controls_of(addresses)
    buses = buses_of(addresses)
    total = mix_of(addresses)
    crowd_coefficient = master_of(addresses)[0].crowd_coefficient
    for c in range(2):
        fill(total[c], 0)
    busy = 0
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage == FREE:
            continue
        busy += 1
        gain = controls[LAYER_BASE + deck.layer * LAYER_STRIDE + GAIN]
        pan = controls[LAYER_BASE + deck.layer * LAYER_STRIDE + PAN]
        crowd_before = deck.crowd
        deck.crowd += crowd_coefficient * (deck.power - deck.crowd)
        # Equal power, unity in the middle: a balance for stereo, and with the grains' own gains a pan for mono.
        before = gain.before * np.sqrt(2 / max(1.0, crowd_before))
        now = gain.now * np.sqrt(2 / max(1.0, deck.crowd))
        angle_before, angle_now = (pan.before + 1) * (np.pi / 4), (pan.now + 1) * (np.pi / 4)
        left_before, left_now = before * np.cos(angle_before), now * np.cos(angle_now)
        right_before, right_now = before * np.sin(angle_before), now * np.sin(angle_now)
        still = deck.stage == PLAYING and deck.fade == QUARTER and deck.level == deck.level_target
        envelope = deck.level
        for j in range(TICK):
            if not still:
                envelope = _gain(deck) * deck.level
                deck.fade = min(deck.fade + deck.fade_step, QUARTER)
                if deck.level < deck.level_target:
                    deck.level = min(deck.level + deck.level_step, deck.level_target)
                else:
                    deck.level = max(deck.level - deck.level_step, deck.level_target)
            at = j / TICK
            total[0, j] += buses[d, 0, j] * np.float32(envelope * (left_before + (left_now - left_before) * at))
            total[1, j] += buses[d, 1, j] * np.float32(envelope * (right_before + (right_now - right_before) * at))
            buses[d, 0, j] = buses[d, 1, j] = 0
        if deck.stage != PLAYING and deck.fade >= QUARTER:
            silence(addresses, d)
            fence()
            deck.stage = int32(FREE)
    meters_of(addresses)[METER_DECKS] = busy
