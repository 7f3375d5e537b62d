"""Frozen spectra: one moment of a sound held for as long as wanted (compiled; part of the audio kernel).

A phase vocoder (Flanagan and Golden 1966; Portnoff 1976) whose analysis stands still. Two windows, a hop apart, give
for each bin its magnitude and by how much its phase moves in a hop; from then on the phases go on moving by that much,
and windows made of them overlap four times. Phases are unit phasors, so that no angle is ever computed.
`density_jitter` adds chance to them: what was a tone stays one, and noise doesn't become a chord.

Both channels go through one complex transform, left as its real, right as its imaginary part. The work for a hop is
spread over the ticks of the hop, a stage of the transform in each, so that no tick carries a whole transform.
"""

from typing import Any

import numpy as np
from numba import carray, float32, int32, int64, njit
from numpy.typing import NDArray

from engine.sound.emission import LAYER_BASE, LAYER_STRIDE, POSITION, offset, safe_lag, uniform
from engine.sound.lanes import ARITHMETIC
from engine.sound.state import (
    DECKS,
    FREE,
    FREEZE,
    FREEZE_BITS,
    FROZEN,
    TICK,
    buses_of,
    clips_of,
    controls_of,
    decks_of,
    freeze_order_of,
    freeze_sound_of,
    freeze_spectrum_of,
    freeze_twiddles_of,
    freeze_window_of,
    freeze_work_of,
    master_of,
    pointer,
)

HOP = FREEZE // 4
_TICKS = HOP // TICK
_JITTER = offset("density_jitter")
_HALF = FREEZE // 2

# What a deck computes next. Two transforms of the sound, then for ever: phases, a transform, and overlap.
_TAKE = FREEZE_BITS + 1
_FIRST, _SECOND, _HELD = 0, _TAKE, 2 * _TAKE
_OVERLAP_GAIN = float32(2 / 3 / FREEZE)
"""Makes Hann windows, of the analysis and of the synthesis, add up to 1 where four overlap."""
_MAGNITUDE, _REAL, _IMAGINARY, _ADVANCE_REAL, _ADVANCE_IMAGINARY = range(5)  # of a deck's spectrum [5, 2, bins]
_FAINT = float32(1e-20)


@njit(error_model="numpy")
def _load(addresses: NDArray[np.int64], d: int, begin: int) -> None:
    """Put the window that begins at frame `begin` of deck `d`'s clip into its work memory, in bit-reversed order."""
    clip = clips_of(addresses)[decks_of(addresses)[d].slot]
    work = freeze_work_of(addresses)[d]
    window, order = freeze_window_of(addresses), freeze_order_of(addresses)
    right = clip.right if clip.right else clip.left
    frame = begin % clip.frames
    for j in range(FREEZE):
        work[0, order[j]] = window[j] * carray(pointer(clip.left + 4 * frame), (1,), np.float32)[0]
        work[1, order[j]] = window[j] * carray(pointer(right + 4 * frame), (1,), np.float32)[0]
        frame = frame + 1 if frame + 1 < clip.frames else int64(0)


@njit(fastmath=ARITHMETIC, error_model="numpy")
def _stage(work: NDArray[np.float32], twiddles: NDArray[np.float32], stage: int) -> None:
    """Do one of the FREEZE_BITS stages of a transform in place (radix 2, decimation in time)."""
    half = 1 << stage
    stride = _HALF >> stage
    real, imaginary = work[0], work[1]
    for begin in range(0, FREEZE, 2 * half):
        for k in range(half):
            a, b = begin + k, begin + k + half
            wr, wi = twiddles[0, k * stride], twiddles[1, k * stride]
            tr, ti = wr * real[b] - wi * imaginary[b], wr * imaginary[b] + wi * real[b]
            real[b], imaginary[b] = real[a] - tr, imaginary[a] - ti
            real[a], imaginary[a] = real[a] + tr, imaginary[a] + ti


@njit(error_model="numpy")
def _bin(work: NDArray[np.float32], c: int, k: int) -> tuple[float, float]:
    """Return bin `k` of the channel out of the transform of both."""
    other = (FREEZE - k) % FREEZE
    if c == 0:
        return 0.5 * (work[0, k] + work[0, other]), 0.5 * (work[1, k] - work[1, other])
    return 0.5 * (work[1, k] + work[1, other]), 0.5 * (work[0, other] - work[0, k])


@njit(error_model="numpy")
def _keep(spectrum: NDArray[np.float32], work: NDArray[np.float32], first: bool) -> None:
    """Take magnitude and phase from the first window, mean magnitude and the phase's advance from the second."""
    for c in range(2):
        for k in range(_HALF + 1):
            re, im = _bin(work, c, k)
            magnitude = np.sqrt(re * re + im * im)
            re, im = (re / magnitude, im / magnitude) if magnitude > _FAINT else (1.0, 0.0)
            if first:
                spectrum[_MAGNITUDE, c, k] = magnitude
            else:
                before_re, before_im = spectrum[_REAL, c, k], spectrum[_IMAGINARY, c, k]
                spectrum[_MAGNITUDE, c, k] = 0.5 * (spectrum[_MAGNITUDE, c, k] + magnitude)
                spectrum[_ADVANCE_REAL, c, k] = re * before_re + im * before_im
                spectrum[_ADVANCE_IMAGINARY, c, k] = im * before_re - re * before_im
            spectrum[_REAL, c, k], spectrum[_IMAGINARY, c, k] = re, im


@njit(error_model="numpy")
def _compose(spectrum: NDArray[np.float32], work: NDArray[np.float32], order: NDArray[np.int64], jitter: float,
             master: Any) -> None:
    """Move the phases on by a hop and put the spectrum of both channels into the work memory, in bit-reversed order.

    The transform is used backwards by exchanging real and imaginary part, before and after.
    """
    for k in range(_HALF + 1):
        x = float32(jitter * jitter * np.pi * (2 * uniform(master) - 1))
        q = x * x  # Taylor series of sine and cosine; the phasor is brought back to length 1 below
        sine = x * (1 - q / 6 * (1 - q / 20 * (1 - q / 42 * (1 - q / 72))))
        cosine = 1 - q / 2 * (1 - q / 12 * (1 - q / 30 * (1 - q / 56 * (1 - q / 90))))
        lr, li = _turn(spectrum, 0, k, cosine, sine)
        rr, ri = _turn(spectrum, 1, k, cosine, sine)
        place = order[k]
        work[1, place], work[0, place] = lr - ri, li + rr
        if 0 < k < _HALF:
            place = order[FREEZE - k]
            work[1, place], work[0, place] = lr + ri, rr - li


@njit(error_model="numpy")
def _turn(spectrum: NDArray[np.float32], c: int, k: int, cosine: float, sine: float) -> tuple[float, float]:
    """Turn the phase of a bin by its advance and by an angle; return the bin."""
    re, im = spectrum[_REAL, c, k], spectrum[_IMAGINARY, c, k]
    ar, ai = spectrum[_ADVANCE_REAL, c, k], spectrum[_ADVANCE_IMAGINARY, c, k]
    ar, ai = ar * cosine - ai * sine, ar * sine + ai * cosine
    re, im = re * ar - im * ai, re * ai + im * ar
    length = 1 / np.sqrt(max(re * re + im * im, _FAINT))
    re, im = re * length, im * length
    spectrum[_REAL, c, k], spectrum[_IMAGINARY, c, k] = re, im
    magnitude = spectrum[_MAGNITUDE, c, k]
    if k == 0 or k == _HALF:  # these bins are real
        return float(magnitude * re), 0.0
    return float(magnitude * re), float(magnitude * im)


@njit(error_model="numpy")
def _overlap(sound: NDArray[np.float32], work: NDArray[np.float32], window: NDArray[np.float32]) -> None:
    """Drop the hop that was played and add the newest window. sound [2, FREEZE]: its first HOP frames play next."""
    for c in range(2):
        for j in range(FREEZE - HOP):
            sound[c, j] = sound[c, j + HOP]
        for j in range(FREEZE - HOP, FREEZE):
            sound[c, j] = 0
        for j in range(FREEZE):
            sound[c, j] += work[1 - c, j] * window[j] * _OVERLAP_GAIN


@njit(error_model="numpy")
def _begin(addresses: NDArray[np.int64], d: int) -> None:
    deck = decks_of(addresses)[d]
    clip = clips_of(addresses)[deck.slot]
    place = controls_of(addresses)[LAYER_BASE + deck.layer * LAYER_STRIDE + POSITION].now * clip.frames
    if clip.live:
        deck.position = master_of(addresses)[0].live_place - int64(safe_lag(addresses, place, 0.0, FREEZE)) - FREEZE
    else:
        deck.position = int64(place)
    deck.step = int32(_FIRST)
    for c in range(2):
        for j in range(FREEZE):
            freeze_sound_of(addresses)[d, c, j] = 0


@njit(error_model="numpy")
def _work(addresses: NDArray[np.int64], d: int) -> None:
    """Do this tick's part of deck `d`'s work."""
    deck = decks_of(addresses)[d]
    work, spectrum = freeze_work_of(addresses)[d], freeze_spectrum_of(addresses)[d]
    step = deck.step
    deck.step += int32(1)
    if step < _HELD:
        second = step >= _SECOND
        within = step - _SECOND if second else step
        if within == 0:
            _load(addresses, d, deck.position + (HOP if second else 0))
        else:
            _stage(work, freeze_twiddles_of(addresses), within - 1)
        if within == FREEZE_BITS:
            _keep(spectrum, work, not second)
        return
    within = (step - _HELD) % _TICKS
    if within == 0:
        jitter = controls_of(addresses)[LAYER_BASE + deck.layer * LAYER_STRIDE + _JITTER].now
        _compose(spectrum, work, freeze_order_of(addresses), jitter, master_of(addresses)[0])
    elif within <= FREEZE_BITS:
        _stage(work, freeze_twiddles_of(addresses), within - 1)
    elif within == _TICKS - 1:
        _overlap(freeze_sound_of(addresses)[d], work, freeze_window_of(addresses))
        deck.step = int32(_HELD)


@njit(error_model="numpy")
def hold(addresses: NDArray[np.int64]) -> None:
    """Add this tick of every frozen deck to its bus."""
    decks = decks_of(addresses)
    for d in range(DECKS):
        deck = decks[d]
        if deck.stage == FREE or deck.mode != FROZEN:
            continue
        if not deck.begun:
            _begin(addresses, d)
        if deck.step >= _HELD:
            scale = float32(1 if clips_of(addresses)[deck.slot].right else np.sqrt(0.5))
            first = (deck.step - _HELD) * TICK
            bus, sound = buses_of(addresses)[d], freeze_sound_of(addresses)[d]
            for c in range(2):
                for j in range(TICK):
                    bus[c, j] += scale * sound[c, first + j]
        _work(addresses, d)
