"""What the OSCQuery server says of itself."""

from dataclasses import dataclass
from typing import Any, Literal

from bridge.oscquery.tree import OPTIONAL

_EXTENSIONS = (*OPTIONAL, "LISTEN", "PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED")
_ANYWHERE = ("", "0.0.0.0", "::")


@dataclass(frozen=True)
class OscPort:
    """Where OSC is received; host: as it was listened on."""

    host: str
    port: int
    transport: Literal["UDP", "TCP"] = "UDP"


@dataclass(frozen=True)
class HostInfo:
    """name: of the instrument. osc: None where OSC is taken by WebSocket only."""

    name: str
    osc: OscPort | None

    def attributes(self, ip: str, port: int) -> dict[str, Any]:
        """Return HOST_INFO for who has reached the server at this address of it."""
        info = {"NAME": self.name, "EXTENSIONS": dict.fromkeys(_EXTENSIONS, True), "WS_IP": ip, "WS_PORT": port}
        if self.osc:
            host = ip if self.osc.host in _ANYWHERE else self.osc.host
            info |= {"OSC_IP": host, "OSC_PORT": self.osc.port, "OSC_TRANSPORT": self.osc.transport}
        return info
