"""The page of a playing instrument, served to browsers."""

import ipaddress
import secrets
from collections.abc import Callable
from urllib.parse import quote

from bridge.desk import Desk
from bridge.osc_in import Inbox
from bridge.osc_out import State
from bridge.page.app import page_app
from bridge.page.stage.hub import Hub
from bridge.rejections import Rejections
from bridge.webserver import LITTLE_WAITS, WebServer
from engine.clock import MonotonicClock
from engine.shared import Session
from engine.show import PageConfig


class PageFace:
    """Serves the page where `config` says, which must be somewhere.

    state: for this face alone. title: of the show. desk: see Inbox. say: told the page's address and what is refused.

    Open to the network, a browser must know the token. Raises UserError if the port is taken.
    """

    def __init__(self, session: Session, state: State, config: PageConfig, title: str, desk: Desk,
                 say: Callable[[str], None]) -> None:
        self._session, self._say = session, say
        host, _, port = config.listen.rpartition(":")
        host = host.strip("[]")
        token = "" if _is_loopback(host) else quote(config.token or secrets.token_urlsafe(12), safe="")
        self._rejections = Rejections("page", "faces/page_rejected", say)
        hub = Hub(session, state, Inbox(session, desk), MonotonicClock())
        app = page_app(session, hub, title, token, config.walk, say, self._refuse)
        self._server = WebServer(app, host, int(port), f'page.listen = "{config.listen}"', self._refuse,
                                 LITTLE_WAITS)
        shown = "localhost" if host == "127.0.0.1" else f"[{host}]" if ":" in host else host
        self.address = f"http://{shown}:{self._server.port}/" + (f"?token={token}" if token else "")

    def start(self) -> None:
        """Begin to answer."""
        self._server.start()
        self._say(f"the page is at {self.address}")

    def close(self) -> None:
        """End all connections and give the port back."""
        self._server.close()

    def _refuse(self, reason: str) -> None:
        self._session.count("faces/page_rejected")
        self._rejections.add("a browser", reason)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
