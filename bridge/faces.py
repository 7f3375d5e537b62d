"""Everything by which a playing instrument meets the outside, put together."""

from collections.abc import Callable

from bridge.desk import Desk
from bridge.osc import OscFace
from bridge.tempo import TempoFace
from engine.conductor import Conductor
from engine.show import Show


class Faces:
    """The faces of one instrument, as its show wants them.

    say: told what a person should know. Raises UserError if a port is taken or something that is asked for is not
    installed.
    """

    def __init__(self, conductor: Conductor, show: Show, say: Callable[[str], None]) -> None:
        session = conductor.session
        self._tempo = TempoFace(session, show.tempo, say)
        self.desk = Desk(conductor.morpher, self._tempo.tap, conductor.cues)
        self._osc = OscFace(session, show.osc, self.desk)

    def start(self) -> None:
        """Begin to listen and to tell."""
        self._tempo.start()
        self._osc.start()

    def close(self) -> None:
        """Stop listening and telling, and give back ports and network."""
        self._osc.close()
        self._tempo.close()
