"""Cues: the named scenes of a show, launched by name or in their order, at once or on the beat."""

import os
import threading
from collections.abc import Callable, Sequence

from engine import ledger
from engine.clock import Clock
from engine.errors import UserError
from engine.modelnames import find_model
from engine.morph import Morpher, Quantise
from engine.shared import Event, Session, Wish
from engine.show import CueConfig
from engine.snapshots import Snapshots
from engine.tempo.moment import Moment

PROGRAMS = 128
"""MIDI programs that there are."""


def program_of(place: int, cue: CueConfig) -> int | None:
    """Return the MIDI program that launches `cue`, which has this place in the list, from 0; None if none is left."""
    return cue.program if cue.program is not None else place if place < PROGRAMS else None


class CueList:
    """The cues of one session in their order. Any thread may launch one; the conductor's loop carries it out.

    A cue is one moment: its snapshot, what it asks for and its mapping begin together, with the next poll, or on the
    beat. Models and libraries take over when they have been loaded. A cue that waits is given up for a newer one. One
    that names something that isn't there is refused before anything changes.

    use_mapping: goes over to the mappings of a file; UserError if it can't be used. None where there are no mappings.
    say: told of a cue that is refused when its moment comes.
    """

    def __init__(self, cues: Sequence[CueConfig], session: Session, morpher: Morpher, snapshots: Snapshots,
                 clock: Clock, say: Callable[[str], None]) -> None:
        self.use_mapping: Callable[[str], None] | None = None
        self._session, self._morpher, self._snapshots, self._clock, self._say = session, morpher, snapshots, clock, say
        self._cues = {cue.name: cue for cue in cues}
        self._names = tuple(self._cues)
        self._programs = {program_of(place, cue): cue.name for place, cue in enumerate(cues)}
        self._lock = threading.Lock()
        self._waiting: CueConfig | None = None
        self._moment: Moment | None = None
        self._current = ""

    @property
    def current(self) -> str:
        """The name of the cue that was launched last, "" before the first."""
        return self._current

    @property
    def waiting(self) -> str:
        """The name of the cue that waits for its moment, "" if none does."""
        waiting = self._waiting
        return waiting.name if waiting else ""

    def names(self) -> tuple[str, ...]:
        """Return the names of all cues."""
        return self._names

    def launch(self, name: str) -> None:
        """Launch the cue `name`; UserError if there is none, or if something that it names isn't there."""
        if (cue := self._cues.get(name)) is None:
            there = f"are {', '.join(repr(one) for one in self._names)}" if self._names else "are none"
            raise UserError(f"there is no cue '{name}'; there {there}")
        self._check(cue)
        with self._lock:
            self._waiting = cue
            quantise: Quantise = "bar" if cue.quantise == "bar" else "beat"
            self._moment = Moment.next(self._session, quantise, self._clock.now()) if cue.quantise else None

    def launch_program(self, program: int) -> None:
        """Launch the cue that MIDI program `program` (0 to 127) stands for, if there is one; UserError as `launch`."""
        if (name := self._programs.get(program)) is not None:
            self.launch(name)

    def next(self) -> None:
        """Launch the one after the newest, the first if there was none; nothing after the last. UserError as `launch`.
        """
        self._step(1)

    def previous(self) -> None:
        """Launch the one before the newest; nothing before the first. UserError as `launch`."""
        self._step(-1)

    def poll(self) -> None:
        """Carry out the cue whose moment has come; the conductor calls it at its own rate."""
        now = self._clock.now()
        with self._lock:
            cue = self._waiting
            if cue is None or (self._moment and not self._moment.has_come(self._session, now)):
                return
            self._waiting = None
        try:
            self._carry_out(cue)
        except UserError as error:
            self._say(f"the cue '{cue.name}' was not launched: {error}")
            return
        self._current = cue.name
        self._session.events["conductor"].write(Event.CUE, now, 1 + self._names.index(cue.name))

    def _step(self, by: int) -> None:
        newest = self.waiting or self._current
        place = self._names.index(newest) + by if newest else 0 if by > 0 else -1
        if 0 <= place < len(self._names):
            self.launch(self._names[place])

    def _check(self, cue: CueConfig) -> None:
        """Raise UserError if something that the cue names isn't there, or can't be looked at."""
        if cue.snapshot:
            self._snapshots.get(cue.snapshot)
        for model in filter(None, (cue.eye, cue.dream)):
            find_model(model)
        if cue.library and not os.path.exists(os.path.join(cue.library, ledger.LINES)):
            raise UserError(f"{cue.library} is not a library (it has no {ledger.LINES})")
        if cue.mapping and self.use_mapping is None:
            raise UserError(f"{cue.mapping}: there is nothing here that could use mappings")
        if cue.mapping and not os.path.isfile(cue.mapping):
            raise UserError(f"{cue.mapping}: there is no such file of mappings")

    def _carry_out(self, cue: CueConfig) -> None:
        self._check(cue)
        if cue.mapping and self.use_mapping:
            self.use_mapping(cue.mapping)  # first, for it may still refuse
        if cue.snapshot:
            self._morpher.recall(cue.snapshot, cue.seconds)
        if cue.library:
            self._ask_for("library", cue.library)
        if cue.eye:
            self._ask_for("eye", str(find_model(cue.eye)))
        if cue.dream:
            self._ask_for("dream", str(find_model(cue.dream)))

    def _ask_for(self, wish: Wish, path: str) -> None:
        """Ask for what isn't in use already and won't be."""
        newest = self._session.wishes[wish].read()
        in_use = self._session.match.read() if wish == "library" else self._session.models[wish].read()
        stays = in_use is not None and _same(in_use["folder" if wish == "library" else "file"].item(), path)
        if not stays or (newest is not None and not _same(newest["file"].item(), path)):
            self._session.ask_for(wish, path)


def _same(told: bytes, path: str) -> bool:
    return os.path.abspath(os.fsdecode(told)) == os.path.abspath(path)
