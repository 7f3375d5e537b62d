"""The clips in memory: loaded by a thread of its own, newest targets first, then the rest of the library ahead of need.

Until a clip is there, and when it can't be loaded at all, its layer goes on with what it plays. So it is when another
library is opened: the clips of the one before stay for as long as they sound.
"""

import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.errors import UserError
from engine.shared import LAYERS
from engine.sound.state import SLOTS, VOICE_SLOTS

if TYPE_CHECKING:
    from engine.library import Library


_INDEX_BITS = 32
MEMORY = 512 << 20
"""Bytes that the clips may fill; targets of the match may exceed it, since they must sound."""


class Slots(Protocol):
    """Where loaded clips go: the mixer."""

    def load(self, slot: int, clip: NDArray[np.float32]) -> None:
        """Take `clip` [n, 1 or 2] into a free slot."""
        ...

    def unload(self, slot: int) -> bool:
        """Free a slot; False while it sounds."""
        ...


def clip_of(library: int, index: int) -> int:
    """Return the number that clip `index` of the library with this number has here, like no clip of any other."""
    return library << _INDEX_BITS | index


class Bank:
    """Clips of one library at a time at `rate` Hz, in the slots of `mixer`; what they are called: see clip_of.

    say: told once of what is damaged and of each clip that can't be loaded. Only the control thread calls the methods.
    `number` is the library's; None before the first. `error` is set if the newest library can't be opened; `failed`
    holds its clips that can't be loaded; `evicted` counts those that made room for others.
    """

    def __init__(self, mixer: Slots, rate: int, say: Callable[[str], None], memory: int = MEMORY) -> None:
        self.number: int | None = None
        self.error: UserError | None = None
        self.failed: set[int] = set()
        self.evicted = 0
        self._mixer, self._rate, self._say, self._memory = mixer, rate, say, memory
        self._damaged = ""
        self._slots: OrderedDict[int, int] = OrderedDict()  # the longest unused first
        self._bytes: dict[int, int] = {}
        self._free = list(range(SLOTS - len(VOICE_SLOTS)))
        self._targets: Sequence[int] = ()
        self._preloads = True
        self._preloaded = 0
        self._decoded: tuple[int, NDArray[np.float32] | UserError] | None = None
        self._changed = threading.Condition()

    @property
    def loaded(self) -> int:
        """How many clips are in memory."""
        return len(self._slots)

    @property
    def bytes(self) -> int:
        """How much memory they take."""
        return sum(self._bytes.values())

    def open(self, number: int, folder: Path) -> None:
        """Go over to the library in `folder` and begin to load it, in the background."""
        with self._changed:
            self.number, self.error = number, None
            self.failed.clear()
            self._decoded, self._preloads, self._preloaded = None, True, 0
            self._changed.notify_all()
        threading.Thread(target=self._run, args=(number, folder), name="clip bank", daemon=True).start()

    def want(self, clips: Sequence[int]) -> None:
        """Load these clips next and keep them; earlier wishes that are not met yet are dropped."""
        with self._changed:
            self._targets = tuple(clips)
            for clip in clips:
                if clip in self._slots:
                    self._slots.move_to_end(clip)
            self._changed.notify()

    def slot(self, clip: int) -> int | None:
        """Return the slot of `clip`, or None if it isn't in memory (yet)."""
        return self._slots.get(clip)

    def poll(self) -> None:
        """Put the clip that was decoded since the last call, if any, into a slot."""
        with self._changed:
            if self._damaged:
                self._say(self._damaged)
                self._damaged = ""
            self._clear_out()
            if self._decoded is None:
                return
            clip, samples = self._decoded
            if isinstance(samples, UserError):
                self.failed.add(clip)
                self._say(f"a clip can't be played: {samples}")
            else:
                self._place(clip, samples)
            self._decoded = None
            self._changed.notify()

    def _clear_out(self) -> None:
        """Let the clips of earlier libraries go, but those that still sound."""
        for clip in [clip for clip in self._slots if clip >> _INDEX_BITS != self.number]:
            self._unload(clip)

    def _unload(self, clip: int) -> bool:
        if gone := self._mixer.unload(self._slots[clip]):
            self._free.append(self._slots.pop(clip))
            del self._bytes[clip]
        return gone

    def _place(self, clip: int, samples: NDArray[np.float32]) -> None:
        if clip in self._targets:
            for other in list(self._slots):
                if self._free and self.bytes + samples.nbytes <= self._memory:
                    break
                if other not in self._targets and self._unload(other):
                    self.evicted += 1
        elif self.bytes + samples.nbytes > self._memory or len(self._free) <= LAYERS:
            self._preloads = False
            return
        if not self._free:  # every clip in memory still sounds: try again when one has ended
            return
        slot = self._free.pop()
        self._mixer.load(slot, samples)
        self._slots[clip] = slot
        self._bytes[clip] = samples.nbytes

    def _run(self, number: int, folder: Path) -> None:
        """Load clips of a library until it isn't the newest any more."""
        if sys.platform == "linux":  # a thread has its own niceness there; decoding must not hurry the audio thread
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 5)
        from engine.library import Library

        try:
            library = Library.open(folder)
        except UserError as error:
            with self._changed:
                if number == self.number:
                    self.error = error
            return
        with self._changed:
            if number == self.number and library.damaged:
                self._damaged = (f"{library.damaged} entries of the library {folder} are damaged and missing; repair "
                                 f"it with: phonoscope index SOUNDS -o {folder} --verify")
        while (clip := self._next(number, len(library.clips))) is not None:
            decoded = _decode(library, clip - clip_of(number, 0), self._rate)
            with self._changed:
                if number == self.number:
                    self._decoded = clip, decoded

    def _next(self, number: int, clips: int) -> int | None:
        """Wait until there is a clip of the library to load, and room to hand it over; None once the library isn't the
        newest any more."""
        with self._changed:
            while number == self.number:
                if self._decoded is None and (clip := self._due(number, clips)) is not None:
                    return clip
                self._changed.wait()
            return None

    def _due(self, number: int, clips: int) -> int | None:
        """Return the clip to load next: a target of the match, else the next one that was never loaded."""
        for clip in self._targets:
            if clip >> _INDEX_BITS == number and clip not in self._slots and clip not in self.failed:
                return clip
        while self._preloads and self._preloaded < clips:
            clip = clip_of(number, self._preloaded)
            self._preloaded += 1
            if clip not in self._slots and clip not in self.failed:
                return clip
        return None


def _decode(library: "Library", clip: int, rate: int) -> NDArray[np.float32] | UserError:
    try:
        return library.load(clip, rate)
    except UserError as error:
        return error
    # A decoder may meet anything in a file, and no clip may stop the music.
    except Exception as error:
        return UserError(f"clip {clip}: {type(error).__name__}: {error}")
