"""The OSC and OSCQuery faces of a session, as an instrument has them, without players."""

import contextlib
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from bridge.desk import Desk
from bridge.osc import OscFace
from bridge.osc_out import State
from bridge.oscquery.face import OscQueryFace
from bridge.oscquery.hostinfo import HostInfo
from engine.clock import VirtualClock
from engine.morph import Morpher
from engine.shared import Session
from engine.show import OscConfig, OscQueryConfig
from engine.snapshots import Snapshots


@dataclass
class Served:
    """What is served, and where."""

    session: Session
    morpher: Morpher
    port: int


@contextlib.contextmanager
def serving(session: Session, listen: str = "127.0.0.1:0", announce: bool = False) -> Iterator[Served]:
    """Serve `session`."""
    morpher = Morpher(session, VirtualClock(), Snapshots())
    desk = Desk(morpher, tap=lambda: None)
    osc = OscFace(session, OscConfig("127.0.0.1:0", targets=()), desk)
    face = OscQueryFace(session, State(session, morpher), OscQueryConfig(listen, announce),
                        HostInfo("Test", "127.0.0.1", osc.port), desk, 60, print)
    osc.start()
    face.start()
    try:
        yield Served(session, morpher, face.port)
    finally:
        face.close()
        osc.close()


def faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of exceptions that escaped."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING or record.exc_info]


def exchange(port: int, content: bytes, frames: bytes = b"", seconds: float = 5) -> bytes:
    """Send bytes as they are, and `frames` once something was answered; return the answer when the server closes.

    After `seconds` without an answer the other end of the connection is closed.
    """
    answer = b""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=seconds) as stream:
        stream.sendall(content)
        with contextlib.suppress(TimeoutError):
            answer = stream.recv(65536)
        stream.sendall(frames)
        stream.shutdown(socket.SHUT_WR)
        while piece := stream.recv(65536):
            answer += piece
    return answer
