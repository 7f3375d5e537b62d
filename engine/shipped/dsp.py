"""Tools of the shipped soundscapes. Time is a circle here: every tool wraps at the end of the loop.

Noise is made in the frequency domain, filters and reverberation are circular convolutions and events that run over the
end continue at the start, so a loop has no seam at all. Signals are float32 [frames] (mono) or [frames, 2] (stereo).
"""

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import fft

Signal = NDArray[np.float32]
Curve = Sequence[tuple[float, float]]  # (frequency in Hz, level in dB), ascending, straight lines over log frequency

EAR_DELAY_S = 0.0004  # largest delay between the ears of a listener


def decibels(level: float) -> float:
    """The amplitude factor of a level in dB."""
    return float(10 ** (level / 20))


def rms(x: Signal) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-12


def mix(*layers: tuple[Signal, float]) -> Signal:
    """Sum stereo layers, each (signal, dB): the layer's RMS is set to that level first."""
    return np.sum([x * np.float32(decibels(level) / rms(x)) for x, level in layers], axis=0, dtype=np.float32)


def harmonics(frequency: NDArray[np.float64], levels: Sequence[float], rate: int, phase: float = 0.0) -> Signal:
    """Sines at the multiples of `frequency` with the amplitudes `levels`; those above 0.45 rate are left out."""
    turn = np.exp(2j * np.pi * (np.cumsum(frequency) / rate + phase)).astype(np.complex64)
    partial, out = turn.copy(), np.zeros(len(frequency), np.float32)
    top = 0.45 * rate / float(frequency.max())
    for number, level in enumerate(levels, 1):
        if number > top:
            break
        if level:
            out += np.float32(level) * partial.imag
        partial *= turn
    return out


def arch(frames: int, attack: float = 0.5, sharpness: float = 1.0) -> Signal:
    """A smooth pulse from 0 to 1 to 0 whose top lies at the part `attack` of its length."""
    t = np.linspace(0, 1, frames)
    warped = np.where(t < attack, 0.5 * t / attack, 0.5 + 0.5 * (t - attack) / (1 - attack))
    return (np.sin(np.pi * warped) ** (2 * sharpness)).astype(np.float32)


def rough(rng: np.random.Generator, frames: int, rate: int, depth: float, bandwidth: float = 400.0) -> Signal:
    """A hoarse voice's gain around 1: noise of that bandwidth in Hz."""
    knots = max(2, round(2 * bandwidth * frames / rate))
    gain = 1 + depth * np.interp(np.linspace(0, knots - 1, frames), np.arange(knots), rng.standard_normal(knots))
    return gain.astype(np.float32)


def modes(partials: Sequence[tuple[float, float, float]], seconds: float, rate: int, attack: float = 0.001) -> Signal:
    """A struck body: damped sines (Hz, amplitude, seconds to fall by 60 dB), faded to zero at the end."""
    t = np.arange(int(seconds * rate)) / rate
    out = np.zeros(len(t))
    for hz, amplitude, fall in partials:
        if hz < 0.45 * rate:
            heard = t[: int(1.4 * fall * rate)]  # to -84 dB
            out[: len(heard)] += amplitude * np.sin(2 * np.pi * hz * heard) * np.exp(-6.91 / fall * heard)
    out *= np.minimum(t / attack, 1) * np.clip((seconds - t) / (0.1 * seconds), 0, 1)
    return out.astype(np.float32)


class Loop:
    """One loop under construction: its length, its rate and its source of chance.

    seconds : length of the loop; rate : frames per second; rng : every random choice of the sound comes from it.
    """

    def __init__(self, seconds: float, rate: int, rng: np.random.Generator) -> None:
        self.n = round(seconds * rate)
        self.seconds = self.n / rate
        self.rate = rate
        self.rng = rng

    @cached_property
    def bins(self) -> NDArray[np.float64]:
        """Frequency in Hz of every bin of the loop's spectrum."""
        return fft.rfftfreq(self.n, 1 / self.rate)

    @property
    def time(self) -> NDArray[np.float64]:
        return np.arange(self.n) / self.rate

    def silence(self) -> Signal:
        return np.zeros((self.n, 2), np.float32)

    def frames(self, seconds: float) -> int:
        return max(2, round(seconds * self.rate))

    def response(self, curve: Curve) -> Signal:
        """Amplitude per bin of a curve; its last slope goes on if it falls, the rest stays level; no direct current."""
        hz, level = np.array(curve, float).T
        fall = min(0.0, float((level[-1] - level[-2]) / np.log2(hz[-1] / hz[-2])))
        hz, level = np.append(hz, 8 * hz[-1]), np.append(level, level[-1] + 3 * fall)
        # interpolated on a coarse grid first: the logarithm of every bin would cost more than the transform
        grid = np.geomspace(1.0, self.rate / 2, 2048)
        amplitude = np.interp(self.bins, grid, 10 ** (np.interp(np.log(grid), np.log(hz), level) / 20))
        amplitude[self.bins < 15.0] = 0.0
        return amplitude.astype(np.float32)

    def filter(self, x: Signal, curve: Curve) -> Signal:
        """x through the zero-phase filter of that curve."""
        gain = self.response(curve)
        spectrum = fft.rfft(x, axis=0)
        spectrum *= gain if x.ndim == 1 else gain[:, None]
        return fft.irfft(spectrum, self.n, axis=0)

    def noise(self, curve: Curve, channels: int = 2) -> Signal:
        """Gaussian noise of that spectrum, RMS 1, independent channels: [n, channels] or [n] for one."""
        gain = self.response(curve)
        out = np.empty((channels, self.n), np.float32)
        for channel in out:
            chance = self.rng.standard_normal((len(gain), 2), dtype=np.float32).view(np.complex64)[:, 0]
            channel[:] = fft.irfft(chance * gain, self.n)
        out /= np.float32(rms(out))
        return out[0] if channels == 1 else np.ascontiguousarray(out.T)

    def drift(self, slowest: float, fastest: float, tilt: float = 0.5) -> Signal:
        """A slow random movement [n], mean 0, deviation 1, between two periods in s; power falls as 1/f^(2 tilt)."""
        highest = max(1, round(self.seconds / fastest))
        lowest = min(max(1, round(self.seconds / slowest)), highest)
        points = 8 * highest + 8
        spectrum = np.zeros(points // 2 + 1, complex)
        bins = np.arange(lowest, highest + 1)
        spectrum[bins] = (self.rng.standard_normal((len(bins), 2)) @ (1, 1j)) / (bins / lowest) ** tilt
        curve = fft.irfft(spectrum, points)
        curve /= curve.std() + 1e-12
        where = np.arange(self.n) * (points / self.n)
        return np.interp(where, np.arange(points + 1), np.append(curve, curve[0])).astype(np.float32)

    def swell(self, slowest: float, fastest: float, depth: float) -> Signal:
        """A gain [n] that wanders around 1: log-normal, `depth` in nepers of deviation (0.23 is 2 dB)."""
        return np.exp(depth * self.drift(slowest, fastest) - 0.5 * depth * depth)

    def living_noise(
        self,
        curve: Curve,
        depth: float,
        slowest: float = 6.0,
        fastest: float = 0.15,
        edges: Sequence[float] = (400.0, 1600.0, 5000.0),
        common: float = 0.5,
    ) -> Signal:
        """Noise of that spectrum whose bands rise and fall on many time scales, as air and water do. [n, 2], RMS 1.

        depth : deviation of each band's gain in nepers; common : share of the movement that all bands and both ears
        have together.
        """
        gain = self.response(curve)
        together = self.drift(slowest, fastest)
        out = self.silence()
        limits = (0.0, *edges, np.inf)
        log_bins = np.log(np.maximum(self.bins, 1.0))
        for low, high in pairwise(limits):
            # bands meet over half an octave either side, at equal power
            up = np.clip((log_bins - np.log(low)) / 0.7 + 0.5, 0, 1) if low else 1.0
            down = np.clip((np.log(high) - log_bins) / 0.7 + 0.5, 0, 1) if high < np.inf else 1.0
            band = gain * np.sqrt(up * down).astype(np.float32)
            for side in range(2):
                chance = self.rng.standard_normal((len(gain), 2), dtype=np.float32).view(np.complex64)[:, 0]
                own = self.drift(slowest, fastest)
                motion = np.exp(depth * (np.sqrt(common) * together + np.sqrt(1 - common) * own))
                out[:, side] += fft.irfft(chance * band, self.n) * motion
        return out / np.float32(rms(out))

    def burst(self, seconds: float, low: float, high: float) -> Signal:
        """A short knock of noise between two frequencies (a sine with a phase that wanders over the band)."""
        frames = self.frames(seconds)
        t = np.linspace(0, 1, frames)
        pitch = np.exp(self.rng.uniform(np.log(low), np.log(high), max(2, frames // 24)))
        turns = np.cumsum(np.interp(np.linspace(0, len(pitch) - 1, frames), np.arange(len(pitch)), pitch)) / self.rate
        fade = np.minimum(t * seconds / 0.0005, 1) * np.exp(-5 * t) * np.clip((1 - t) / 0.2, 0, 1)
        return (np.sin(2 * np.pi * turns) * fade).astype(np.float32)

    def times(self, per_second: float) -> NDArray[np.float64]:
        """Sorted times in seconds of events that come by chance at that mean density; at least one."""
        return np.sort(self.rng.uniform(0, self.seconds, max(1, self.rng.poisson(per_second * self.seconds))))

    def beats(self, per_second: float, jitter: float) -> NDArray[np.float64]:
        """Times of a regular pulse fitted to the loop; jitter is its deviation in parts of the period."""
        count = max(1, round(per_second * self.seconds))
        return (np.arange(count) + jitter * self.rng.standard_normal(count)) * (self.seconds / count)

    def add(self, out: Signal, time: float, x: NDArray[np.floating], gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a sound to the loop `out` at a time in seconds, wrapping at its end.

        A mono sound is placed by equal-power pan (-1 left to 1 right) and the delay between the ears.
        """
        start = round(time * self.rate)
        if x.ndim == 2:
            self.put(out, start, x * np.float32(gain))
            return
        angle = (pan + 1) * np.pi / 4
        late = round(pan * EAR_DELAY_S * self.rate)
        self.put(out[:, 0], start + max(late, 0), x * np.float32(gain * np.cos(angle)))
        self.put(out[:, 1], start + max(-late, 0), x * np.float32(gain * np.sin(angle)))

    def put(self, out: Signal, start: int, x: NDArray[np.floating]) -> None:
        """Add x to one channel from a frame on, wrapping."""
        start %= self.n
        while len(x):
            part = x[: self.n - start]
            out[start : start + len(part)] += part
            x, start = x[len(part) :], 0

    def scatter(
        self,
        out: Signal,
        per_second: float,
        pool: Sequence[Signal],
        spread: float = 0.6,
        width: float = 0.9,
        when: Signal | None = None,
    ) -> None:
        """Throw sounds of a pool into the loop by chance.

        spread : deviation of the log-normal gain in nepers; width : largest pan; when : a gain [n] that thins the
        events out where it is small (values are relative to its largest).
        """
        times = self.times(per_second)
        if when is not None:
            chance = when[(times * self.rate).astype(int) % self.n] / when.max()
            times = times[self.rng.uniform(size=len(times)) < chance]
        choices = self.rng.integers(len(pool), size=len(times))
        gains = np.exp(spread * self.rng.standard_normal(len(times)))
        pans = self.rng.uniform(-width, width, len(times))
        for time, choice, gain, pan in zip(times, choices, gains, pans, strict=True):
            self.add(out, time, pool[choice], gain, pan)

    def reverb(
        self, x: Signal, seconds: float, treble: float = 0.5, predelay: float = 0.02, echoes: Sequence[float] = ()
    ) -> Signal:
        """The reverberation alone of a stereo signal in a synthetic space, RMS of its impulse response 1.

        seconds : time to fall by 60 dB below 2 kHz; treble : the part of that time above; echoes : times in seconds of
        early reflections.
        """
        frames = self.frames(1.1 * seconds)
        t = np.arange(frames) / self.rate
        hz = fft.rfftfreq(frames, 1 / self.rate)
        low = 1 / (1 + (hz / 2000) ** 2)
        delay = self.frames(predelay)
        spectra = fft.rfft(x, axis=0)
        for side in range(2):
            spectrum = fft.rfft(self.rng.standard_normal(frames))
            tail = fft.irfft(spectrum * low, frames) * np.exp(-6.91 * t / seconds) + fft.irfft(
                spectrum * (1 - low), frames
            ) * np.exp(-6.91 * t / (treble * seconds))
            tail *= np.minimum(t / 0.015, 1)
            tail /= np.sqrt(np.sum(tail**2))
            response = np.zeros(self.n, np.float32)
            self.put(response, delay, tail.astype(np.float32))
            for number, echo in enumerate(echoes):
                late = echo * (1 + 0.08 * self.rng.uniform(-1, 1))
                self.put(response, self.frames(late), np.full(1, 0.5 * 0.75**number, np.float32))
            spectra[:, side] *= fft.rfft(response)
        return fft.irfft(spectra, self.n, axis=0)

    def far(self, x: Signal, metres: float) -> Signal:
        """x after the air has taken its treble (ISO 9613-1 at 15 degrees and 60 % humidity, rounded)."""
        loss = ((250, 0.001), (1000, 0.005), (2000, 0.01), (4000, 0.03), (8000, 0.1), (16000, 0.32))
        return self.filter(x, [(hz, max(-90.0, -metres * db)) for hz, db in loss])
