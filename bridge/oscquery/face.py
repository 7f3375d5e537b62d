"""The OSCQuery face: the app on a web server, and its announcement."""

from collections.abc import Callable

from bridge.desk import Desk
from bridge.osc_in import Inbox
from bridge.osc_out import State
from bridge.oscquery.announce import Announcer
from bridge.oscquery.app import OscQuery
from bridge.oscquery.hostinfo import HostInfo
from bridge.webserver import LITTLE_WAITS, WebServer
from engine.clock import MonotonicClock
from engine.shared import Session
from engine.show import OscQueryConfig


class OscQueryFace:
    """Serves the OSCQuery server of one session where `config` says, which must be somewhere.

    state: for this face alone. desk: see Inbox. rate_hz: how many times a second a client hears of a state at most.
    say: told what a person should know. Raises UserError if the port is taken.
    """

    def __init__(self, session: Session, state: State, config: OscQueryConfig, info: HostInfo, desk: Desk,
                 rate_hz: float, say: Callable[[str], None]) -> None:
        oscquery = OscQuery(session, state, Inbox(session, desk), info, 1 / rate_hz, MonotonicClock(), say)
        host, _, port = config.listen.rpartition(":")
        host = host.strip("[]")
        self._server = WebServer(oscquery.app, host, int(port), "oscquery.listen", oscquery.reject, LITTLE_WAITS)
        self.port = self._server.port
        self._announcer = Announcer(info.name, host, self.port, info.osc_port, say) if config.announce else None

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()
        if self._announcer:
            self._announcer.start()

    def close(self) -> None:
        """End all connections and give the port back."""
        if self._announcer:
            self._announcer.close()
        self._server.close()
