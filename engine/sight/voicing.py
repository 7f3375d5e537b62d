"""Lets SIGHT give pictures a voice beside looking at them: in a thread of its own, the newest picture first."""

import os
import sys
import threading
from collections.abc import Callable

import numpy as np

from engine.clock import Clock
from engine.errors import UserError
from engine.shared import VOICE, Session
from engine.sight.pictures import Picture
from engine.voice.voice import Occasions, Voice, is_wanted

_NICENESS = 5
"""Seeing and sounding go first."""


class Voicing:
    """Publishes voices in the session's mailbox. A picture that comes while one is made takes the place of any that
    waits.

    say: told what is wrong with the model file, or with a picture; once for as long as it is the same.
    """

    def __init__(self, session: Session, voice: Voice, clock: Clock, say: Callable[[str], None]) -> None:
        self._session, self._voice, self._clock, self._say = session, voice, clock, say
        has_voice = session.voice.written > 0 and is_wanted(session.parameters)
        self._occasions = Occasions(has_voice, session.told("faces/voices_asked"))
        self._said = ""
        self._picture: Picture | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    def look(self, picture: Picture, cut: bool) -> None:
        """Take in the newest picture, and whether it begins a new scene; returns at once."""
        if not self._occasions.step(self._session.parameters, cut, self._session.told("faces/voices_asked")):
            return
        with self._changed:
            self._picture = picture.copy()
            self._changed.notify()
        if not self._thread.is_alive():
            self._thread.start()

    def _run(self) -> None:
        if sys.platform == "linux":  # a thread has its own niceness there
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        while True:
            with self._changed:
                while self._picture is None:
                    self._changed.wait()
                picture, self._picture = self._picture, None
            self._make(picture)

    def _make(self, picture: Picture) -> None:
        session, begun = self._session, self._clock.now()
        try:
            sound = self._voice.sound_of(picture, session.voice.written + 1)[:, 0]
        except (UserError, RuntimeError) as error:
            if str(error) != self._said:
                self._say(f"no voice: {error}")
            self._said = str(error)
            return
        record = np.zeros((), VOICE)
        record["frames"], record["sound"][:len(sound)] = len(sound), sound
        session.voice.write(record)
        session.tell("sight/voice_ms", 1e3 * (self._clock.now() - begun))
        session.count("sight/voices")
