"""OSC over TCP: both framings, clients that are slow, stuck, silent, many or mad, and none of them slows another."""

import contextlib
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pythonosc import slip
from pythonosc.osc_packet import OscPacket
from pythonosc.tcp_client import SimpleTCPClient

from bridge.osc import OscFace
from bridge.osc_framing import LARGEST, BadStream, LengthPrefixed, Slip, framing_of
from bridge.osc_tcp import MOST_CLIENTS, MOST_WAITING, SILENT_FOR, STUCK_FOR, Client, TcpServer
from engine.clock import VirtualClock
from engine.shared import Event, Session
from engine.show import OscConfig

AT_LEISURE = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PACKET = st.binary(min_size=1, max_size=40) | st.binary(max_size=9).map(lambda packet: b"\xc0\xdb" + packet)


@AT_LEISURE
@given(packets=st.lists(PACKET, max_size=6), framing=st.sampled_from([LengthPrefixed, Slip]), data=st.data())
def test_packets_come_out_of_a_stream_however_it_is_cut(packets: list[bytes], framing: type,
                                                        data: st.DataObject) -> None:
    stream = b"".join(map(framing.frame, packets))
    reader, found = framing(), []
    while stream:
        piece = data.draw(st.integers(1, len(stream)))
        complete, wrong = reader.feed(stream[:piece])
        assert not wrong
        found += complete
        stream = stream[piece:]
    assert found == packets


@AT_LEISURE
@given(packet=st.binary(min_size=1, max_size=40))
def test_slip_is_the_slip_of_another_library(packet: bytes) -> None:
    assert Slip.frame(packet) == slip.encode(packet)
    assert Slip().feed(slip.encode(packet)) == ([packet], [])


def test_a_stream_goes_on_after_a_bad_slip_frame() -> None:
    reader = Slip()
    assert reader.feed(b"\xc0a\xdbb\xc0" + Slip.frame(b"good")) == ([b"good"], ["a wrong SLIP escape"])
    assert reader.feed(bytes(2 * LARGEST) + b"aa") == ([], [])
    assert reader.feed(bytes(9)) == ([], [])
    packets, wrong = reader.feed(b"\xc0" + Slip.frame(b"good"))
    assert (packets, len(wrong)) == ([b"good"], 1)


def test_a_length_that_can_not_be_ends_the_stream() -> None:
    with pytest.raises(BadStream, match="expected at most"):
        LengthPrefixed().feed(struct.pack(">I", LARGEST + 1))
    with pytest.raises(BadStream, match="begins with byte 47"):
        framing_of(b"G")  # somebody's browser


@pytest.fixture
def face(session: Session) -> Iterator[OscFace]:
    said: list[str] = []
    face = OscFace(session, OscConfig("127.0.0.1:0", "127.0.0.1:0", targets=()), say=said.append)
    face.start()
    yield face
    face.close()


class Program:
    """A client that frames by python-osc, and reads whole frames however they arrive, which python-osc doesn't."""

    def __init__(self, client: SimpleTCPClient, mode: str) -> None:
        self.send = client.send_message
        self._stream, self._mode = client.socket.makefile("rb"), mode

    def hear(self, address: str) -> list:
        """Return the arguments of the next message from `address`."""
        while True:
            if packet := self._packet():
                for timed in OscPacket(packet).messages:
                    if timed.message.address == address:
                        return timed.message.params

    def _packet(self) -> bytes:
        if self._mode == "1.0":
            return self._stream.read(struct.unpack(">I", self._stream.read(4))[0])
        return slip.decode(b"".join(iter(lambda: self._stream.read(1), slip.END)))


@pytest.mark.parametrize("mode", ["1.0", "1.1"])
def test_a_client_turns_a_knob_and_hears_state_events_and_answers(face: OscFace, session: Session, mode: str) -> None:
    with SimpleTCPClient("127.0.0.1", face.tcp_port, mode=mode) as client:
        program = Program(client, mode)
        program.send("/phono/ping", [1, "x"])
        assert program.hear("/phono/pong") == [1, "x"]
        program.send("/phono/param/crossfade/time", 9)
        while program.hear("/phono/param/crossfade/time") != [9.0]:
            pass
        session.events["dream"].write(Event.ONSET, face._clock.now(), 0.5)
        assert program.hear("/phono/event/onset")[0] == 1
        program.send("/phono/parm", 1)
        assert program.hear("/phono/error") == ["/phono/parm", "there is no such address"]
        while program.hear("/phono/state/faces/osc_clients") != [1.0]:
            pass
        assert session.told("faces/osc_clients") == 1


class Stage:
    """A server on a virtual clock, turned by hand."""

    def __init__(self) -> None:
        self.clock, self.selector = VirtualClock(), selectors.DefaultSelector()
        self.heard: list[bytes] = []
        self.refused: list[str] = []
        self.said: list[str] = []
        self.server = TcpServer(("127.0.0.1", 0), self.selector, self.clock.now, self._hear,
                                lambda address, reason: self.refused.append(reason), self.said.append)

    def _hear(self, packet: bytes, client: Client) -> None:
        self.heard.append(packet)

    def turn(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        for key, _ in self.selector.select(0.02):
            key.data()
        self.server.flush()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end
            self.turn()

    def connect(self, first: bytes = b"") -> socket.socket:
        """Return a client that is connected, and heard or sent away."""
        clients, refused, said = self.server.clients, len(self.refused), len(self.said)
        client = socket.create_connection(("127.0.0.1", self.server.port))
        client.settimeout(10)
        client.sendall(first)
        self.until(lambda: len(self.refused) > refused or len(self.said) > said or (
            self.server.clients > clients and bool(self.newest.framing or not first)))
        return client

    @property
    def newest(self) -> Client:
        """The client that came last."""
        return self.server._clients[-1]


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    yield stage
    stage.server.close()
    stage.selector.close()


def test_nothing_is_sent_before_the_framing_is_known(stage: Stage) -> None:
    with stage.connect() as client:
        stage.server.send(b"early")
        client.sendall(b"\xc0")
        stage.until(lambda: stage.newest.framing is not None)
        stage.server.send(b"now")
        stage.turn()
        assert client.recv(99) == b"\xc0now\xc0"


def test_an_empty_packet_is_a_greeting(stage: Stage) -> None:
    with stage.connect(bytes(4)) as client:
        stage.server.send(b"/a\0\0")
        stage.turn()
        assert client.recv(99) == b"\0\0\0\4/a\0\0"
        assert stage.heard == stage.refused == []


def is_gone(client: socket.socket) -> bool:
    """Tell whether the server has ended the connection."""
    try:
        return client.recv(9) == b""
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


COUNT = 6 * MOST_WAITING // 1000


def numbered(number: int) -> bytes:
    return struct.pack(">I", number) * 250


def test_one_who_does_not_read_loses_the_oldest_and_slows_nobody(stage: Stage) -> None:
    with stage.connect(bytes(4)) as stuck, stage.connect(bytes(4)) as reading:
        got = []
        for number in range(COUNT):
            stage.server.send(numbered(number))
            stage.server.flush()
            if number % 20 == 19:
                got += read_some(stage, reading, 20)
        assert got == list(range(COUNT // 20 * 20))
        lost = stage.server.lost
        late = read_some(stage, stuck, COUNT - lost)
        assert stage.newest.waiting == stage.server._clients[0].waiting == 0
        assert lost > 0
        assert late == sorted(late)
        assert late[-1] == COUNT - 1


def read_some(stage: Stage, client: socket.socket, count: int) -> list[int]:
    """Return the numbers of the next packets that the server has for a client."""
    received = b""
    while len(received) < count * 1004:
        stage.server.flush()
        with contextlib.suppress(TimeoutError):
            received += client.recv(count * 1004 - len(received))
    return [struct.unpack(">I", packet[:4])[0] for packet in LengthPrefixed().feed(received)[0]]


def test_one_who_does_not_read_is_at_last_disconnected(stage: Stage) -> None:
    with stage.connect(bytes(4)):
        for number in range(COUNT):
            stage.server.send(numbered(number))
            stage.server.flush()
        stage.turn(STUCK_FOR / 2)
        assert stage.server.clients == 1
        for _ in range(100):  # the system itself takes a little now and then
            if stage.server.clients:
                stage.turn(STUCK_FOR + 1)
        assert stage.server.clients == 0
        assert "doesn't read" in stage.said[-1]
        assert stage.server.lost > MOST_WAITING // 2000


def test_one_who_says_nothing_is_sent_away(stage: Stage) -> None:
    with stage.connect() as silent, stage.connect(b"\xc0") as other:
        stage.turn(SILENT_FOR + 1)
        assert is_gone(silent)
        assert stage.server.clients == 1
        assert "says nothing" in stage.said[-1]
        assert other.fileno() > 0


def test_one_client_too_many_is_sent_away(stage: Stage) -> None:
    clients = [stage.connect(b"\xc0") for _ in range(MOST_CLIENTS + 1)]
    assert stage.server.clients == MOST_CLIENTS
    assert is_gone(clients[-1])
    for client in clients:
        client.close()
    stage.until(lambda: stage.server.clients == 0)
    with stage.connect(b"\xc0"):
        assert stage.server.clients == 1


def test_what_can_not_be_osc_is_counted_and_sent_away(stage: Stage) -> None:
    with stage.connect(b"GET / HTTP/1.1\r\n") as browser, stage.connect(b"\0\xff\xff\xff") as liar:
        assert is_gone(browser)
        assert is_gone(liar)
        assert len(stage.refused) == 2
        assert stage.server.clients == 0


def test_a_connection_that_breaks_is_no_trouble(stage: Stage) -> None:
    broken = stage.connect(b"\xc0")
    broken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    broken.close()  # resets it
    stage.server.send(b"/a\0\0")
    stage.until(lambda: stage.server.clients == 0)


def test_who_speaks_and_goes_is_heard_to_the_end(stage: Stage) -> None:
    hasty = stage.connect(b"\xc0")
    said = [struct.pack(">I", number) * 20 for number in range(300)]  # more than is read at once
    hasty.sendall(b"".join(map(Slip.frame, said)))
    hasty.close()
    for _ in range(3):  # it isn't there any more to take this
        stage.server.send(bytes(1000))
        stage.server.flush()
    stage.until(lambda: stage.server.clients == 0)
    assert stage.heard == said


def test_who_comes_again_and_again_does_not_fill_the_terminal(stage: Stage) -> None:
    with contextlib.ExitStack() as all_clients:
        for _ in range(MOST_CLIENTS):
            all_clients.enter_context(stage.connect(b"\xc0"))
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", stage.server.port)) as again:
                again.settimeout(0.01)
                while not stage.said or not is_gone(again):
                    stage.turn()
        assert len(stage.said) == 1
