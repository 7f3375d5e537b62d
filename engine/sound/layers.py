"""Layers and decks: which clips play, and how they fade (compiled; part of the audio kernel).

A layer is what the performer sees; a deck plays one clip for it. A change of clip takes a free deck for the new one
and lets the old ones of the layer fade out. By equal power, the new deck's gain is sin(x), that of the old ones cos(x)
times the gain they had, x growing from 0 to pi/2 on both: the power stays what it was, also when a fade interrupts
another. Linear fades keep the amplitude of what is alike; the S-curve, sin(x) squared, does so without corners.
"""

from typing import Any

import numpy as np
from numba import int32, njit, uint64
from numpy.typing import NDArray

from engine.atomics import fence
from engine.parameters import INDEX, LAYERS
from engine.sound.emission import LAYER_BASE, LAYER_STRIDE, frames_to_multiple, offset
from engine.sound.state import (
    COMMANDS,
    DECKS,
    FREE,
    LEAVING,
    LEVEL,
    METER_STOLEN,
    ONSET,
    PLAYING,
    START,
    STOLEN,
    TEMPO,
    TICK,
    clips_of,
    commands_of,
    controls_of,
    cursor_of,
    decks_of,
    filters_of,
    master_of,
    meters_of,
    moving_of,
    parameters_of,
    pending_of,
    raw_of,
)

QUARTER = np.pi / 2
STEAL_S = 0.005
"""How long a deck that another clip needs takes to fade out, s; also the shortest fade."""
EQUAL_POWER, LINEAR, S_CURVE = range(3)

_ROW = 64
_SHAPE = INDEX["crossfade/shape"]
_MODE = offset("mode")
_JUMP_BEATS = 0.5
"""A beat that is further off than this is set at once; a smaller difference is made good within a tenth of a second."""


@njit(error_model="numpy")
def _read(addresses: NDArray[np.int64], i: int) -> None:
    """Take over parameter `i`, which has another value than before."""
    control = controls_of(addresses)[i]
    master = master_of(addresses)[0]
    moving = moving_of(addresses)
    raw = parameters_of(addresses)[i]
    raw_of(addresses)[i] = raw
    value = min(max(raw, control.low), control.high)
    if control.amplitude:
        value = 10 ** (value / 20) if value > control.low else 0.0
    control.target = value
    if master.ticks == 0:
        control.now = value
    master.moving += 1 - moving[i]
    moving[i] = 1


@njit(error_model="numpy")
def follow(addresses: NDArray[np.int64]) -> None:
    """Read the parameters, distrusting them, and let their smoothed values follow. NaN and infinity are not read."""
    parameters, known = parameters_of(addresses), raw_of(addresses)
    controls, moving = controls_of(addresses), moving_of(addresses)
    master = master_of(addresses)[0]
    # There are hundreds, and they seldom change: compared a row at a time, by unsigned indices, they cost little.
    for begin in range(0, len(parameters), _ROW):
        different = 0
        for i in range(begin, min(begin + _ROW, len(parameters))):
            different += parameters[uint64(i)] != known[uint64(i)]
        if different:
            for i in range(begin, min(begin + _ROW, len(parameters))):
                if parameters[i] != known[i] and np.isfinite(parameters[i]):
                    _read(addresses, i)
    if master.moving == 0:
        return
    for i in range(len(moving)):
        if moving[i]:
            control = controls[i]
            control.before = control.now
            difference = control.target - control.now
            control.now = control.target if abs(difference) < 1e-6 else control.now + control.coefficient * difference
            if control.before == control.now:
                moving[i] = 0
                master.moving -= 1


@njit
def keep_time(addresses: NDArray[np.int64]) -> None:
    """Move the beat on by a tick, making good what it is off."""
    master = master_of(addresses)[0]
    pace = TICK * master.beat_step
    correction = max(master.beat_error * min(1.0, TICK / (0.05 * master.rate)), -0.5 * pace)
    master.beat_error -= correction
    master.beat += pace + correction


@njit
def _set_tempo(master: Any, command: Any) -> None:
    due = command.level + (master.ticks * TICK - command.frame) * command.fade
    error = due - master.beat
    if master.beat_step == 0 or abs(error) > _JUMP_BEATS:
        master.beat, error = due, 0.0
    master.beat_error, master.beat_step = error, command.fade


@njit
def _course(shape: int, x: float) -> float:
    """Return the gain at angle `x`, 0 to pi/2, of a fade in."""
    if shape == EQUAL_POWER:
        return float(np.sin(x))
    if shape == LINEAR:
        return float(x / QUARTER)
    return float(np.sin(x) ** 2)


@njit
def fade_gain(deck: Any) -> float:
    """Return the gain of the deck's fade, 0 to 1."""
    if deck.stage == PLAYING:
        return _course(deck.shape, deck.fade)
    return float(deck.fade_from * _course(deck.shape, QUARTER - deck.fade))


@njit
def _leave(deck: Any, stage: int, step: float, shape: int) -> None:
    deck.fade_from = fade_gain(deck)
    deck.stage = int32(stage)
    deck.shape = int32(shape)
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
                quietest < 0 or fade_gain(decks[d]) * decks[d].level
                < fade_gain(decks[quietest]) * decks[quietest].level):
            quietest = d
    if quietest >= 0:
        _leave(decks[quietest], STOLEN, step, EQUAL_POWER)
        meters_of(addresses)[METER_STOLEN] += 1


@njit
def _free(decks: NDArray[Any]) -> int:
    for d in range(DECKS):
        if decks[d].stage == FREE:
            return d
    return -1


@njit(error_model="numpy")
def _start(addresses: NDArray[np.int64], command: Any) -> bool:
    """Crossfade a layer to another clip; False if there is no free deck yet."""
    decks = decks_of(addresses)
    controls = controls_of(addresses)
    rate = master_of(addresses)[0].rate
    fade = max(command.fade, STEAL_S) * rate
    shape = int32(controls[_SHAPE].now)
    free = _free(decks)
    if command.slot >= 0 and free < 0:
        _steal(addresses, QUARTER / (STEAL_S * rate))
        return False
    for d in range(DECKS):
        if decks[d].layer == command.layer and (decks[d].stage == PLAYING or decks[d].stage == LEAVING):
            _leave(decks[d], LEAVING, QUARTER / fade, shape)
    if command.slot >= 0 and clips_of(addresses)[command.slot].frames > 0:
        deck = decks[free]
        deck.stage, deck.layer, deck.slot = int32(PLAYING), command.layer, command.slot
        deck.mode = int32(controls[LAYER_BASE + deck.layer * LAYER_STRIDE + _MODE].now)
        deck.shape, deck.fade, deck.fade_step = shape, 0.0, QUARTER / fade
        deck.level, deck.level_target, deck.level_step = command.level, command.level, 0.0
        deck.azimuth = command.azimuth
        deck.travelled = deck.phase = deck.threshold = deck.power = deck.crowd = 0.0
        deck.begun = deck.waiting = deck.onset = int32(0)
        for kind in range(2):
            filters_of(addresses)[free, kind].wet = 0.0
    return True


@njit(error_model="numpy")
def _wait_for_beat(addresses: NDArray[np.int64], command: Any) -> bool:
    """Put a start off until its beat, in place of one that waits for the same layer; False if it shan't wait."""
    if command.kind != START or command.quantum <= 0 or master_of(addresses)[0].beat_step <= 0:
        return False
    pending_of(addresses)[command.layer] = command
    return True


@njit(error_model="numpy")
def _obey(addresses: NDArray[np.int64], command: Any) -> bool:
    """Do what a command says; False if it has to wait."""
    decks = decks_of(addresses)
    master = master_of(addresses)[0]
    if command.kind == START:
        pending_of(addresses)[command.layer].kind = int32(0)
        return _start(addresses, command)
    if command.kind == TEMPO:
        _set_tempo(master, command)
        return True
    if command.kind == LEVEL and pending_of(addresses)[command.layer].kind == START:
        pending_of(addresses)[command.layer].level = command.level
        pending_of(addresses)[command.layer].azimuth = command.azimuth
        return True
    for d in range(DECKS):
        if decks[d].stage != PLAYING:
            continue
        if command.kind == ONSET:
            decks[d].onset = int32(1)
        elif decks[d].layer == command.layer:
            decks[d].azimuth = command.azimuth
            decks[d].level_target = command.level
            decks[d].level_step = abs(command.level - decks[d].level) / (max(command.fade, STEAL_S) * master.rate)
    return True


@njit(error_model="numpy")
def obey(addresses: NDArray[np.int64]) -> None:
    """Drain the commands. A start that finds no free deck waits, with all after it, until one is stolen."""
    cursor = cursor_of(addresses)
    written = cursor[0]
    fence()
    while cursor[16] < written:
        command = commands_of(addresses)[cursor[16] % COMMANDS]
        if not _wait_for_beat(addresses, command) and not _obey(addresses, command):
            return
        fence()
        cursor[16] += 1
    master = master_of(addresses)[0]
    pending = pending_of(addresses)
    for layer in range(LAYERS):
        if pending[layer].kind == START and (
                master.beat_step <= 0 or frames_to_multiple(master, pending[layer].quantum) < TICK) \
                and _start(addresses, pending[layer]):
            pending[layer].kind = int32(0)
