"""What the painter perceives of a running instrument: the newest sound, onsets, beat and camera picture."""

import numpy as np
from numpy.typing import NDArray

from engine.clock import Clock
from engine.dream.painter.painter import Moment, prepared
from engine.shared import Event, Session
from engine.tempo.timeline import Tempo

_STALE_S = 0.5
"""Sound that ended so long ago is silence by now: SOUND is down."""
_UNTOLD = Tempo(0.0, 0.0, 120.0)


class Senses:
    """Reads the session; rate (Hz) and window (samples) are of the sound that the generator hears."""

    def __init__(self, session: Session, clock: Clock, rate: int, window: int) -> None:
        self._session, self._clock = session, clock
        self._rate, self._window = rate, window
        self._events_read = session.events["dream"].written
        self._frames_seen = 0

    def perceive(self, time: float) -> tuple[Moment, float | None]:
        """Return what there is for a picture of `time`, and when the newest sample in it was heard; None in silence
        for want of input."""
        sound, heard = self._sound()
        record = self._session.tempo.read()
        tempo = _UNTOLD if record is None else Tempo.of(record)
        return Moment(time, sound, tempo, self._onset(), self._camera()), heard

    def _sound(self) -> tuple[NDArray[np.float32], float | None]:
        ring, rate = self._session.input, int(self._session.told("sound/sample_rate"))
        sound = np.zeros(self._window, np.float32)
        written, heard = ring.position_and_time()
        if rate <= 0 or written == 0 or self._clock.now() - heard > _STALE_S:
            return sound, None
        count = min(written, -(-self._window * rate // self._rate))
        samples = ring.read(written - count, count)
        if samples is None:  # it is being overwritten: a picture of silence is better than none
            return sound, None
        newest = prepared(samples, rate, self._rate)[-self._window:]
        sound[len(sound) - len(newest):] = newest
        return sound, heard

    def _onset(self) -> float:
        events, lost = self._session.events["dream"].read(self._events_read)
        self._events_read += len(events) + lost
        return sum(float(event["a"]) for event in events if event["kind"] == Event.ONSET)

    def _camera(self) -> NDArray[np.uint8] | None:
        slot = self._session.frame
        if not self._session.get("dream/palette") or slot.number == self._frames_seen:
            return None
        frame = slot.read()
        if frame is None:
            return None
        self._frames_seen = frame[2]
        return frame[0]
