"""Learning a control from the command line: asks the instrument that plays on this machine and waits for it."""

import contextlib
import socket
import time

from bridge.mapping.entry import targets
from bridge.namespace import ROOT
from bridge.osc_out import encode
from bridge.osc_parse import Malformed, parse
from engine.errors import UserError
from engine.parameters import INDEX
from engine.shared import Event, Session, running

_LARGEST = 65536
_LOOK = 0.05


def learn(path: str, listen: str, patience: float) -> None:
    """Let the instrument that listens to OSC at `listen` (host:port) map the next control to the parameter `path`, or
    to all that it names with wildcards.

    Returns when a control was moved within `patience` seconds. UserError if none was, if there is no such instrument
    on this machine, or if it refuses.
    """
    index = INDEX[targets(path)[0].path]
    session = _playing(listen)
    host, _, port = listen.rpartition(":")
    ring = session.events["conductor"]
    read, deadline = ring.written, time.monotonic() + patience
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect(("127.0.0.1" if host == "0.0.0.0" else host, int(port)))
        asker.settimeout(_LOOK)
        asker.send(encode((f"{ROOT}/midi/learn", (path,))))
        try:
            while time.monotonic() < deadline:
                _hear_refusal(asker)
                events, lost = ring.read(read)
                read += len(events) + lost
                if any(event["kind"] == Event.LEARNT and event["a"] == index for event in events):
                    return
        except KeyboardInterrupt:
            asker.send(encode((f"{ROOT}/midi/cancel", ())))
            raise
        asker.send(encode((f"{ROOT}/midi/cancel", ())))
    raise UserError(f"no control was moved within {patience:g} s; is its controller named under [midi] controllers?")


def _playing(listen: str) -> Session:
    for session in running():
        with contextlib.suppress(FileNotFoundError):  # it ended meanwhile
            if session.config.get("osc", {}).get("listen") == listen:
                return session
    raise UserError(f"no instrument plays on this machine that listens to OSC at {listen}; "
                    "name the show that is played with --show")


def _hear_refusal(asker: socket.socket) -> None:
    try:
        for address, arguments in parse(asker.recv(_LARGEST)):
            if address == f"{ROOT}/error":
                raise UserError(f"the instrument refuses: {arguments[-1]}")
    except (TimeoutError, Malformed):
        return
    except ConnectionError as error:
        raise UserError(f"the instrument doesn't hear OSC: {error.strerror}") from None
