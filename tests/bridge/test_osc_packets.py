"""Which bytes are OSC, and what becomes of those that aren't: python-osc is the other opinion."""

import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from bridge.osc_in import MOST_PATTERNS, Inbox
from bridge.osc_out import Message, encode
from bridge.osc_parse import DEEPEST, IMPULSE, Malformed, parse
from engine.parameters import parameter
from engine.shared import Session
from tests.soak.osc_fuzz import fuzz

GAIN = "/phono/param/master/gain"


def text(word: str) -> bytes:
    return word.encode() + bytes(4 - len(word.encode()) % 4)


def bundle(*elements: bytes, tag: int = 1) -> bytes:
    return b"#bundle\0" + struct.pack(">Q", tag) + b"".join(struct.pack(">i", len(e)) + e for e in elements)


AT_LEISURE = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ARGUMENTS = st.one_of(
    st.integers(-2**31, 2**31 - 1), st.floats(width=32, allow_nan=False), st.booleans(), st.none(),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    st.binary(min_size=1, max_size=20))


@AT_LEISURE
@given(st.lists(ARGUMENTS, max_size=8))
def test_what_another_library_writes_is_read(arguments: list) -> None:
    builder = OscMessageBuilder("/some/address")
    for argument in arguments:
        builder.add_arg(argument)
    assert parse(builder.build().dgram) == [("/some/address", tuple(arguments))]


@AT_LEISURE
@given(st.lists(st.one_of(st.integers(-2**63, 2**63 - 1), st.floats(allow_nan=False),
                          st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9)),
                max_size=8))
def test_what_is_written_is_read_by_another_library(arguments: list) -> None:
    message: Message = ("/some/address", tuple(arguments))
    read = OscPacket(encode(message)).messages[0].message
    assert read.params == pytest.approx(arguments) if all(isinstance(a, float) for a in arguments) else arguments


def test_a_bundle_of_another_library_is_read_in_order() -> None:
    inner, outer = OscBundleBuilder(IMMEDIATELY), OscBundleBuilder(2e9)
    messages = []
    for i in range(3):
        builder = OscMessageBuilder(f"/{i}")
        builder.add_arg(i)
        messages.append(builder.build())
    outer.add_content(messages[0])
    inner.add_content(messages[1])
    outer.add_content(inner.build())
    outer.add_content(messages[2])
    assert parse(outer.build().dgram) == [("/0", (0,)), ("/1", (1,)), ("/2", (2,))]


@pytest.mark.parametrize(("packet", "arguments"), [
    (text("/a"), ()), (text("/a") + text(","), ()), (text("/a") + text(",TFNI"), (True, False, None, IMPULSE)),
    (text("/a") + text(",b") + b"\0\0\0\0", (b"",)), (text("/a") + text(",c") + b"\0\0\0a", ("a",)),
    (text("/a") + text(",t") + bytes(8), (bytes(8),)), (text("/a") + text(",S") + text("x"), ("x",)),
    (text("/a") + text(",[i[T]]i") + bytes(8), ([0, [True]], 0))], ids=repr)
def test_types_that_some_programs_send(packet: bytes, arguments: tuple) -> None:
    assert parse(packet) == [("/a", arguments)]


@pytest.mark.parametrize(("bad", "why"), [
    (b"", "multiple of 4"), (b"/a\0", "multiple of 4"), (b"abcd", "neither a message"), (b"/abc", "zeros"),
    (b"/a\0x", "zeros"), (b"/\xff\0\0", "UTF-8"), (text("/a") + bytes(4), "without type tags"),
    (text("/a") + b"\x3f\x80\0\0", "4 bytes of arguments without type tags"),
    (text("/a") + text(",f"), "cut short"), (text("/a") + text(",f") + bytes(8), "4 bytes too many"),
    (text("/a") + text(",s"), "zeros"), (text("/a") + text(",b") + struct.pack(">i", 9) + bytes(4), "cut short"),
    (text("/a") + text(",b") + struct.pack(">i", -1), "cut short"), (text("/a") + text(",b"), "cut short"),
    (text("/a") + text(",b") + struct.pack(">i", 1) + b"xy\0\0", "cut short"),
    (text("/a") + text(",x"), "no type 'x'"), (text("/a") + text(",[i") + bytes(4), "without its ]"),
    (text("/a") + text(",]"), "without its ["), (b"#bundle\0\0\0\0\0", "neither"),
    (bundle(text("/a"))[:-4], "an element"), (bundle() + struct.pack(">i", 0), "an element of 0"),
    (bundle() + struct.pack(">i", -4) + bytes(4), "an element of -4"), (bundle(b"abcd"), "neither")], ids=repr)
def test_what_is_wrong_is_said(bad: bytes, why: str) -> None:
    with pytest.raises(Malformed, match=why.replace("[", r"\[")):
        parse(bad)


def test_bundles_are_read_to_a_depth_that_no_program_needs() -> None:
    nested = text("/a")
    for _ in range(DEEPEST):
        nested = bundle(nested)
    assert parse(nested) == [("/a", ())]
    with pytest.raises(Malformed, match="deeper"):
        parse(bundle(nested))


def test_lists_are_read_to_a_depth_that_no_program_needs(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    deepest = "[" * DEEPEST + "]" * DEEPEST
    assert parse(text("/a") + text(f",{deepest}"))
    received = Inbox(session).receive(text(GAIN) + text("," + "[" * 20_000 + "]" * 20_000))
    assert "deeper" in received.rejected[0]
    assert not caplog.records


def test_one_bad_message_spoils_its_whole_bundle(session: Session) -> None:
    good = encode((GAIN, (-6.0,)))
    received = Inbox(session).receive(bundle(good, good[:-4], good))
    assert (received.accepted, len(received.rejected), session.get("master/gain")) == (0, 1, 0)


def test_one_wrong_address_does_not_spoil_its_bundle(session: Session) -> None:
    received = Inbox(session).receive(bundle(encode((GAIN, (-6.0,))), encode(("/elsewhere", ())),
                                             encode((GAIN, (-9.0,)))))
    assert (received.accepted, len(received.rejected), session.get("master/gain")) == (2, 1, -9)


def test_a_packet_full_of_wildcards_costs_little(session: Session) -> None:
    new_patterns = bundle(*(encode((f"/phono/param/layer/*/{{x{i},gain}}", (-6.0,))) for i in range(2 * MOST_PATTERNS)))
    received = Inbox(session).receive(new_patterns)
    assert len(received.rejected) == MOST_PATTERNS
    everything = bundle(*[encode(("/phono/param/layer/*/*", (0.5,)))] * 30)
    assert any("reach more than" in line for line in Inbox(session).receive(everything).rejected)


def test_blobs_are_passed_over_where_something_else_is_there(session: Session) -> None:
    builder = OscMessageBuilder(GAIN)
    builder.add_arg(-6.0)
    builder.add_arg(b"blob")
    assert Inbox(session).receive(builder.build().dgram).accepted == 1
    assert session.get("master/gain") == -6
    only = OscMessageBuilder(GAIN)
    only.add_arg(b"blob")
    assert Inbox(session).receive(only.build().dgram).rejected == [f"{GAIN}: got 4 bytes, expected one number"]


@AT_LEISURE
@given(number=st.floats())
def test_a_double_is_clamped_like_any_number(number: float) -> None:
    session = Session.create({})
    try:
        builder = OscMessageBuilder(GAIN)
        builder.add_arg(number, "d")
        Inbox(session).receive(builder.build().dgram)
        gain = parameter("master/gain")
        assert session.get("master/gain") == (gain.accept(number) if np.isfinite(number) else gain.default)
    finally:
        session.close()


def test_malformed_and_random_packets_change_nothing() -> None:
    assert fuzz(10_000, seed=2)["faults"] == []
