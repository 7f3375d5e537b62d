"""What a face rejects: the first are said, and who sent them is told, but nobody is flooded."""

from collections.abc import Callable, Iterable

from bridge.osc_in import ERROR
from bridge.osc_out import Message

_SAID = 20
ERRORS_PER_SECOND = 20


class Rejections:
    """face: its name. counter: where its rejections are counted. say: told the first ones, then where to look."""

    def __init__(self, face: str, counter: str, say: Callable[[str], None]) -> None:
        self._face, self._counter, self._say = face, counter, say
        self._said = 0

    def add(self, sender: str, reason: str) -> None:
        """Note that something of `sender` was rejected."""
        if self._said < _SAID:
            printable = "".join(letter if letter.isprintable() else "?" for letter in reason)
            self._say(f"{self._face} from {sender} rejected {printable}")
        elif self._said == _SAID:
            self._say(f"{self._face}: more rejections follow; they are counted in state/{self._counter}")
        self._said += 1


class Answers:
    """Lets answers pass, of errors no more than a few a second: who repeats a mistake needs no flood."""

    def __init__(self) -> None:
        self._left, self._since = ERRORS_PER_SECOND, 0.0

    def pass_on(self, replies: Iterable[Message], now: float) -> list[Message]:
        """Return those of `replies` that are sent at clock time `now`."""
        if now - self._since >= 1:
            self._left, self._since = ERRORS_PER_SECOND, now
        passed = []
        for reply in replies:
            if reply[0] == ERROR:
                self._left -= 1
            if reply[0] != ERROR or self._left >= 0:
                passed.append(reply)
        return passed
