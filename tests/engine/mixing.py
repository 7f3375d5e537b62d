"""What the tests of the mixer share."""

import numpy as np
from numpy.typing import NDArray

from engine.parameters import INDEX, LAYERS, PARAMETERS
from engine.sound.mixer import Mixer

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


def playing(block: NDArray[np.float64], *clips: NDArray[np.float32], seed: int = 0, fade: float = 0) -> Mixer:
    """Return a mixer with `clips` in slots 0, 1, ..., the first of them starting on layer 0."""
    mixer = Mixer(RATE, block, seed)
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
