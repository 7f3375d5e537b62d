"""DREAM follows the live input and tells what it hears: features each hop, onsets and beats as they happen."""

import time
from pathlib import Path

import numpy as np

from engine.dream.listen import HOP, Listener
from engine.player import Life
from engine.shared import Session

_POLL_SECONDS = 0.003
_BEHIND_SECONDS = 0.25
"""Backlog above which the analysis skips to the newest sound: a late onset is worth less than a lost one."""


class Ear:
    """Reads the session's input ring and writes what is heard in it: mailbox, events and telemetry.

    It begins with the newest sound and begins anew whenever SOUND does, at the sample rate that SOUND then has.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._source = (0.0, 0.0)
        self._listener: Listener | None = None
        self._rate = 0
        self._position = 0

    def follow(self) -> None:
        """Analyse what was heard since the last call."""
        session = self._session
        source = session.told("sound/pid"), session.told("sound/sample_rate")
        written, heard = session.input.position_and_time()
        if source != self._source or written < self._position:
            self._source = source
            self._begin(written)
        if self._listener is None:
            return
        if written - self._position > _BEHIND_SECONDS * self._rate:
            session.count("dream/overruns")
            self._begin(written)
        samples = session.input.read(self._position, written - self._position)
        if samples is None or not len(samples):
            return
        self._position = written
        for hop in self._listener.push(samples, heard):
            session.count("dream/hops")
            hop.features["hop"] = session.told("dream/hops")
            session.features.write(hop.features)
            for kind, moment, value in hop.events:
                session.events["dream"].write(kind, moment, value)

    def _begin(self, position: int) -> None:
        self._rate = int(self._source[1])
        self._listener = Listener(self._rate, self._session.parameters) if self._rate > 0 else None
        self._position = position


def play(folder: str | Path) -> None:
    """Run the player on the session in `folder` until it is told to stop or its parent is gone."""
    life = Life("dream", folder)
    ear = Ear(life.session)
    # Whatever is compiled or loaded at first use is so before the first sign of life, after which the watchdog watches.
    Listener(48_000, life.session.parameters).push(np.eye(HOP, 1, dtype=np.float32), 0.0)
    while life.goes_on():
        ear.follow()
        time.sleep(_POLL_SECONDS)
