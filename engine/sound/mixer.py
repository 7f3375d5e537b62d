"""The mixer: clips in memory, layers of grains, master. Its kernel is what the audio device calls back.

The kernel is compiled, takes no lock, allocates nothing and never holds the GIL. It learns of the world through the
parameter block and a ring of commands, both read at the start of every tick of 64 frames.
"""

import math
import threading

import numpy as np
from numba import carray, float32, float64, int64, njit, void
from numpy.typing import NDArray

from engine.atomics import fence
from engine.parameters import LAYERS
from engine.sound import head
from engine.sound.binaural import decode
from engine.sound.emission import advance_live, emit
from engine.sound.grains import silence, sound
from engine.sound.lanes import PAD
from engine.sound.layers import follow, keep_time, obey
from engine.sound.limiter import condition, limit, rest
from engine.sound.live import hear
from engine.sound.metering import measure, measure_silence
from engine.sound.mixing import mix
from engine.sound.reverb import reverberate
from engine.sound.spatial import STEREO, Layout
from engine.sound.spectral import hold
from engine.sound.state import (
    BLOCKS,
    COMMANDS,
    DECKS,
    FREE,
    GRAINS,
    HALF_TAPS,
    LEVEL,
    LINE,
    LIVE,
    LOOK_AHEAD_S,
    MAX_RATE,
    METER_DECKS,
    METER_GRAINS,
    METERS,
    ONSET,
    REVERB_LINES,
    SLOTS,
    START,
    TEMPO,
    TICK,
    State,
    decks_of,
    fill,
    levels_of,
    master_of,
    meters_of,
    output_of,
    stack_rows,
)
from engine.sound.straight import play_straight
from engine.sound.tape import Tape, tape

SEAM_S = 0.05
"""How long a straight loop's end and beginning sound together, s."""
_REST = LINE // TICK + 2
"""Ticks of silence after which nothing is left in the limiter."""


@njit
def _tick(addresses: NDArray[np.int64]) -> None:
    master = master_of(addresses)[0]
    meters = meters_of(addresses)
    follow(addresses)
    obey(addresses)
    advance_live(addresses)
    decks = decks_of(addresses)
    busy = False
    for d in range(DECKS):
        busy |= decks[d].stage != FREE
    if not busy and master.quiet > _REST and master.reverb_rings == 0 and master.recovered == 1:
        rest(addresses)
        measure_silence(addresses)
        fill(levels_of(addresses), 0)
        meters[METER_DECKS] = meters[METER_GRAINS] = 0
        # the output tick is zero already
    else:
        if master.panic > 0:
            emit(addresses)
        sound(addresses)
        play_straight(addresses)
        hold(addresses)
        mix(addresses)
        reverberate(addresses, carray(stack_rows(), (REVERB_LINES, TICK), np.float32))
        decode(addresses)
        if condition(addresses):
            for d in range(DECKS):
                silence(addresses, d)
        limit(addresses)
        measure(addresses)
        meters[METER_GRAINS] = master.grains
    tape(addresses)
    keep_time(addresses)
    master.ticks += 1


@njit(void(int64[::1], float32[:, ::1]), nogil=True, cache=True)
def render(addresses: NDArray[np.int64], out: NDArray[np.float32]) -> None:
    """Fill `out` [frames, channels] with the next frames of the mixer whose State has these `addresses`."""
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


@njit(void(int64[::1], float64), nogil=True, cache=True)
def strain(addresses: NDArray[np.int64], load: float) -> None:
    """Tell the mixer which part of a block's time computing it takes: near 1, grains are read more cheaply."""
    master_of(addresses)[0].load = load


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
        self.tape = Tape(self._state.tape, self._state.reel, layout.channels)

    @property
    def latency(self) -> int:
        """Frames by which the limiter, and the head of binaural output, delay everything."""
        return round(self.rate * LOOK_AHEAD_S) + HALF_TAPS + (head.delay(self.rate) if self.layout.virtual else 0)

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

    def hear(self, sound: NDArray[np.float32]) -> None:
        """Append `sound`, float32 [frames, 1 or more], to the live input that layers can play. Offline; live, the
        audio callback does it."""
        for at in range(0, len(sound), self.max_block):
            hear(self._state.live, self._state.live_header, sound[at:at + self.max_block])

    @property
    def live(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The ring of the live input and its header, for `engine.sound.live.hear`."""
        return self._state.live, self._state.live_header

    @property
    def frame(self) -> int:
        """Frames that were computed so far: the number of the next one."""
        master = self._state.master[0]
        return int(master["ticks"]) * TICK - int(master["unread"])

    @property
    def levels(self) -> NDArray[np.float64]:
        """Root of the mean square of each layer, float64 [LAYERS], smoothed over 30 ms."""
        return np.sqrt(self._state.levels)

    def load(self, slot: int, clip: NDArray[np.float32]) -> None:
        """Put a copy of `clip`, float32 [frames, 1 or 2] at the mixer's rate, into an empty slot (0 to SLOTS - 1).

        Samples that aren't finite become 0. Raises ValueError for a wrong shape or a slot that holds a clip.
        """
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot {slot} is not within 0 to {SLOTS - 1}")
        if clip.ndim != 2 or clip.shape[0] < 1 or clip.shape[1] not in (1, 2):
            raise ValueError(f"clip of shape {clip.shape}; expected [frames, 1 or 2]")
        frames, channels = clip.shape
        sound = np.ascontiguousarray(clip.T, np.float32)
        # Also no denormal numbers: arithmetic with them is slow.
        sound = np.where((np.abs(sound) > 1e-20) & np.isfinite(sound), sound, np.float32(0))
        loop = np.pad(sound, ((0, 0), (PAD, PAD)), "wrap")
        seam = min(round(SEAM_S * self.rate), frames // 4)
        left, right = loop[0, PAD:].ctypes.data, loop[1, PAD:].ctypes.data if channels == 2 else 0
        with self._lock:
            if slot in self._buffers:
                raise ValueError(f"slot {slot} holds a clip")
            self._state.clips[slot] = (left, right, frames, 0, seam, _likeness(sound, seam))
            self._buffers[slot] = loop

    def unload(self, slot: int) -> bool:
        """Empty the slot and return True; False while a deck plays it or a waiting command names it."""
        state = self._state
        with self._lock:
            drained = int(state.cursor[16])
            fence()
            waiting = [state.commands[i % COMMANDS] for i in range(drained, int(state.cursor[0]))]
            if any(command["kind"] == START and command["slot"] == slot for command in (*waiting, *state.pending)):
                return False
            if bool(((state.decks["stage"] != FREE) & (state.decks["slot"] == slot)).any()):
                return False
            state.clips[slot] = 0
            self._buffers.pop(slot, None)
            return True

    def start(self, layer: int, slot: int, level: float, fade: float, azimuth: float = 0, quantum: float = 0) -> bool:
        """Crossfade `layer` (0-based) within `fade` s to the clip in `slot` at `level` (0 to 1); slot -1: to nothing,
        slot LIVE: to the live input.

        azimuth: direction that it comes from, degrees. quantum: if not 0, and somebody keeps time, it begins when the
        beat is next a multiple of this. Returns False if the command ring is full. Raises ValueError if there is no
        such layer or the slot is empty.
        """
        if slot not in (-1, LIVE) and slot not in self._buffers:
            raise ValueError(f"slot {slot} holds no clip")
        return self._command(START, layer, slot, level, fade, azimuth, quantum)

    def level(self, layer: int, level: float, fade: float, azimuth: float = 0) -> bool:
        """Move the level of `layer` to `level` (0 to 1) within `fade` s, and let it come from `azimuth` (degrees).

        Returns False if the command ring is full.
        """
        return self._command(LEVEL, layer, -1, level, fade, azimuth)

    def onset(self) -> bool:
        """Start the grains of every layer that waits for onsets; returns False if the command ring is full."""
        return self._command(ONSET, 0, -1, 0, 0)

    def tempo(self, beat: float, bpm: float, frame: int) -> bool:
        """Say that `beat` is reached at `frame` (see the property), and that it goes on at `bpm`; 0: nobody keeps time.

        Returns False if the command ring is full.
        """
        if not (math.isfinite(beat) and 0 <= bpm <= 1000):
            raise ValueError(f"beat {beat} at {bpm} BPM: expected a finite beat and 0 to 1000 BPM")
        return self._send((TEMPO, 0, -1, beat, bpm / 60 / self.rate, 0, 0, frame))

    def _command(self, kind: int, layer: int, slot: int, level: float, fade: float, azimuth: float = 0,
                 quantum: float = 0) -> bool:
        if not 0 <= layer < LAYERS:
            raise ValueError(f"layer {layer} is not within 0 to {LAYERS - 1}")
        if not all(map(math.isfinite, (level, fade, azimuth, quantum))):
            raise ValueError(f"level {level}, fade {fade}, azimuth {azimuth}, quantum {quantum}: expected finite "
                             "numbers")
        return self._send((kind, layer, slot, min(max(level, 0.0), 1.0), max(fade, 0.0), azimuth, quantum, 0))

    def _send(self, command: tuple[float, ...]) -> bool:
        state = self._state
        with self._lock:
            written = int(state.cursor[0])
            if written - int(state.cursor[16]) == COMMANDS:
                return False
            state.commands[written % COMMANDS] = command
            fence()
            state.cursor[0] = written + 1
            return True


def _likeness(sound: NDArray[np.float32], seam: int) -> float:
    """Return the correlation of a clip's last `seam` frames with its first ones, -1 to 1 and not too near -1."""
    end, beginning = sound[:, sound.shape[1] - seam:].astype(np.float64), sound[:, :seam].astype(np.float64)
    norm = math.sqrt(float(np.sum(end**2) * np.sum(beginning**2)))
    return max(float(np.sum(end * beginning)) / norm, -0.9) if norm > 0 else 0.0


__all__ = ["DECKS", "GRAINS", "LIVE", "METERS", "SLOTS", "TICK", "Mixer", "render", "strain"]
