"""Everything by which a playing instrument meets the outside, put together."""

from collections.abc import Callable

from bridge.desk import Desk
from bridge.osc import OscFace
from bridge.osc_out import State
from bridge.oscquery.face import OscQueryFace
from bridge.oscquery.hostinfo import HostInfo, OscPort
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
        self._osc = OscFace(session, show.osc, self.desk, say)
        self._oscquery: OscQueryFace | None = None
        if show.oscquery.listen:
            osc = OscPort(show.osc.listen.rpartition(":")[0], self._osc.port)
            self._oscquery = OscQueryFace(session, State(session, conductor.morpher, conductor.cues), show.oscquery,
                                          HostInfo(show.name, osc), self.desk, show.osc.rate_hz, say)

    def start(self) -> None:
        """Begin to listen and to tell."""
        self._tempo.start()
        self._osc.start()
        if self._oscquery:
            self._oscquery.start()

    def close(self) -> None:
        """Stop listening and telling, and give back ports and network."""
        if self._oscquery:
            self._oscquery.close()
        self._osc.close()
        self._tempo.close()
