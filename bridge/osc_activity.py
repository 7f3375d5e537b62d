"""Who speaks and who listens: what came in last and from whom, what was refused last, and which targets live."""

from collections.abc import Callable, Iterator, Mapping

from bridge.namespace import ROOT
from bridge.osc_out import Message

SILENT_AFTER = 5.0
"""Seconds without a sign of life after which a target is silent."""
_TOLD_EVERY = 0.25
_ACK = f"{ROOT}/ack"

Address = tuple[str, int]


class Activity:
    """What an OSC face hears.

    targets: names of those that OSC is sent to, by address. A message is a sign of life of the target from whose
    address it comes; else of the one that it names by the port on which its sender listens; else of the only target on
    its sender's host. say: is told once when a target that answered a heartbeat falls silent, and once when it is back;
    one that never did speaks when somebody turns a knob there, and its silence is no news. Times are clock seconds.
    """

    def __init__(self, targets: Mapping[Address, str], say: Callable[[str], None]) -> None:
        self._targets, self._say = targets, say
        self._signs: dict[Address, float] = {}
        self._answers: set[Address] = set()
        self._silent: set[Address] = set()
        self._heard: tuple[Address | None, str] = (None, "")
        self._refused = ("", "")
        self._told: tuple[Address | None, str] = self._heard
        self._told_at = -_TOLD_EVERY

    def hear(self, sender: Address, address: str, listens: int | None, now: float) -> None:
        """A message to `address` came from `sender`, which listens on that port if it said so."""
        self._heard = sender, address
        target = self._target_of(sender, listens)
        if target is None:
            return
        self._signs[target] = now
        if address == _ACK:
            self._answers.add(target)
        if target in self._silent:
            self._silent.remove(target)
            if target in self._answers:
                self._say(f"OSC: {self._targets[target]} is back")

    def refuse(self, sender: Address, reason: str) -> None:
        """A message of `sender` was refused."""
        self._refused = _name(sender), reason

    def look(self, now: float) -> None:
        """Notice who has fallen silent."""
        for target, sign in self._signs.items():
            if now - sign > SILENT_AFTER and target not in self._silent:
                self._silent.add(target)
                if target in self._answers:
                    self._say(f"OSC: {self._targets[target]} has been silent for {SILENT_AFTER:.0f} s")

    def messages(self, now: float) -> Iterator[Message]:
        """Return the state of all this, for any thread; whatever is busy changes a few times a second."""
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at, self._told = now, self._heard
        sender, address = self._told
        yield f"{ROOT}/osc/heard", (_name(sender) if sender else "", address)
        yield f"{ROOT}/osc/refused", self._refused
        yield f"{ROOT}/osc/target/count", (len(self._targets),)
        for number, (target, name) in enumerate(self._targets.items(), 1):
            yield f"{ROOT}/osc/target/{number}", (name, int(target in self._signs and target not in self._silent))

    def _target_of(self, sender: Address, listens: int | None) -> Address | None:
        if sender in self._targets:
            return sender
        host = [target for target in self._targets if target[0] == sender[0]]
        if listens is not None:
            return next((target for target in host if target[1] == listens), None)
        return host[0] if len(host) == 1 else None


def _name(address: Address) -> str:
    return f"{address[0]}:{address[1]}"
