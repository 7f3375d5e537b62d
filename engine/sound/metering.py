"""What the meters see of the output: peaks, true peaks, loudness (compiled; part of the kernel).

Peaks hold the largest sample and fall by 20 dB/s. The true peak is found by 4 times oversampling (ITU-R BS.1770-5,
Annex 2), only where a peak between the samples could be above what the meter shows.
"""

from typing import Any

import numpy as np
from numba import carray, float32, int64, njit, uint64
from numpy.typing import NDArray

from engine.atomics import fence
from engine.sound.state import (
    ARITHMETIC,
    BLOCK_RATE,
    BLOCKS,
    FINITE,
    HALF_TAPS,
    METER_PEAK,
    METER_TRUE_PEAK,
    OVERSAMPLING,
    TICK,
    blocks_of,
    channels_of,
    fill,
    interpolation,
    interpolation_of,
    master_of,
    meters_of,
    played_of,
    stack_tick,
    weighted_of,
)

OVERSHOOT = 1.001 * float(np.abs(interpolation()).sum(axis=1).max())
"""No interpolated value exceeds the samples around it by this factor."""
_TAPS = 2 * HALF_TAPS
_LOWEST = 1e-6
"""Where the meters end, -120 dBFS."""
_NOTHING = 1e-20
"""What rings on in the filters below this is dropped, long before numbers are denormal and slow."""


@njit(fastmath=FINITE, error_model="numpy")
def loudest(row: NDArray[np.float32], first: int, count: int) -> float:
    """Return the largest absolute value of `count` frames of `row`."""
    peak = float32(0)
    for j in range(count):
        value = abs(row[uint64(first + j)])
        peak = value if value > peak else peak
    return peak


# Indices in the loops below are unsigned: numba lets signed ones count from the end, and then nothing is vectorised.


@njit(fastmath=ARITHMETIC, error_model="numpy")
def between(peak: NDArray[np.float32], row: NDArray[np.float32], at: int, phases: NDArray[np.float32],
            step: int) -> None:
    """Raise `peak` [TICK] to the peaks on and between the frames of `row` that are HALF_TAPS before frame `at`.

    phases: [OVERSAMPLING, taps] of the interpolation, every `step`-th of which is looked at.
    """
    sums = carray(stack_tick(), (TICK,), np.float32)
    # the first phase is the sample itself
    for j in range(TICK):
        value = abs(row[uint64(at - HALF_TAPS + j)])
        peak[uint64(j)] = value if value > peak[uint64(j)] else peak[uint64(j)]
    for phase in range(step, OVERSAMPLING, step):
        fill(sums, 0)
        for tap in range(_TAPS):
            weight = phases[phase, tap]
            first = uint64(at - _TAPS + 1 + tap)
            for j in range(TICK):
                sums[uint64(j)] += weight * row[first + uint64(j)]
        for j in range(TICK):
            value = abs(sums[uint64(j)])
            peak[uint64(j)] = value if value > peak[uint64(j)] else peak[uint64(j)]


@njit(error_model="numpy")
def _fallen(value: float, decay: float) -> float:
    return value * decay if value > _LOWEST else 0.0


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _weigh(addresses: NDArray[np.int64], channel: Any, row: NDArray[np.float32]) -> None:
    """Add the power of this tick of `row`, K-weighted, to the present block of loudness and to the next."""
    master = master_of(addresses)[0]
    ringing = weighted_of(addresses)  # what the poles make of it, four frames back; all zeros come after all poles
    a1, a2, a3, a4 = master.poles[0], master.poles[1], master.poles[2], master.poles[3]
    shelf2, shelf1 = channel.shelf[0], channel.shelf[1]
    for i in range(4):
        ringing[i] = channel.highpass[i]
    high2, high1 = ringing[2], ringing[3]
    for j in range(TICK):
        # the newest last: only it is waited for
        shelf = (row[uint64(master.at + j)] - a2 * shelf2) - a1 * shelf1
        shelf2, shelf1 = shelf1, shelf
        high = (shelf - a4 * high2) - a3 * high1
        high2, high1 = high1, high
        ringing[uint64(4 + j)] = high
    rings = abs(shelf1) + abs(shelf2) > _NOTHING
    channel.shelf[0], channel.shelf[1] = (shelf2, shelf1) if rings else (0.0, 0.0)
    rings |= abs(high1) + abs(high2) > _NOTHING
    for i in range(4):
        channel.highpass[i] = ringing[TICK + i] if rings else 0.0
    b0, b1, b2, b3, b4 = master.zeros[0], master.zeros[1], master.zeros[2], master.zeros[3], master.zeros[4]
    first = min(TICK, master.block_left)
    now = later = 0.0
    for j in range(first):
        i = uint64(j)
        y = b0 * ringing[i + uint64(4)] + b1 * ringing[i + uint64(3)] + b2 * ringing[i + uint64(2)] \
            + b3 * ringing[i + uint64(1)] + b4 * ringing[i]
        now += y * y
    for j in range(first, TICK):
        i = uint64(j)
        y = b0 * ringing[i + uint64(4)] + b1 * ringing[i + uint64(3)] + b2 * ringing[i + uint64(2)] \
            + b3 * ringing[i + uint64(1)] + b4 * ringing[i]
        later += y * y
    master.block_energy += channel.weight * now
    master.next_energy += channel.weight * later


@njit
def _block_size(master: Any) -> int:
    """Return the frames of the present block: the ends of all are where they belong, rounded down."""
    rate = int64(master.rate)
    return (master.blocks + 1) * rate // BLOCK_RATE - master.blocks * rate // BLOCK_RATE


@njit(error_model="numpy")
def _count(addresses: NDArray[np.int64]) -> None:
    """Let a tick pass in the blocks of loudness."""
    master = master_of(addresses)[0]
    master.block_left -= TICK
    if master.block_left > 0:
        return
    blocks_of(addresses)[master.blocks % BLOCKS] = master.block_energy / _block_size(master)
    fence()
    master.blocks += 1
    master.block_left += _block_size(master)
    master.block_energy, master.next_energy = master.next_energy, 0.0


@njit
def _show(addresses: NDArray[np.int64], peak: float) -> None:
    meters = meters_of(addresses)
    meters[METER_PEAK] = 20 * np.log10(max(peak, _LOWEST))
    meters[METER_TRUE_PEAK] = 20 * np.log10(max(peak, master_of(addresses)[0].true_peak, _LOWEST))


@njit(error_model="numpy")
def measure(addresses: NDArray[np.int64]) -> None:
    """Let the meters see the output tick; count the ticks of exact silence."""
    master = master_of(addresses)[0]
    channels = channels_of(addresses)
    played = played_of(addresses)
    master.true_peak = _fallen(master.true_peak, master.peak_decay)
    peaks = carray(stack_tick(), (TICK,), np.float32)
    highest = tick = 0.0
    for c in range(master.channels):
        channel = channels[c]
        now = loudest(played[c], master.at, TICK)
        tick = max(tick, now)
        channel.peak = max(now, _fallen(channel.peak, master.peak_decay))
        highest = max(highest, channel.peak)
        around = max(now, loudest(played[c], master.at - _TAPS, _TAPS))
        if around * OVERSHOOT > max(master.true_peak, _LOWEST):
            fill(peaks, 0)
            between(peaks, played[c], master.at, interpolation_of(addresses), 2)
            master.true_peak = max(master.true_peak, loudest(peaks, 0, TICK))
        if channel.weight > 0 and (now > 0 or channel.highpass[3] != 0):
            _weigh(addresses, channel, played[c])
    master.quiet = master.quiet + 1 if tick == 0 else 0
    _count(addresses)
    _show(addresses, highest)


@njit(error_model="numpy")
def measure_silence(addresses: NDArray[np.int64]) -> None:
    """Let the meters see a tick in which nothing was computed because nothing sounds."""
    master = master_of(addresses)[0]
    channels = channels_of(addresses)
    highest = 0.0
    for c in range(master.channels):
        channels[c].peak = _fallen(channels[c].peak, master.peak_decay)
        highest = max(highest, channels[c].peak)
    master.true_peak = _fallen(master.true_peak, master.peak_decay)
    _count(addresses)
    _show(addresses, highest)
