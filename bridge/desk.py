"""What a performer can ask for besides turning a knob; every face (OSC, MIDI, keys, page) hands its wishes to it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from engine.morph import Morpher


class Cues(Protocol):
    """The named scenes of a show, in their order."""

    @property
    def current(self) -> str:
        """The name of the cue that was launched last, "" before the first."""

    @property
    def waiting(self) -> str:
        """The name of the cue that waits for its beat, "" if none does."""

    def names(self) -> tuple[str, ...]:
        """Return their names."""

    def launch(self, name: str) -> None:
        """Launch the cue `name`; UserError if there is none or something that it needs isn't there."""

    def launch_program(self, program: int) -> None:
        """Launch the cue that MIDI program `program` (0 to 127) stands for, if there is one."""

    def next(self) -> None:
        """Launch the one after the newest, the first if there was none; nothing after the last."""

    def previous(self) -> None:
        """Launch the one before the newest; nothing before the first."""


class Learner(Protocol):
    """Maps the next control that is moved to a parameter."""

    def learn(self, path: str) -> None:
        """Wait for a control for the parameter `path`; UserError if there is no such parameter."""

    def unlearn(self, path: str) -> None:
        """Forget the controls of the parameter `path`."""

    def cancel(self) -> None:
        """Wait no longer."""


class Listener(Protocol):
    """Takes OSC messages with other programs' addresses, for mappings."""

    def wants(self, address: str) -> bool:
        """Tell whether a mapping listens to `address`."""

    def hear(self, address: str, arguments: Sequence[Any]) -> None:
        """Take a message; from any thread."""


class Outputs(Protocol):
    """The ways by which pictures leave, numbered from 1 as in the show."""

    def restart(self, number: int) -> None:
        """End an output and start it again; UserError if there is none."""

    def switch(self, number: int, on: bool) -> None:
        """Start or end an output; UserError if there is none."""


@dataclass(frozen=True)
class Desk:
    """What is None isn't there, and a face has no way to ask for it."""

    morpher: Morpher | None = None
    tap: Callable[[], None] | None = None
    cues: Cues | None = None
    learner: Learner | None = None
    listener: Listener | None = None
    outputs: Outputs | None = None


NOBODY = Desk()
