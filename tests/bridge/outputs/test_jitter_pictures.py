"""Pictures for Max: the bytes of Jitter's protocol in each order that programs use, and receivers of every temper."""

import contextlib
import io
import socket
import struct
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.outputs.jitter import JitterOutput, open_output
from bridge.outputs.jitter_protocol import Replies, matrix
from engine.errors import UserError
from engine.show import OutputConfig
from tests.jitter import Receiver, latency_reply, message, read_matrix
from tests.outputs import picture, sending

BIG = picture(1024, 1024)


@contextlib.contextmanager
def connected(receiver: Receiver) -> Iterator[JitterOutput]:
    output = open_output(f"127.0.0.1:{receiver.port}", 60)
    try:
        wait(output.receivers)
        yield output
    finally:
        output.close()
        receiver.close()


def wait(condition: object) -> None:
    deadline = time.monotonic() + 30
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def swapped(chunk: bytes, *fields: tuple[int, int]) -> bytes:
    """Return `chunk` with the bytes of some fields, each (place, length), in the other order."""
    changed = bytearray(chunk)
    for at, length in fields:
        changed[at:at + length] = changed[at:at + length][::-1]
    return bytes(changed)


@pytest.mark.parametrize("fields", [[], [(4, 4)], [(8, 4)], [(8 + 280, 8)], [(4, 4), (8, 4), (8 + 280, 8)]])
def test_a_picture_survives_in_each_order_of_the_doubtful_fields(fields: list[tuple[int, int]]) -> None:
    frame = picture(3, 5)
    got = read_matrix(io.BytesIO(swapped(bytes(matrix(frame, 1234.5)), *fields)).read)
    assert (got.cells[..., 0] == 255).all() and (got.cells[..., 1:] == frame).all()
    assert 1234.5 in got.times


def test_the_bytes_are_those_that_other_senders_write() -> None:
    chunk = bytes(matrix(np.full((2, 3, 3), (1, 2, 3), np.uint8), 1.0))
    assert chunk[:16] == b"JMTX" + bytes([32, 1, 0, 0]) + b"JMTX" + bytes([0, 0, 1, 32])
    assert struct.unpack_from(">5i", chunk, 16) == (4, 0, 2, 3, 2)  # planes, char, dims, width, height
    assert struct.unpack_from(">2i", chunk, 8 + 148) == (4, 12)
    assert struct.unpack_from(">i", chunk, 8 + 276) == (24,)
    assert struct.unpack_from(">d", chunk, 8 + 280) == (1.0,)
    assert chunk[296:] == bytes([255, 1, 2, 3]) * 6


@given(st.lists(st.sampled_from([0, 1, 2, 3]), max_size=12), st.integers(1, 40), st.data())
def test_replies_are_read_however_they_are_cut_and_whatever_comes_between(
        kinds: list[int], piece: int, data: st.DataObject) -> None:
    now = data.draw(st.floats(1e5, 1e12))
    stream, expected = b"", []
    for kind in kinds:
        sent = now - data.draw(st.floats(0, 5000))
        expected += [sent] if kind < 2 else []
        stream += latency_reply(sent, 5.0, 6.0, "><"[kind]) if kind < 2 else message("><"[kind - 2])
    replies = Replies()
    got = [reply for at in range(0, len(stream), piece) for reply in replies.feed(stream[at:at + piece], now)]
    assert [reply.sent for reply in got] == expected
    assert all((reply.began, reply.done) == (5.0, 6.0) for reply in got)


@given(st.binary(min_size=8, max_size=200))
def test_garbage_in_return_is_no_reply_and_raises_nothing_else(data: bytes) -> None:
    replies = Replies()
    with contextlib.suppress(ValueError):
        for reply in replies.feed(data, 0.0):
            assert len(reply) == 3


@pytest.mark.parametrize("answers", [">", "<", ""])
def test_a_receiver_gets_pictures_and_its_answers_tell_how_long_they_took(answers: str) -> None:
    with connected(receiver := Receiver(answers=answers)) as output:  # type: ignore[arg-type]
        for number in range(6):
            frame = picture(seed=number)
            output.send(frame, 0.0)
            wait(lambda number=number: receiver.received == number + 1)
            assert receiver.newest is not None and (receiver.newest.cells[..., 1:] == frame).all()
        if answers:
            wait(output.arrival)
            assert 0 < output.arrival() < 1
        assert output.missed() == 0


@pytest.mark.parametrize("answers", [">", ""])
def test_a_receiver_that_stops_reading_slows_nobody_and_goes_on_with_whole_new_pictures(answers: str) -> None:
    with connected(receiver := Receiver(answers=answers)) as output:  # type: ignore[arg-type]
        output.send(BIG, 0.0)
        wait(lambda: receiver.received)
        receiver.reading.clear()
        longest = 0.0
        for _ in range(200):
            begun = time.perf_counter()
            output.send(BIG, 0.0)
            longest = max(longest, time.perf_counter() - begun)
            time.sleep(0.001)
        assert output.missed() > 150
        assert longest < 0.5  # as long as a busy machine may take for nothing
        receiver.reading.set()
        before, last = receiver.received, picture(seed=9)
        output.send(last, 0.0)
        wait(lambda: receiver.newest is not None and receiver.newest.cells.shape[:2] == last.shape[:2])
        assert receiver.newest is not None and (receiver.newest.cells[..., 1:] == last).all()
        assert receiver.connections == 1 and receiver.received - before < 12


def test_a_slow_receiver_that_answers_has_no_queue_of_old_pictures() -> None:
    with connected(receiver := Receiver(busy=0.05)) as output:
        for _ in range(50):  # until it has answered and long after
            output.send(picture(), 0.0)
            time.sleep(0.01)
        handed = 50 - output.missed()
        assert handed - receiver.received <= 4


def test_a_receiver_that_comes_late_or_again_is_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with sending(OutputConfig("jitter", f"127.0.0.1:{port}")) as outputs:
        frame = picture()
        outputs.wait(lambda: outputs.told(1, "alive"), "the output to start")
        outputs.show(frame)
        for _ in range(2):
            assert outputs.told(1, "receivers") == 0 and outputs.told(1, "frames") == 0
            receiver = Receiver(port)
            outputs.wait(lambda receiver=receiver: receiver.received > 3, "pictures", frame)
            outputs.wait(lambda: outputs.told(1, "receivers") == 1 and outputs.told(1, "arrival_ms") > 0, "the figures")
            receiver.disconnect()
            outputs.wait(lambda receiver=receiver: receiver.connections > 1, "it to connect again", frame)
            receiver.close()
            outputs.wait(lambda: outputs.told(1, "receivers") == 0, "the loss to be seen")
            outputs.session.tell("output/1/frames", 0)
        assert outputs.said == []


def test_a_stranger_at_the_port_is_left_alone_and_named_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with sending(OutputConfig("jitter", f"127.0.0.1:{port}")) as outputs:
            for _ in range(2):
                link, _ = server.accept()
                outputs.wait(lambda: outputs.told(1, "receivers") == 1, "the connection to be seen")
                link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                outputs.wait(lambda: outputs.told(1, "receivers") == 0, "it to be given up")
                link.close()
            outputs.wait(lambda: outputs.said, "a complaint")
            assert len(outputs.said) == 1 and f"127.0.0.1:{port} isn't Max" in outputs.said[0]


@pytest.mark.parametrize("target", ["7474", "max:", ":7474", "max:0", "max:70000", "max:port"])
def test_a_target_that_is_no_address_is_refused(target: str) -> None:
    with pytest.raises(UserError, match="HOST:PORT"):
        open_output(target, 60)


def test_an_address_of_ipv6_is_written_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("there is no IPv6 here")
    with server, contextlib.closing(open_output(f"[::1]:{server.getsockname()[1]}", 60)):
        server.settimeout(30)
        server.accept()[0].close()


def test_a_name_that_no_machine_has_is_said() -> None:
    with contextlib.closing(open_output("max..local:7474", 60)) as output, \
            pytest.raises(OSError, match=r"no machine is called max\.\.local"):
        wait(output.receivers)
