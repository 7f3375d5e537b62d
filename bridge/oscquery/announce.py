"""Lets other programs find the OSCQuery server: zeroconf (mDNS, Bonjour)."""

import ipaddress
import logging
import socket
import threading
from collections.abc import Callable

from zeroconf import Error, InterfaceChoice, IPVersion, ServiceInfo, Zeroconf, get_all_addresses

_OSCQUERY, _OSC = "_oscjson._tcp.local.", "_osc._udp.local."
_LONGEST = 60
"""Bytes of a name; a number may follow where another program has it already."""
logging.getLogger("zeroconf").setLevel(logging.CRITICAL)  # it warns of strangers' packets and of networks that go away


class Announcer:
    """Announces `name` from a thread of its own, so that a network that doesn't answer holds nothing up.

    host, port: where the OSCQuery server listens; one that only this machine reaches is announced only to it.
    osc_port: where OSC is received by UDP. say: told what a person should know.
    """

    def __init__(self, name: str, host: str, port: int, osc_port: int, say: Callable[[str], None]) -> None:
        self._name, self._host, self._say = _instance(name), host, say
        self._ports = {_OSCQUERY: port, _OSC: osc_port}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="oscquery-announce", daemon=True)

    def start(self) -> None:
        """Begin to announce."""
        self._thread.start()

    def close(self) -> None:
        """Take the announcement back."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _run(self) -> None:
        try:
            address = ipaddress.ip_address(socket.gethostbyname(self._host))
            addresses = _reached() if address.is_unspecified else [str(address)]
            zeroconf = Zeroconf(InterfaceChoice.All if address.is_unspecified else addresses,
                                ip_version=IPVersion.V4Only)
            try:
                machine = f"{socket.gethostname().removesuffix('.local')}.local."
                for kind, port in self._ports.items():
                    zeroconf.register_service(
                        ServiceInfo(kind, f"{self._name}.{kind}", port, parsed_addresses=addresses, server=machine),
                        allow_name_change=True)
                self._over.wait()
            finally:
                zeroconf.close()
        except (OSError, Error, RuntimeError) as error:
            self._say(f"OSCQuery can't be announced here ({error or type(error).__name__}); give other programs its "
                      "address by hand")


def _instance(name: str) -> str:
    """Return `name` as zeroconf can have it."""
    plain = "".join(letter if letter.isprintable() and letter != "." else " " for letter in name).strip()
    return plain.encode()[:_LONGEST].decode(errors="ignore") or "Phonoscope"


def _reached() -> list[str]:
    """Return the numeric addresses at which a server that listens everywhere is reached."""
    return [str(one) for one in get_all_addresses() if not ipaddress.ip_address(one).is_loopback] or ["127.0.0.1"]
