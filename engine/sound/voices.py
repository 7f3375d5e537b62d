"""The newest generated clip among the mixer's slots: two take turns, so that one can fade while the next begins."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.sound.bank import Slots
from engine.sound.state import VOICE_SLOTS


class Held(NamedTuple):
    """A voice that the mixer holds: its number, from 1, and its slot."""

    number: int
    slot: int


class Voices:
    """Puts voices into slots of `mixer`. `newest` is what layers can play; None before the first."""

    def __init__(self, mixer: Slots) -> None:
        self.newest: Held | None = None
        self.offered = 0
        self._mixer = mixer
        self._waiting: NDArray[np.float32] | None = None

    def offer(self, number: int, sound: NDArray[np.float32]) -> None:
        """Take the voice with this number, float32 [frames, 1], in place of any that waits for a slot."""
        self.offered, self._waiting = number, sound

    def poll(self) -> None:
        """Give the voice that waits the slot of the one before the newest, once nothing of that is heard any more."""
        if self._waiting is None:
            return
        slot = next(slot for slot in VOICE_SLOTS if self.newest is None or slot != self.newest.slot)
        if self._mixer.unload(slot):
            self._mixer.load(slot, self._waiting)
            self.newest, self._waiting = Held(self.offered, slot), None
