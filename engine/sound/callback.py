"""The audio callback: compiled, without the GIL, the allocator, locks or Python.

PortAudio (or a clocked device of ours) calls `stream_callback` with the address of a `CallbackState`'s table. One
call stores the input in the session's audio ring, lets the mixer fill the output and keeps the account of the stream.
All that it touches was allocated before the stream started.

The account. A *block* is one call. A block is *flagged* when the driver reports an under- or overflow with it (the
priming of output buffers excepted). A block is *missed* when the driver says nothing and yet

- computing it took longer than the block lasts, and longer than the time until its first frame was due, or
- the device went on without it: the lag of a block is the stream's time at which its first frame is heard, less the
  duration of all frames delivered before it. Jitter moves the lag of single blocks; a skipped block moves all that
  follow. So the smallest lag of each half second is compared with that of the half second before, and every whole
  block by which it grew is one that was skipped (a quarter of a block is allowed for noise). A change of the device's
  latency moves that lag too, and JACK's estimate of the time wanders for seconds after an xrun. The same lag by the
  machine's clock is free of that, but is moved by the filling of the device's buffers. The smaller growth counts.

Of the two counts of a half second the larger one is taken. Drivers report late and once for several blocks: nothing
counts as missed in a half second in which the driver flagged a block, nor in the ones before and after it.
"""

import sys
import time
from typing import Any

import numpy as np
from numba import carray, cfunc, njit, types
from numpy.typing import NDArray

from engine.atomics import address_to_pointer, fence
from engine.shared import INPUT_CHANNELS, INPUT_FRAMES, AudioRing
from engine.sound.live import hear
from engine.sound.mixer import Mixer, render, strain
from engine.sound.spatial import STEREO
from engine.telemetry import MOST_CHANNELS

# PaStreamCallbackFlags (portaudio.h)
INPUT_UNDERFLOW, OUTPUT_UNDERFLOW, OUTPUT_OVERFLOW, _PRIMING = 0x01, 0x04, 0x08, 0x10

# The table that the callback gets: addresses of arrays, and numbers that never change.
(_MIXER, _MIXER_LENGTH, _COUNTERS, _RING_HEADER, _RING_FRAMES, _LIVE_HEADER, _LIVE_FRAMES, _LIVE_LENGTH, _SCRATCH,
 _CLOCK, _RATE, _INPUT_CHANNELS, _OUTPUT_CHANNELS, _MIXER_CHANNELS, _TABLE) = range(15)

# Counters, float64; those after PLAYED, the frames played, are the account's own.
(BLOCKS, FLAGGED, MISSED, LONGEST_GAP, CPU_LOAD, BAD_SAMPLES, LAST, FRAMES, _GAIN, _GAIN_TARGET, PLAYED, _LAG,
 _LAG_BEFORE, _CLOCK_LAG, _CLOCK_LAG_BEFORE, _WINDOW, _LATE, _FLAGS, _FLAGS_BEFORE, _FLAGS_LONG_BEFORE, _SUSPECT,
 _COUNTERS_SIZE) = range(22)

_WINDOW_SECONDS = 0.5
_LOAD_SECONDS = 0.5
FADE_SECONDS = 0.01
_SCRATCH_FRAMES = 256
_LONGEST_SKIP = 1.0  # a stream clock that jumps further was set anew; the watchdog knows such gaps better

_ULONG = types.uint32 if sys.platform == "win32" else types.uint64

if sys.platform == "win32":
    import ctypes

    _frequency = ctypes.c_int64()
    ctypes.windll.kernel32.QueryPerformanceFrequency(ctypes.byref(_frequency))
    _TICKS = _frequency.value
    _query: Any = types.ExternalFunction("QueryPerformanceCounter", types.int32(types.intp))

    @njit(nogil=True, cache=True)
    def _nanoseconds(clock: Any) -> int:
        _query(clock.ctypes.data)
        return clock[0] // _TICKS * 1_000_000_000 + clock[0] % _TICKS * 1_000_000_000 // _TICKS + clock[2]
else:
    # The clock behind time.monotonic(): CLOCK_MONOTONIC, on macOS CLOCK_UPTIME_RAW.
    _CLOCK_ID = 8 if sys.platform == "darwin" else 1
    _gettime: Any = types.ExternalFunction("clock_gettime", types.int32(types.int32, types.intp))

    @njit(nogil=True, cache=True)
    def _nanoseconds(clock: Any) -> int:
        _gettime(_CLOCK_ID, clock.ctypes.data)
        return clock[0] * 1_000_000_000 + clock[1] + clock[2]


@njit(nogil=True, cache=True)
def _listen(sound: Any, header: Any, ring: Any, now: int) -> int:
    """Append `sound` [frames, 1 or more] to the ring; return how many samples were not finite (stored as 0)."""
    written = header[0]
    bad = 0
    last = min(sound.shape[1], INPUT_CHANNELS) - 1
    for i in range(sound.shape[0]):
        at = (written + i) % INPUT_FRAMES
        for channel in range(INPUT_CHANNELS):
            sample = sound[i, min(channel, last)]
            if not np.isfinite(sample):
                bad += channel <= last
                sample = np.float32(0)
            ring[at, channel] = sample
    fence()
    header[1] = now
    fence()
    header[0] = written + sound.shape[0]
    return bad


@njit(nogil=True, cache=True)
def _play(table: Any, counters: Any, out: int, frames: int) -> None:
    """Fill the device's buffer at address `out` with the next `frames` frames of the mixer."""
    channels = table[_OUTPUT_CHANNELS]
    target = carray(address_to_pointer(out), (frames, channels), np.float32)
    if table[_MIXER] == 0:
        target[:] = 0
        return
    mixer = carray(address_to_pointer(table[_MIXER]), (table[_MIXER_LENGTH],), np.int64)
    strain(mixer, counters[CPU_LOAD])
    made = table[_MIXER_CHANNELS]
    if channels == made:
        render(mixer, target)
    else:
        target[:] = 0
        for done in range(0, frames, _SCRATCH_FRAMES):
            count = min(frames - done, _SCRATCH_FRAMES)
            part = carray(address_to_pointer(table[_SCRATCH]), (count, made), np.float32)
            render(mixer, part)
            for i in range(count):
                if channels == 1:
                    target[done + i, 0] = np.float32(0.5) * (part[i, 0] + part[i, 1])
                else:
                    for channel in range(made):
                        target[done + i, channel] = part[i, channel]
    if counters[_GAIN] != counters[_GAIN_TARGET] or counters[_GAIN] != 1:
        step = 1 / (FADE_SECONDS * table[_RATE])
        for i in range(frames):
            counters[_GAIN] += min(max(counters[_GAIN_TARGET] - counters[_GAIN], -step), step)
            for channel in range(channels):
                target[i, channel] *= np.float32(counters[_GAIN])


@njit(nogil=True, cache=True)
def account(counters: Any, rate: float, frames: int, begun: float, ended: float, heard: float, ahead: float,
            flags: int) -> None:
    """Enter one block of `frames`, computed from `begun` to `ended` (clock, s), into `counters`.

    heard: the stream's time in seconds at which its first frame is heard; ahead: how far that was ahead when the block
    was asked for, s; flags: PaStreamCallbackFlags.
    """
    block = frames / rate
    counters[BLOCKS] += 1
    counters[FRAMES] = frames
    if counters[LAST] > 0:
        counters[LONGEST_GAP] = max(counters[LONGEST_GAP], begun - counters[LAST])
    counters[LAST] = begun
    counters[CPU_LOAD] += ((ended - begun) / block - counters[CPU_LOAD]) * min(1.0, block / _LOAD_SECONDS)
    if flags & ~_PRIMING:
        counters[FLAGGED] += 1
        counters[_FLAGS] += 1
    if ended - begun > max(block, ahead):
        counters[_LATE] += 1
    before = counters[PLAYED] / rate
    counters[_LAG] = min(counters[_LAG], heard - before)
    counters[_CLOCK_LAG] = min(counters[_CLOCK_LAG], begun - before)
    fence()  # who reads the newest PLAYED and then LAST finds one that is at least as new
    counters[PLAYED] += frames
    counters[_WINDOW] += frames
    if counters[_WINDOW] < _WINDOW_SECONDS * rate:
        return

    if counters[_FLAGS_LONG_BEFORE] + counters[_FLAGS_BEFORE] + counters[_FLAGS] == 0:
        counters[MISSED] += counters[_SUSPECT]
    grown = min(counters[_LAG] - counters[_LAG_BEFORE], counters[_CLOCK_LAG] - counters[_CLOCK_LAG_BEFORE])
    skipped = np.floor(grown / block + 0.25) if 0 < grown < _LONGEST_SKIP else 0.0
    counters[_SUSPECT] = max(counters[_LATE], skipped)
    counters[_FLAGS_LONG_BEFORE] = counters[_FLAGS_BEFORE]
    counters[_FLAGS_BEFORE] = counters[_FLAGS]
    counters[_LAG_BEFORE] = counters[_LAG]
    counters[_CLOCK_LAG_BEFORE] = counters[_CLOCK_LAG]
    counters[_LAG] = counters[_CLOCK_LAG] = np.inf
    counters[_FLAGS] = counters[_LATE] = counters[_WINDOW] = 0


@cfunc(types.int32(types.intp, types.intp, _ULONG, types.intp, _ULONG, types.intp), cache=True)
def stream_callback(inp: int, out: int, frames: int, time_info: int, flags: int, user: int) -> int:
    """Play and listen: a PaStreamCallback (portaudio.h). Either buffer may be null; interleaved float32."""
    table = carray(address_to_pointer(user), (_TABLE,), np.int64)
    counters = carray(address_to_pointer(table[_COUNTERS]), (_COUNTERS_SIZE,), np.float64)
    clock = carray(address_to_pointer(table[_CLOCK]), (3,), np.int64)
    stream_time = carray(address_to_pointer(time_info), (3,), np.float64)
    count = np.int64(frames)
    begun = _nanoseconds(clock)
    if inp != 0 and table[_INPUT_CHANNELS] > 0:
        sound = carray(address_to_pointer(inp), (count, table[_INPUT_CHANNELS]), np.float32)
        if table[_LIVE_LENGTH] > 0:
            hear(carray(address_to_pointer(table[_LIVE_FRAMES]), (2, table[_LIVE_LENGTH]), np.float32),
                 carray(address_to_pointer(table[_LIVE_HEADER]), (2,), np.int64), sound)
        counters[BAD_SAMPLES] += _listen(
            sound, carray(address_to_pointer(table[_RING_HEADER]), (8,), np.int64),
            carray(address_to_pointer(table[_RING_FRAMES]), (INPUT_FRAMES, INPUT_CHANNELS), np.float32), begun)
    heard = stream_time[1] if out == 0 else stream_time[2]
    if out != 0:
        _play(table, counters, out, count)
    ended = _nanoseconds(clock)
    ahead = heard - stream_time[1]
    if heard <= 0:  # some host APIs know no stream time
        heard, ahead = begun * 1e-9, 0.0
    account(counters, table[_RATE], count, begun * 1e-9, ended * 1e-9, heard, ahead, np.int64(flags))
    return 0


class CallbackState:
    """Everything that `stream_callback` touches for one stream, preallocated and kept alive.

    rate: Hz. ring: where the input goes. input_channels, output_channels: of the stream's buffers, 0 for none. mixer:
    what fills the output; without one the output is silence, as is every channel beyond its layout's. Stereo is mixed
    down for a single channel; ValueError for any other layout that has more channels than the output. live: the mixer
    whose live input the input is, if any.
    """

    def __init__(self, rate: int, ring: AudioRing, input_channels: int, output_channels: int,
                 mixer: Mixer | None = None, live: Mixer | None = None) -> None:
        if mixer and output_channels < mixer.layout.channels and (mixer.layout, output_channels) != (STEREO, 1):
            raise ValueError(f"{mixer.layout.channels} channels don't fit into {output_channels}")
        self.function = stream_callback
        self.counters: NDArray[np.float64] = new_counters()
        self.input_channels, self.output_channels = input_channels, output_channels
        self._clock = np.zeros(3, np.int64)
        if sys.platform == "win32":  # time.monotonic() of older Pythons counts coarse ticks from another moment
            self._clock[2] = time.monotonic_ns() - _nanoseconds(self._clock)
        self._scratch = np.zeros((_SCRATCH_FRAMES, MOST_CHANNELS), np.float32)
        self._kept = ring, mixer, live
        table = np.zeros(_TABLE, np.int64)
        table[_COUNTERS] = self.counters.ctypes.data
        table[_RING_HEADER] = ring.header.ctypes.data
        table[_RING_FRAMES] = ring.frames.ctypes.data
        table[_SCRATCH] = self._scratch.ctypes.data
        table[_CLOCK] = self._clock.ctypes.data
        table[_RATE] = rate
        table[_INPUT_CHANNELS], table[_OUTPUT_CHANNELS] = input_channels, output_channels
        if mixer is not None:
            table[_MIXER], table[_MIXER_LENGTH] = mixer.addresses.ctypes.data, len(mixer.addresses)
            table[_MIXER_CHANNELS] = mixer.layout.channels
        if live is not None:
            frames, header = live.live
            table[_LIVE_FRAMES], table[_LIVE_LENGTH] = frames.ctypes.data, frames.shape[1]
            table[_LIVE_HEADER] = header.ctypes.data
        self._table = table

    @property
    def address(self) -> int:
        """The callback's user data."""
        return int(self._table.ctypes.data)

    def fade_out(self) -> None:
        """Let the output fade to silence in 10 ms, so that stopping the stream makes no click."""
        self.counters[_GAIN_TARGET] = 0


def new_counters() -> NDArray[np.float64]:
    """Return counters as they are before the first block."""
    counters = np.zeros(_COUNTERS_SIZE)
    counters[[_LAG, _LAG_BEFORE, _CLOCK_LAG, _CLOCK_LAG_BEFORE]] = np.inf
    counters[[_GAIN, _GAIN_TARGET]] = 1
    return counters
