"""What controllers' messages say: every value of every kind, halves of 14 bits in any order, any other bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.control import Control
from bridge.midi_messages import PAIR_WITHIN, STEPS, Decoder, Move, Program, encode, step_of

CC7, CC39, FADER = Control("nano", 3, "cc", 7), Control("nano", 3, "cc", 39), Control("nano", 3, "cc14", 7)


def heard(*messages: list[int], every: float = 0.001, decoder: Decoder | None = None, begin: float = 0.0) -> list:
    """Return what messages say that come one after the other."""
    decoder = decoder or Decoder("nano")
    return [said for i, message in enumerate(messages) for said in decoder.decode(message, begin + i * every)]


@pytest.mark.parametrize(("message", "control", "value"), [
    ([0xB2, 7, 0], CC7, 0), ([0xB2, 7, 127], CC7, 1), ([0xB2, 99, 64], Control("nano", 3, "cc", 99), 64 / 127),
    ([0x90, 60, 127], Control("nano", 1, "note", 60), 1), ([0x90, 60, 0], Control("nano", 1, "note", 60), 0),
    ([0x8F, 60, 90], Control("nano", 16, "note", 60), 0), ([0xD0, 127], Control("nano", 1, "pressure"), 1),
    ([0xE0, 0, 0], Control("nano", 1, "bend"), 0), ([0xE0, 0, 64], Control("nano", 1, "bend"), 0.5),
    ([0xE0, 127, 127], Control("nano", 1, "bend"), 1),
])
def test_a_message_moves_its_control(message: list[int], control: Control, value: float) -> None:
    [move] = heard(message)
    assert move.control == control
    assert move.value == value


@pytest.mark.parametrize("kind", STEPS)
def test_every_step_is_sent_as_it_is_heard(kind: str) -> None:
    control = Control("nano", 5, kind, 9 if kind in ("cc", "cc14", "note") else 0)
    decoder = Decoder("nano")
    values = []
    for step in range(STEPS[kind] + 1):
        move = Move(control, step)
        values.append(move.value)
        assert step_of(kind, move.value) == step
        if kind != "pressure":
            said = heard(*encode(move), decoder=decoder, begin=step)
            assert move in said
    assert values == sorted(set(values))
    assert (values[0], values[-1]) == (0, 1)


def test_a_program_change_is_told() -> None:
    assert heard([0xC4, 12]) == [Program(12)]


@pytest.mark.parametrize("upper_first", [True, False])
def test_halves_in_either_order_never_make_a_value_that_was_not_sent(upper_first: bool) -> None:
    sent = list(range(0, 16384, 37)) + list(range(16383, 0, -53))
    messages = []
    for value in sent:
        pair = [[0xB2, 7, value >> 7], [0xB2, 39, value & 127]]
        messages += pair if upper_first else pair[::-1]
    said = heard(*messages)
    assert [move.step for move in said if move.control == FADER] == sent
    assert {move.control for move in said} == {CC7, CC39, FADER}, "each half is a plain controller as well"


def test_an_upper_half_that_did_not_change_may_be_left_out() -> None:
    said = heard([0xB2, 7, 50], [0xB2, 39, 1], [0xB2, 39, 2], [0xB2, 39, 3])
    assert [move.step for move in said if move.control == FADER] == [50 * 128 + 1, 50 * 128 + 2, 50 * 128 + 3]


def test_an_order_that_was_mistaken_is_seen_after_the_next_pause() -> None:
    decoder = Decoder("nano")
    heard([0xB2, 39, 5], [0xB2, 7, 50], [0xB2, 39, 6], decoder=decoder)  # its beginning was missed
    said = heard([0xB2, 7, 60], [0xB2, 39, 7], [0xB2, 7, 61], [0xB2, 39, 8], decoder=decoder, begin=1)
    assert [move.step for move in said if move.control == FADER][-2:] == [60 * 128 + 7, 61 * 128 + 8]


def test_controllers_of_seven_bits_make_no_values_of_fourteen() -> None:
    plain = heard(*([0xB2, 7, value] for value in range(128)))
    assert {move.control for move in plain} == {CC7}
    apart = heard([0xB2, 7, 50], [0xB2, 39, 127], [0xB2, 7, 51], [0xB2, 39, 0], every=2 * PAIR_WITHIN)
    assert {move.control for move in apart} == {CC7, CC39}, "a fader and a button whose numbers only look like a pair"


@given(st.lists(st.lists(st.one_of(st.integers(-5, 300), st.sampled_from([0x90, 0xB0, 0xE0, 0xF0, 0xF7])), max_size=5),
                max_size=30))
def test_any_bytes_are_moves_or_are_refused(messages: list[list[int]]) -> None:
    decoder = Decoder("nano")
    for message in messages:
        try:
            for said in decoder.decode(message, 0.0):
                assert isinstance(said, Program) or 0 <= said.value <= 1
        except ValueError:
            pass
