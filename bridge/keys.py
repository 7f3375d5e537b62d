"""The computer's keyboard as a face: cues, panic, taps and recording, while the instrument plays in a terminal.

    space, right   next cue         p   panic, and back
    left           previous cue     t   a tap of the beat
    1 to 9         that cue         r   record, and end
"""

import functools
import re
from collections.abc import Callable

from bridge.desk import Desk
from bridge.terminal import Terminal
from engine.errors import UserError
from engine.shared import Session

HINT = "space → next   ← previous   1-9 cue   p panic   t tap   r record"
"""The keys on one line."""

_KEY = re.compile(
    rb"\x1b\[[0-?]*[ -/]*(?P<final>[@-~])"  # control sequences (ECMA-48): a key of several bytes
    rb"|\x1bO(?P<single>[ -~])"             # the same of terminals in application mode
    rb"|(?P<part>\x1b(?:\[[0-?]*[ -/]*|O)?)\Z"
    rb"|\x1b[^\[O]?"                        # escape, and what is pressed with Alt
    rb"|(?P<plain>.)", re.DOTALL)
_ARROWS = {b"C": "right", b"D": "left"}


class Keys:
    """Does what the keys of `terminal` ask for. say: told why something can't be done."""

    def __init__(self, terminal: Terminal, session: Session, desk: Desk, say: Callable[[str], None]) -> None:
        self._terminal, self._session, self._say = terminal, session, say
        self._rest = b""
        self._done: dict[str, Callable[[], object]] = {
            "p": lambda: self._turn("master/panic"), "r": lambda: self._turn("master/record")}
        if desk.tap:
            self._done["t"] = desk.tap
        if cues := desk.cues:
            self._done |= {" ": cues.next, "right": cues.next, "left": cues.previous}
            self._done |= {str(number): functools.partial(cues.launch, name)
                           for number, name in enumerate(cues.names()[:9], 1)}

    def poll(self) -> None:
        """Take in what was pressed since the last call."""
        typed = self._terminal.read()
        # An escape after which nothing came until now was the key of that name.
        keys, self._rest = pressed(self._rest + typed) if typed else ([], b"")
        for key in keys:
            try:
                self._done.get(key, lambda: None)()
            except UserError as error:
                self._say(str(error))

    def _turn(self, path: str) -> None:
        self._session.set(path, 0 if self._session.get(path) else 1)


def pressed(typed: bytes) -> tuple[list[str], bytes]:
    """Return the keys that a terminal sent, "right" and "left" for the arrows, and the bytes of one that isn't whole.

    Other keys of more than one byte are left out.
    """
    keys: list[str] = []
    for found in _KEY.finditer(typed):
        if found["part"]:
            return keys, found["part"]
        if arrow := _ARROWS.get(found["final"] or found["single"]):
            keys.append(arrow)
        elif found["plain"] and found["plain"].isascii():
            keys.append(found["plain"].decode())
    return keys, b""
