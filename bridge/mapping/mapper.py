"""The mapper: lets controls, other programs, what is heard and what is seen move knobs, as the mapping file says."""

import math
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bridge.control import Control
from bridge.mapping import edit
from bridge.mapping.check import read
from bridge.mapping.entry import Entry, targets
from bridge.mapping.file import MappingError, load
from bridge.mapping.learning import Learning
from bridge.mapping.live import Live
from bridge.mapping.moment import Moment
from bridge.mapping.sources import MOST_ARGUMENTS
from engine.clock import Clock, MonotonicClock
from engine.errors import UserError
from engine.files import replacing
from engine.parameters import INDEX
from engine.shared import Event, Session

_PERIOD = 1 / 60
_LOOK = 0.25
"""Seconds between two looks at the file; it counts once it looks the same twice, for editors write in parts."""
_GRACE = 5.0

Edit = Callable[[str, tuple[Entry, ...]], str]
"""Changes the text of a file, which holds these entries."""
_Stamp = tuple[int, int, int] | None


class Mapper:
    """Learner and Listener of bridge.desk, and what MIDI controllers move.

    classes: names of the scene classes. file: the show's mapping file, which need not be there. say: told what a
    person should know. All methods may be called from any thread of the conductor's process. A file that can't be
    used is said and keeps nobody from playing: nothing is mapped until it is mended.
    """

    def __init__(self, session: Session, classes: Sequence[str], file: Path, say: Callable[[str], None],
                 clock: Clock | None = None) -> None:
        self._session, self._say = session, say
        self._clock = clock or MonotonicClock()
        self._lock = threading.RLock()
        self._moment = Moment(session, classes, self._clock.now())
        self._shows, self._file = file, file
        self._lives: tuple[Live, ...] = ()
        self._by_control: dict[Control, list[Live]] = {}
        self._by_address: dict[str, list[Live]] = {}
        self._learning: Learning | None = None
        self._unwritten: list[tuple[Path, Edit]] = []
        self._unwritable = False
        self._read, self._seen = _stamp(file), _stamp(file)
        self._stop = threading.Event()
        self._to_write = threading.Event()
        self._threads = [threading.Thread(target=self._step_loop, name="mapping", daemon=True),
                         threading.Thread(target=self._file_loop, name="mapping-file", daemon=True)]
        self._adopt(("", ()))
        try:
            self._adopt(self._loaded(file))
        except MappingError as error:
            say(f"{error}\nnothing is mapped until it is mended")

    def start(self) -> None:
        """Begin to move knobs and to watch the file."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Move nothing any more; what was learnt is in the file when this returns."""
        self._stop.set()
        self._to_write.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(_GRACE)

    def moved(self, control: Control, value: float) -> None:
        """Take a move of a control to `value`, 0 to 1."""
        with self._lock:
            now = self._clock.now()
            self._moment.turn(now)
            self._moment.controls[control] = value
            for live in self._by_control.get(control, ()):
                self._evaluate(live)
            if self._learning and (found := self._learning.moved(control, value, now)):
                self._learnt(self._learning.path, found, now)

    def positions(self) -> dict[Control, float]:
        """Return where each mapped control belongs, 0 to 1, to stand as its knob does; of several, the first one."""
        with self._lock:
            return {live.control: live.position() for live in reversed(self._lives)
                    if live.control and live.entry.feedback}

    def wants(self, address: str) -> bool:
        """Tell whether a mapping listens to the OSC address."""
        return address in self._by_address

    def hear(self, address: str, arguments: Sequence[Any]) -> None:
        """Take an OSC message; of its arguments those that are finite numbers count."""
        with self._lock:
            if address not in self._by_address:
                return
            self._moment.turn(self._clock.now())
            for place, argument in enumerate(arguments[:MOST_ARGUMENTS], 1):
                if isinstance(argument, int | float) and math.isfinite(argument):
                    self._moment.heard[address, place] = float(argument)
            for live in self._by_address[address]:
                self._evaluate(live)

    def learn(self, path: str) -> None:
        """Map the next control that is moved to the parameter `path`; UserError if there is no such parameter."""
        targets(path)
        with self._lock:
            self._learning = Learning(path, self._clock.now())
        self._say(f"learning {path}: move a control")

    def unlearn(self, path: str) -> None:
        """Forget the controls of the parameter `path`; UserError if there is no such parameter."""
        targets(path)
        with self._lock:
            changed = self._change(lambda text, entries: edit.unlearnt(text, entries, path))
        self._say(f"{path} is moved by no control any more" if changed else f"no control by itself moves {path}")

    def cancel(self) -> None:
        """Learn nothing any more."""
        with self._lock:
            self._learning = None

    def use(self, path: str) -> None:
        """Go over to another mapping file at once, "" for the show's; UserError if it can't be used."""
        file = Path(path) if path else self._shows
        with self._lock:
            if path and not os.path.isfile(file):
                raise UserError(f"mapping file '{path}': there is no such file")
            stamp = _stamp(file)
            content = self._loaded(file)
            self._file, self._read, self._seen = file, stamp, stamp
            self._adopt(content)

    def step(self) -> None:
        """Evaluate what moves by itself, and move what is on its way; a thread calls it 60 times a second."""
        with self._lock:
            now = self._clock.now()
            if self._learning:
                self._wait(self._learning, now)
            self._moment.turn(now)
            for live in self._lives:
                if live.expression.by_itself:
                    self._evaluate(live)
                live.follow(now)

    def look(self) -> None:
        """Write what was learnt, and read the file again if somebody else wrote it; a thread calls it now and then."""
        self._write()
        with self._lock:
            file = self._file
            stamp = _stamp(file)
            settled, self._seen = stamp == self._seen, stamp
            if stamp is None or stamp == self._read or not settled:
                return
            self._read = stamp
        try:
            text = load(file)
            entries = read(text, file, self._moment.classes)
        except FileNotFoundError:
            return
        except MappingError as error:
            self._say(f"{error}\nthe mappings from before go on")
            return
        with self._lock:
            if file == self._file:
                self._adopt((text, entries))
        self._say(f"{file.name}: {len(entries)} mapping{'s' * (len(entries) != 1)} in use")

    def _step_loop(self) -> None:
        while not self._stop.wait(_PERIOD):
            self.step()

    def _file_loop(self) -> None:
        while not self._stop.is_set():
            self._to_write.wait(_LOOK)
            self._to_write.clear()
            self.look()
        self._write()

    def _evaluate(self, live: Live) -> None:
        if not live.heard(self._moment):
            self._session.count("faces/mapping_errors")

    def _loaded(self, file: Path) -> tuple[str, tuple[Entry, ...]]:
        try:
            text = load(file)
        except FileNotFoundError:
            text = ""
        return text, read(text, file, self._moment.classes)

    def _adopt(self, content: tuple[str, tuple[Entry, ...]]) -> None:
        """Let these mappings work; those that there were before go on as they are."""
        self._text, self._entries = content
        kept: dict[Entry, list[Live]] = {}
        for live in self._lives:
            kept.setdefault(live.entry, []).append(live)
        self._lives = tuple(kept[entry].pop() if kept.get(entry) else Live(entry, self._session, self._moment.controls)
                            for entry in self._entries)
        by_control: dict[Control, list[Live]] = {}
        by_address: dict[str, list[Live]] = {}
        for live in self._lives:
            for control in live.expression.controls:
                by_control.setdefault(control, []).append(live)
            for address in live.expression.addresses:
                by_address.setdefault(address, []).append(live)
        self._by_control, self._by_address = by_control, by_address
        self._session.tell("faces/mappings", len(self._lives))

    def _wait(self, learning: Learning, now: float) -> None:
        if found := learning.waited(now):
            self._learnt(learning.path, found, now)
        elif learning.is_over(now):
            self._learning = None
            self._say(f"no control was moved for {learning.path}; it is not learnt any more")

    def _learnt(self, path: str, control: Control, now: float) -> None:
        self._learning = None
        try:
            self._change(lambda text, entries: edit.learnt(text, entries, path, control))
        except UserError as error:
            self._say(f"{path} can't be learnt: {error}")
            return
        for live in self._lives:
            if live.control == control and live.entry.to == path:
                live.engage()
        self._session.events["conductor"].write(Event.LEARNT, now, INDEX[targets(path)[0].path])
        self._say(f"{path} is moved by {edit.expression(control)}")

    def _change(self, change: Edit) -> bool:
        """Change the mappings at once, and the file soon: a slow disk must not hold up the knobs.

        Tell whether anything changed.
        """
        text = change(self._text, self._entries)
        if text == self._text:
            return False
        self._adopt((text, read(text, self._file, self._moment.classes)))
        self._unwritten.append((self._file, change))
        self._to_write.set()
        return True

    def _write(self) -> None:
        """Bring to the files what was changed, onto what a person may have written meanwhile."""
        with self._lock:
            unwritten = list(self._unwritten)
        for file, change in unwritten:
            try:
                text, entries = self._loaded(file)
                changed = change(text, entries)
                if changed != text:
                    with replacing(file) as draft:
                        draft.write(changed.encode())
            except (OSError, MappingError) as error:
                if not self._unwritable:
                    why = error.strerror if isinstance(error, OSError) else "mend it first"
                    self._say(f"{file}: what was learnt works, but can't be written yet: {why}")
                self._unwritable = True
                return
            self._unwritable = False
            with self._lock:
                self._unwritten.pop(0)
                if file == self._file and changed == self._text:
                    self._read = self._seen = _stamp(file)


def _stamp(file: Path) -> _Stamp:
    """Return what changes when the file does, None if it isn't there."""
    try:
        status = os.stat(file)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
