"""What the tests of the mixer share."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, resample_poly, sosfilt

from engine.parameters import INDEX, LAYERS, PARAMETERS
from engine.sound.limiter import condition, limit
from engine.sound.metering import measure
from engine.sound.mixer import TICK, Mixer
from engine.sound.spatial import STEREO, Layout

RATE = 48_000


def parameters(**layer: float) -> NDArray[np.float64]:
    """Return a parameter block at its defaults but for these knobs of every layer."""
    block = np.array([p.default for p in PARAMETERS])
    for name, value in layer.items():
        for n in range(1, LAYERS + 1):
            block[INDEX[f"layer/{n}/{name}"]] = value
    return block


def noise(seconds: float, channels: int = 1, level: float = 0.1, seed: int = 0) -> NDArray[np.float32]:
    """Return white noise [frames, channels] of this RMS."""
    frames = round(seconds * RATE)
    return (level * np.random.default_rng(seed).standard_normal((frames, channels))).astype(np.float32)


def sine(hertz: float, seconds: float, level: float = 0.2) -> NDArray[np.float32]:
    """Return a mono sine [frames, 1] that loops if hertz * seconds is whole."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE))[:, None].astype(np.float32)


def playing(block: NDArray[np.float64], *clips: NDArray[np.float32], seed: int = 0, fade: float = 0,
            layout: Layout = STEREO) -> Mixer:
    """Return a mixer with `clips` in slots 0, 1, ..., the first of them starting on layer 0."""
    mixer = Mixer(RATE, block, seed, layout=layout)
    for slot, clip in enumerate(clips):
        mixer.load(slot, clip)
    assert mixer.start(0, 0, 1, fade)
    return mixer


def db(ratio: float) -> float:
    """Return an amplitude ratio in decibels."""
    return float(20 * np.log10(max(ratio, 1e-12)))


def rms(signal: NDArray[np.float32]) -> float:
    """Return the root of the mean square over everything."""
    return float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))


def roughness(signal: NDArray[np.float32]) -> float:
    """Return the largest second difference: a step or a kink in a smooth signal stands out in it."""
    return float(np.abs(np.diff(signal, 2, axis=0)).max())


def mastered(signal: NDArray[np.float64], layout: Layout = STEREO, rate: int = RATE,
             watch: Callable[[Mixer], None] = lambda mixer: None) -> tuple[NDArray[np.float32], Mixer]:
    """Return what the master alone makes of `signal` [frames, channels], as long, and the mixer; `watch` each tick."""
    mixer = Mixer(rate, parameters(), layout=layout)
    mixer.process(TICK)
    state = mixer._state
    frames = -(-len(signal) // TICK) * TICK
    padded = np.zeros((frames, layout.channels), np.float32)
    padded[:len(signal)] = signal
    out = np.empty_like(padded)
    for at in range(0, frames, TICK):
        state.mix[:layout.channels] = padded[at:at + TICK].T
        condition(mixer.addresses)
        limit(mixer.addresses)
        measure(mixer.addresses)
        out[at:at + TICK] = state.output[:, :layout.channels]
        watch(mixer)
    return out[:len(signal)], mixer


def ring(channels: int) -> Layout:
    """Return a layout of this many loudspeakers around the listener."""
    return Layout(f"ring of {channels}", tuple(180 - 360 / channels * (n + 0.5) for n in range(channels)))


def below_20_khz(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave what a resampler can carry: close to half the rate two of them disagree by more than the tolerance."""
    ends = np.minimum(1, np.minimum(np.arange(len(signal)), np.arange(len(signal))[::-1]) / 2000)
    return np.asarray(sosfilt(butter(10, 20_000, fs=RATE, output="sos"), signal * ends[:, None], axis=0))


def true_peak(signal: NDArray[np.float32]) -> float:
    """Return the largest absolute value between and on the samples, dB (16 times oversampled)."""
    return db(float(np.abs(resample_poly(signal.astype(np.float64), 16, 1, axis=0, window=("kaiser", 8.0))).max()))
