"""Streaming analysis of the live input: features each hop, onsets and beats as events.

What comes out depends on the samples alone, never on the blocks in which they arrive.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.dream.beat import BeatTracker
from engine.dream.onset import STEP, WINDOW, OnsetDetector
from engine.dream.pitch import PitchTracker
from engine.dream.spectrum import LEVEL_FRAMES, Spectrum, window_frames
from engine.parameters import INDEX
from engine.shared import FEATURES, Event

HOP = 512
"""Frames between two analyses."""
LATENCY: dict[str, float] = {
    "rms": LEVEL_FRAMES / 2 / 48_000,
    "peak": HOP / 2 / 48_000,
    "bands": 2048 / 2 / 48_000,
    "centroid": 2048 / 2 / 48_000,
    "flux": WINDOW / 2 / 48_000,
    "onset": (HOP + STEP) / 48_000,
    "pitch": 2048 / 2 / 48_000,
    "tempo": 6.0,
    "beat_phase": 0.0,
}
"""Seconds at 48 kHz by which a feature trails the sound.

For what is measured in a window, the time from its middle to its end. For `onset`, the longest time from an attack to
the end of the hop that reports it; the event itself carries the attack's own time. `tempo`: the time after which a
new tempo is sure to be followed. `beat_phase` is predicted and doesn't trail.
"""
_ONSET_DECAY_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Hop:
    """features: one record of FEATURES (0-d array); events: (kind, clock time, a) of what happened in the hop."""

    features: NDArray[Any]
    events: list[tuple[Event, float, float]]


class Listener:
    """Analyses a sound at `rate` Hz; `parameters` is the shared parameter block, read at every hop."""

    def __init__(self, rate: int, parameters: NDArray[np.float64]) -> None:
        self._rate = rate
        self._parameters = parameters
        self._spectrum = Spectrum(rate)
        self._onsets = OnsetDetector(rate)
        self._pitch = PitchTracker(rate)
        self._beat = BeatTracker(rate)
        self._newest = np.zeros(window_frames(rate))
        self._waiting = np.zeros(0)
        self._hops = 0
        self._onset = 0.0
        self._decay = float(np.exp(-HOP / rate / _ONSET_DECAY_SECONDS))

    def push(self, samples: NDArray[np.float32], end_time: float) -> list[Hop]:
        """Take `samples` (float32 [n, channels] of any n, full scale 1), the last of which was heard at `end_time`.

        Channels are averaged; what is not a finite number counts as 0. Returns the hops that they complete.
        """
        mono = np.mean(np.where(np.isfinite(samples), samples, 0), axis=1, dtype=np.float64)
        self._waiting = np.concatenate([self._waiting, mono])
        hops = []
        while len(self._waiting) >= HOP:
            self._newest = np.concatenate([self._newest[HOP:], self._waiting[:HOP]])
            self._waiting = self._waiting[HOP:]
            hops.append(self._analyse(end_time - len(self._waiting) / self._rate))
        return hops

    def _analyse(self, time: float) -> Hop:
        levels = self._spectrum.measure(self._newest, HOP)
        flux, onset = self._onsets.process(self._newest, HOP, self._parameters[INDEX["listen/gate"]],
                                           self._parameters[INDEX["listen/sensitivity"]])
        pitch, clarity = self._pitch.measure(self._newest)
        beat = self._beat.process(flux, HOP)
        start = time - HOP / self._rate
        events = []
        self._onset *= self._decay
        if onset:
            self._onset = onset.strength
            events.append((Event.ONSET, start + onset.frame / self._rate, onset.strength))
        if beat.frame is not None:
            events.append((Event.BEAT, start + beat.frame / self._rate, beat.tempo))
        self._hops += 1
        features = np.array((time, self._hops, levels.rms, levels.peak, levels.bands, levels.centroid, flux.max(),
                             self._onset, pitch, clarity, beat.tempo, beat.phase, beat.confidence), FEATURES)
        return Hop(features, events)
