"""Who speaks and who listens: what came in last and from whom, what was refused last, and which targets live."""

from collections.abc import Callable, Iterator, Mapping

from bridge.namespace import ROOT
from bridge.osc_out import Message

SILENT_AFTER = 5.0
"""Seconds without a sign of life after which a target is silent."""
_TOLD_EVERY = 0.25

Address = tuple[str, int]


class Activity:
    """What an OSC face hears.

    targets: names of those that OSC is sent to, by address. A message is a sign of life of the target from whose
    address it comes; else of the one that it names by the port on which its sender listens; else of the only target on
    its sender's host. say: is told once when a target that lived falls silent, and once when it is back.
    Times are clock seconds.
    """

    def __init__(self, targets: Mapping[Address, str], say: Callable[[str], None]) -> None:
        self._targets, self._say = targets, say
        self._signs: dict[Address, float] = {}
        self._silent: set[Address] = set()
        self._heard = self._refused = ("", "")
        self._told_at, self._told = -_TOLD_EVERY, self._heard

    def hear(self, sender: Address, address: str, listens: int | None, now: float) -> None:
        """A message to `address` came from `sender`, which listens on that port if it said so."""
        self._heard = f"{sender[0]}:{sender[1]}", address
        target = self._target_of(sender, listens)
        if target is None:
            return
        self._signs[target] = now
        if target in self._silent:
            self._silent.remove(target)
            self._say(f"OSC: {self._targets[target]} is back")

    def refuse(self, sender: Address, reason: str) -> None:
        """A message of `sender` was refused."""
        self._refused = f"{sender[0]}:{sender[1]}", reason

    def messages(self, now: float) -> Iterator[Message]:
        """Return the state of all this; whatever is busy changes a few times a second."""
        for target, sign in self._signs.items():
            if now - sign > SILENT_AFTER and target not in self._silent:
                self._silent.add(target)
                self._say(f"OSC: {self._targets[target]} has been silent for {SILENT_AFTER:.0f} s")
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at, self._told = now, self._heard
        yield f"{ROOT}/osc/heard", self._told
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
