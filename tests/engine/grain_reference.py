"""What the mixer has to play, written slowly from the equations in NumPy."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from engine.sound.mixer import TICK
from tests.engine.mixing import RATE

DEFAULTS: dict[str, float] = dict(
    position=0.0, position_jitter=0.08, speed=1.0, freeze=0.0, duration=250.0, density=16.0, density_jitter=0.25,
    emission=0.0, burst=1.0, division=1.0, pitch=0.0, pitch_jitter=0.0, pan_spread=0.35, shape=0.0, envelope=1.0,
    interpolation=1.0, reverse=0.0)


class SplitMix64:
    """Steele, Lea and Flood (2014), in whole numbers."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def uniform(self) -> float:
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) / 2**53


def tukey(t: NDArray[np.float64], taper: float) -> NDArray[np.float64]:
    """Return the cosine-tapered window at 0 <= t <= 1."""
    edge = np.minimum(t, 1 - t)
    return np.where(edge < taper / 2, 0.5 - 0.5 * np.cos(2 * np.pi * edge / taper), 1.0)


def decay(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the exponential decay by 60 dB that ends at 0, after a rise of a fiftieth, at 0 <= t <= 1."""
    rise = np.where(t < 1 / 50, 0.5 - 0.5 * np.cos(np.pi * 50 * t), 1.0)
    return rise * (1000.0**-t - 1 / 1000) / (1 - 1 / 1000)


def envelope(t: NDArray[np.float64], shape: float, taper: float) -> NDArray[np.float64]:
    """Return the envelope at 0 <= t <= 1."""
    if shape == 0:
        return tukey(t, taper)
    if shape == 1:
        return (np.exp(-0.5 * ((t - 0.5) * 6) ** 2) - np.exp(-4.5)) / (1 - np.exp(-4.5))
    return decay(t if shape == 2 else 1 - t)


def linear(channel: NDArray[np.float64], x: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Read a loop at the positions `x` (frames) with straight lines."""
    i = np.floor(x).astype(int)
    here, next_ = (channel[(i + k) % len(channel)] for k in (0, 1))
    return here + (x - i) * (next_ - here)


def hermite(channel: NDArray[np.float64], x: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Read a loop at the positions `x` (frames) with the 4-point, third-order Hermite interpolator."""
    i = np.floor(x).astype(int)
    f = x - i
    before, here, next_, after = (channel[(i + k) % len(channel)] for k in (-1, 0, 1, 2))
    slope0, slope1 = (next_ - before) / 2, (after - here) / 2
    return ((2 * f**3 - 3 * f**2 + 1) * here + (f**3 - 2 * f**2 + f) * slope0
            + (-2 * f**3 + 3 * f**2) * next_ + (f**3 - f**2) * slope1)


def sinc(channel: NDArray[np.float64], x: NDArray[np.float64], rate: float) -> NDArray[np.float64]:
    """Read a loop at the positions `x` (frames) with a Kaiser-windowed sinc that passes what `rate` leaves room for.

    At rates above 1 the kernel is the one for the next sixth of an octave.
    """
    stretch = 2 ** (np.ceil(6 * np.log2(rate) - 1e-9) / 6) if rate > 1 else 1.0
    half = 8 * int(np.ceil(2 * stretch - 1e-9))
    i = np.floor(x).astype(int)
    taps = np.arange(1 - half, half + 1)
    place = taps - (x - i)[:, None]
    kernel = np.sinc(0.93 / stretch * place) * np.i0(10.5 * np.sqrt(np.maximum(0, 1 - (place / half) ** 2)))
    kernel /= kernel.sum(axis=1, keepdims=True)
    return np.asarray((kernel * channel[(i[:, None] + taps) % len(channel)]).sum(axis=1))


READERS = (linear, hermite, sinc)


def _bursts(knobs: dict[str, float], triggers: list[float]) -> Iterator[tuple[float, float, float]]:
    """Return (first onset, end, most grains) of what starts grains: the density, or each of the triggers."""
    if knobs["emission"] == 0:
        yield 0.0, np.inf, np.inf
        return
    for begin, end in zip(triggers, [*triggers[1:], np.inf], strict=True):
        yield begin, end, knobs["burst"]


def reference(clip: NDArray[np.float32], knobs: dict[str, float], seed: int, frames: int,
              triggers: list[float] | None = None) -> NDArray[np.float64]:
    """Return what a mixer plays, float64 [frames, 2], whose one layer fades in within 5 ms from frame 0.

    triggers: frames at which an onset or the beat starts a burst.
    """
    k = DEFAULTS | knobs
    random = SplitMix64(seed)
    out = np.zeros((frames, 2))
    power = np.zeros(-(-frames // TICK) + 1)  # per tick: summed squares of the windows amid it
    amid = np.arange(len(power)) * TICK + TICK / 2
    for onset, end, most in _bursts(k, triggers or []):
        count = 0
        while (first := int(np.ceil(onset - 1e-6))) < min(frames, end) and count < most:
            _grain(clip, k, random, first, out, power, amid)
            onset += (1 - k["density_jitter"] - k["density_jitter"] * np.log(1 - random.uniform())) \
                * RATE / k["density"]
            count += 1
    crowd = np.concatenate([[0], lfilter([1 - np.exp(-TICK / (0.03 * RATE))], [1, -np.exp(-TICK / (0.03 * RATE))],
                                         power)])
    level = np.interp(np.arange(frames) / TICK, np.arange(len(crowd)), 1 / np.sqrt(np.maximum(1, crowd)))
    fade = np.sin(np.minimum(np.pi / 2, np.arange(frames) * np.pi / 2 / (0.005 * RATE)))
    return np.asarray(lfilter([1, -1], [1, -np.exp(-2 * np.pi * 5 / RATE)], out * (level * fade)[:, None], axis=0))


def _grain(clip: NDArray[np.float32], k: dict[str, float], random: SplitMix64, first: int, out: NDArray[np.float64],
           power: NDArray[np.float64], amid: NDArray[np.float64]) -> None:
    """Add the grain that begins at frame `first` to the output, and its window's square to the power amid each tick."""
    size, channels = clip.shape
    draw_position, draw_pitch, draw_place = (2 * random.uniform() - 1 for _ in range(3))
    draw_reverse = random.uniform()
    length = round(k["duration"] / 1000 * RATE)
    travelled = 0 if k["freeze"] else k["speed"] * first
    start = k["position"] * size + travelled + draw_position * k["position_jitter"] * RATE
    step = round(2 ** ((k["pitch"] + draw_pitch * k["pitch_jitter"]) / 12) * 2**22) / 2**22
    start = np.rint(start) if step == 1 else start  # at the clip's own pitch grains read its own frames
    x = round(start % size * 2**22) / 2**22 + step * np.arange(length)
    if draw_reverse < k["reverse"]:
        x = x[::-1]
    window = envelope((np.arange(length) + 0.5) / length, k["shape"], k["envelope"])
    angle = (draw_place * k["pan_spread"] + 1) * np.pi / 4
    gains = np.array([np.cos(angle), np.sin(angle)]) * (1 if channels == 1 else np.sqrt(2))
    end = min(len(out), first + length)
    read = READERS[int(k["interpolation"])]
    for c in range(2):
        voice = channel_of(clip, c) if step == 1 else None
        read_at = x[:end - first]
        sound = voice[np.rint(read_at).astype(int) % size] if voice is not None \
            else read(channel_of(clip, c), read_at, step)
        out[first:end, c] += gains[c] * sound * window[:end - first]
    t = (amid - first) / length
    power += np.where((t >= 0) & (t <= 1), envelope(np.clip(t, 0, 1), k["shape"], k["envelope"]) ** 2, 0)


def channel_of(clip: NDArray[np.float32], c: int) -> NDArray[np.float64]:
    """Return one channel of a clip; mono has the same on both sides."""
    return clip[:, min(c, clip.shape[1] - 1)].astype(np.float64)
