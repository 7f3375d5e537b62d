"""What the OSCQuery server says of itself."""

from dataclasses import dataclass
from typing import Any

from bridge.oscquery.tree import OPTIONAL

_EXTENSIONS = (*OPTIONAL, "LISTEN", "PATH_CHANGED", "PATH_ADDED", "PATH_REMOVED")
_ANYWHERE = "0.0.0.0"


@dataclass(frozen=True)
class HostInfo:
    """name: of the instrument. osc_host, osc_port: where OSC is received by UDP, an IPv4 address in numbers."""

    name: str
    osc_host: str
    osc_port: int

    def attributes(self, ip: str, port: int) -> dict[str, Any]:
        """Return HOST_INFO for who has reached the server at this address of it."""
        osc_ip = ip if self.osc_host == _ANYWHERE else self.osc_host
        return {"NAME": self.name, "EXTENSIONS": dict.fromkeys(_EXTENSIONS, True), "WS_IP": ip, "WS_PORT": port,
                "OSC_IP": osc_ip, "OSC_PORT": self.osc_port, "OSC_TRANSPORT": "UDP"}
