"""The mixer: clips in memory, layers of grains, master. Its kernel is what the audio device calls back.

The kernel is compiled, takes no lock, allocates nothing and never holds the GIL. It learns of the world through the
parameter block and a ring of commands, both read at the start of every tick of 64 frames.
"""

import math
import threading

import numpy as np
from numba import float32, int64, njit, void
from numpy.typing import NDArray

from engine.atomics import fence
from engine.parameters import LAYERS
from engine.sound.grains import emit, silence, sound
from engine.sound.layers import follow, mix, obey
from engine.sound.limiter import condition, limit, rest
from engine.sound.metering import measure, measure_silence
from engine.sound.spatial import STEREO, Layout
from engine.sound.state import (
    BLOCKS,
    COMMANDS,
    DECKS,
    FREE,
    GRAINS,
    HALF_TAPS,
    LEVEL,
    LINE,
    LOOK_AHEAD_S,
    MAX_RATE,
    METER_DECKS,
    METER_GRAINS,
    METERS,
    SLOTS,
    START,
    TICK,
    State,
    decks_of,
    master_of,
    meters_of,
    output_of,
)

_REST = LINE // TICK + 2
"""Ticks of silence after which nothing is left in the limiter."""


@njit
def _tick(addresses: NDArray[np.int64]) -> None:
    master = master_of(addresses)[0]
    meters = meters_of(addresses)
    follow(addresses)
    obey(addresses)
    decks = decks_of(addresses)
    busy = False
    for d in range(DECKS):
        busy |= decks[d].stage != FREE
    master.ticks += 1
    if not busy and master.quiet > _REST and master.recovered == 1:
        rest(addresses)
        measure_silence(addresses)
        meters[METER_DECKS] = meters[METER_GRAINS] = 0
        return  # the output tick is zero already
    if master.panic > 0:
        emit(addresses)
    sound(addresses)
    mix(addresses)
    if condition(addresses):
        for d in range(DECKS):
            silence(addresses, d)
    limit(addresses)
    measure(addresses)
    meters[METER_GRAINS] = master.grains


@njit(void(int64[::1], float32[:, ::1]), nogil=True, cache=True)
def render(addresses: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Fill `out` [frames, channels of the layout] with the next frames of the mixer whose State has these `addresses`."""
    master = master_of(addresses)[0]
    output = output_of(addresses)
    at = 0
    while at < out.shape[0]:
        if master.unread == 0:
            _tick(addresses)
            master.unread = TICK
        count = min(master.unread, out.shape[0] - at)
        first = TICK - master.unread
        for j in range(count):
            for c in range(out.shape[1]):
                out[at + j, c] = output[first + j, c]
        at += count
        master.unread -= count


class Mixer:
    """The whole audio side: clip slots, layers, master. Control methods belong to other threads and never block it.

    rate: frames per second, 8,000 to 192,000.
    parameters: the shared block, in the order of engine.parameters.PARAMETERS, read at every tick.
    seed: of everything random; the same seed, parameters and calls give the same samples, whatever the block sizes.
    max_block: the most frames that `process` asks the kernel for at once. layout: of the output.
    """

    def __init__(self, rate: int, parameters: NDArray[np.float64], seed: int = 0, max_block: int = 4096,
                 layout: Layout = STEREO) -> None:
        if not 8000 <= rate <= MAX_RATE:
            raise ValueError(f"rate {rate} is not within 8000 to {MAX_RATE}")
        self.rate = rate
        self.max_block = max_block
        self.layout = layout
        self._state = State(rate, parameters, seed, layout)
        self._buffers: dict[int, NDArray[np.float32]] = {}
        self._lock = threading.Lock()  # between control threads only
        self.addresses: NDArray[np.int64] = self._state.addresses
        self.meters: NDArray[np.float64] = self._state.meters

    @property
    def latency(self) -> int:
        """Frames by which the limiter delays everything."""
        return round(self.rate * LOOK_AHEAD_S) + HALF_TAPS

    @property
    def peaks(self) -> NDArray[np.float64]:
        """Peaks of the output's channels [channels], decaying, dBFS; -120 is silence."""
        peaks = self._state.channels["peak"][:self.layout.channels]
        return np.asarray(20 * np.log10(np.maximum(peaks, 1e-6)))

    def energies(self, since: int) -> tuple[int, NDArray[np.float64]]:
        """Return how many blocks of loudness there have been, and those after the first `since`.

        A block is 100 ms of the output, its number the mean square, K-weighted, over the channels by their weight: see
        engine.sound.loudness. Who waits for longer than 6 s loses the oldest.
        """
        finished = int(self._state.master["blocks"][0])
        fence()
        places = np.arange(max(since, finished - BLOCKS + 1), finished) % BLOCKS
        return finished, self._state.blocks[places]

    def process(self, frames: int) -> NDArray[np.float32]:
        """Return the next `frames` (>= 1) frames, float32 [frames, channels], within the ceiling."""
        out = np.empty((frames, self.layout.channels), np.float32)
        for at in range(0, frames, self.max_block):
            render(self.addresses, out[at:at + self.max_block])
        return out

    def load(self, slot: int, clip: NDArray[np.float32]) -> None:
        """Put a copy of `clip`, float32 [frames, 1 or 2] at the mixer's rate, into an empty slot (0 to SLOTS - 1).

        Samples that aren't finite become 0. Raises ValueError for a wrong shape or a slot that holds a clip.
        """
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot {slot} is not within 0 to {SLOTS - 1}")
        if clip.ndim != 2 or clip.shape[0] < 1 or clip.shape[1] not in (1, 2):
            raise ValueError(f"clip of shape {clip.shape}; expected [frames, 1 or 2]")
        frames, channels = clip.shape
        loop = np.empty((channels, 1 + frames + 2), np.float32)
        loop[:, 1:1 + frames] = clip.T
        # Also no denormal numbers: arithmetic with them is slow.
        loop[~((np.abs(loop) > 1e-20) & np.isfinite(loop))] = 0
        loop[:, 0] = loop[:, frames]
        loop[:, 1 + frames] = loop[:, 1]
        loop[:, 2 + frames] = loop[:, 1 + 1 % frames]
        with self._lock:
            if slot in self._buffers:
                raise ValueError(f"slot {slot} holds a clip")
            self._state.clips[slot] = (loop.ctypes.data, frames, channels)
            self._buffers[slot] = loop

    def unload(self, slot: int) -> bool:
        """Empty the slot and return True; False while a deck plays it or a waiting command names it."""
        state = self._state
        with self._lock:
            drained = int(state.cursor[16])
            fence()
            waiting = (state.commands[i % COMMANDS] for i in range(drained, int(state.cursor[0])))
            if any(command["kind"] == START and command["slot"] == slot for command in waiting):
                return False
            if bool(((state.decks["stage"] != FREE) & (state.decks["slot"] == slot)).any()):
                return False
            state.clips[slot] = (0, 0, 0)
            self._buffers.pop(slot, None)
            return True

    def start(self, layer: int, slot: int, level: float, fade: float) -> bool:
        """Crossfade `layer` (0-based) within `fade` s to the clip in `slot` at `level` (0 to 1); slot -1: to nothing.

        Returns False if the command ring is full. Raises ValueError if there is no such layer or the slot is empty.
        """
        return self._command(START, layer, slot, level, fade)

    def level(self, layer: int, level: float, fade: float) -> bool:
        """Move the level of `layer` to `level` (0 to 1) within `fade` s; returns False if the command ring is full."""
        return self._command(LEVEL, layer, -1, level, fade)

    def _command(self, kind: int, layer: int, slot: int, level: float, fade: float) -> bool:
        if not 0 <= layer < LAYERS:
            raise ValueError(f"layer {layer} is not within 0 to {LAYERS - 1}")
        if not (math.isfinite(level) and math.isfinite(fade)):
            raise ValueError(f"level {level}, fade {fade}: expected finite numbers")
        state = self._state
        with self._lock:
            if slot != -1 and slot not in self._buffers:
                raise ValueError(f"slot {slot} holds no clip")
            written = int(state.cursor[0])
            if written - int(state.cursor[16]) == COMMANDS:
                return False
            state.commands[written % COMMANDS] = (kind, layer, slot, min(max(level, 0.0), 1.0), max(fade, 0.0))
            fence()
            state.cursor[0] = written + 1
            return True


__all__ = ["DECKS", "GRAINS", "METERS", "SLOTS", "TICK", "Mixer", "render"]
