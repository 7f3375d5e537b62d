"""The spectrum of what the microphone hears, as the page draws it."""

import numpy as np

from engine.shared import Session

BANDS = 64
_WINDOW = 2048
_LOWEST, _HIGHEST = 40.0, 16_000.0   # Hz
_FLOOR = -90.0                       # dBFS


class Spectrum:
    """Columns of 64 bands, evenly spaced in pitch from 40 Hz to 16 kHz."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._at = 0
        self._taper = np.hanning(_WINDOW).astype(np.float32)
        self._rate = 0.0
        self._edges = np.zeros(BANDS + 1, np.intp)

    def newest(self) -> list[int] | None:
        """Return the newest column, each band from 0 (-90 dBFS or below) to 255 (full scale), or None if nothing new
        was heard."""
        written = self._session.input.written
        if written == self._at or (rate := self._session.told("sound/sample_rate")) <= 0:
            return None
        self._at = written
        sound = self._session.input.read(written - _WINDOW, _WINDOW)
        if sound is None:
            return None
        if rate != self._rate:
            self._rate = rate
            edges = np.geomspace(_LOWEST, min(_HIGHEST, rate / 2), BANDS + 1) * _WINDOW / rate
            self._edges = np.maximum(edges.astype(np.intp), 1)
        mono = np.nan_to_num(sound.mean(1))
        power = np.abs(np.fft.rfft(mono * self._taper)) ** 2 / (self._taper.sum() / 2) ** 2
        peaks = np.maximum.reduceat(power, self._edges)[:BANDS]
        level = 10 * np.log10(np.maximum(peaks, 1e-12))
        scaled: list[int] = np.clip((1 - level / _FLOOR) * 255, 0, 255).astype(int).tolist()
        return scaled
