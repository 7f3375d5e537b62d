"""Motor faders and LEDs follow their parameters, never fight a hand, and never talk in circles."""

import pytest

from bridge.control import Control
from bridge.midi_feedback import HELD, MESSAGES_AT_ONCE, TRAVEL, Feedback
from bridge.midi_messages import STEPS, Decoder, Move, step_of

FADER = Control("motor", 1, "cc", 7)
FINE = Control("motor", 1, "cc14", 8)
MACKIE = Control("motor", 2, "bend")
PAD = Control("motor", 10, "note", 36)
TICK = 0.02


class Surface:
    """A controller with one fader and a parameter that follows it; `echoes`: it tells where its motor goes.

    slack: steps by which the motor misses.
    """

    def __init__(self, control: Control, echoes: bool = True, slack: int = 0) -> None:
        self.control, self.echoes, self.slack = control, echoes, slack
        self.feedback, self.decoder = Feedback(), Decoder("motor")
        self.knob, self.now, self.sent = 0.0, 100.0, []
        self.position = 0

    def hand(self, step: int) -> None:
        """Move the fader."""
        self.position = step
        if self.feedback.is_hand(Move(self.control, step), self.now):
            self.knob = Move(self.control, step).value

    def run(self, seconds: float) -> int:
        """Let time pass; return how many messages were sent."""
        before, end = len(self.sent), self.now + seconds
        while self.now < end:
            for message in self.feedback.messages({self.control: self.knob}, self.now):
                self.sent.append(message)
                for said in self.decoder.decode(message, self.now):
                    if said.control == self.control:
                        self._go(said.step)
            self.now += TICK
        return len(self.sent) - before

    def _go(self, step: int) -> None:
        way = [round(self.position + part / 5 * (step - self.position)) for part in range(1, 6)]
        way[-1] = max(0, min(STEPS[self.control.kind], way[-1] + self.slack))
        for place in way:
            if self.echoes:
                self.hand(place)
            self.position = place


@pytest.mark.parametrize("control", [FADER, FINE, MACKIE, PAD])
def test_a_control_goes_where_its_parameter_goes_and_is_told_once(control: Control) -> None:
    surface = Surface(control, echoes=False)
    surface.knob = 0.3
    surface.run(0.5)
    assert surface.position == step_of(control.kind, 0.3)
    assert surface.run(5) == 0


@pytest.mark.parametrize("slack", [-1, 0, 1])
@pytest.mark.parametrize("control", [FADER, FINE, MACKIE])
def test_a_motor_fader_that_repeats_what_it_is_told_comes_to_rest(control: Control, slack: int) -> None:
    surface = Surface(control, slack=slack)
    for knob in (0.7, 0.2, 1.0, 0.0, 0.501):
        surface.knob = knob
        surface.run(3)
        assert surface.knob == pytest.approx(knob, abs=1.01 / STEPS[control.kind]), "the motor moved nothing on its way"
        assert surface.run(10) == 0


def test_a_knob_set_finely_is_not_rounded_by_the_echo() -> None:
    surface = Surface(FADER)
    surface.knob = 0.5
    surface.run(2)
    assert surface.knob == 0.5


def test_a_coarse_parameter_pulls_the_fader_to_its_step_and_stays() -> None:
    surface = Surface(FADER)
    surface.hand(47)
    surface.knob = 0.5  # of three values the middle one
    surface.run(3)
    assert surface.position == 64
    assert surface.knob == 0.5
    assert surface.run(5) == 0


def test_a_fader_is_left_alone_while_a_hand_moves_it() -> None:
    surface = Surface(FADER, echoes=False)
    surface.run(1)
    for step in range(0, 100, 5):
        surface.hand(step)
        surface.knob = 0.9  # somebody else holds the parameter there
        assert surface.run(0.1) == 0
    surface.run(HELD + 0.1)
    assert surface.position == step_of("cc", 0.9), "it is pulled back when the hand is gone"


def test_a_hand_that_moves_against_the_motor_counts() -> None:
    surface = Surface(FADER, echoes=False)
    surface.hand(40)
    surface.run(1)
    surface.knob = 0.7
    surface.run(0.04)
    surface.hand(20)
    assert surface.knob == pytest.approx(20 / 127)


def test_a_button_counts_however_fast_it_is_pressed() -> None:
    for control in (FADER, PAD):  # a button of either kind with a light
        feedback = Feedback()
        assert feedback.messages({control: 1.0}, 1.0)
        assert feedback.is_hand(Move(control, 127), 1.01)
        assert feedback.is_hand(Move(control, 0), 1.02)


def test_a_light_does_not_wait_for_the_finger_to_go() -> None:
    feedback = Feedback()
    feedback.messages({PAD: 0.0}, 1.0)
    feedback.is_hand(Move(PAD, 90), 1.1)
    feedback.is_hand(Move(PAD, 0), 1.15)
    assert feedback.messages({PAD: 1.0}, 1.16) == [[0x99, 36, 127]]


def test_halves_of_a_fader_on_its_way_move_nothing() -> None:
    feedback = Feedback()
    assert feedback.messages({FINE: 0.5}, 1.0) == [[0xB0, 8, 64], [0xB0, 40, 0]]
    halves = [Move(Control("motor", 1, "cc", 8), 30), Move(Control("motor", 1, "cc", 40), 77)]
    assert not any(feedback.is_hand(move, 1.1) for move in halves)
    assert all(feedback.is_hand(move, 1.01 + TRAVEL) for move in halves)


def test_mackies_fader_is_told_where_it_was_left_but_not_while_it_is_touched() -> None:
    feedback, touch = Feedback(), Control("motor", 1, "note", 105)
    assert feedback.is_hand(Move(touch, 127), 0.0), "a note like any other, before its fader is known"
    assert feedback.is_hand(Move(MACKIE, 9000), 0.1)
    assert not feedback.is_hand(Move(touch, 127), 0.2)
    at = {MACKIE: Move(MACKIE, 9000).value}
    assert feedback.messages(at, 5.0) == []
    assert not feedback.is_hand(Move(touch, 0), 5.1)
    assert feedback.messages(at, 5.11) == [[0xE1, 9000 & 127, 9000 >> 7]]
    assert not feedback.is_hand(Move(MACKIE, 9000), 5.15), "its answer"
    assert feedback.messages(at, 9.0) == []


def test_the_pressure_of_a_hand_is_not_answered() -> None:
    assert Feedback().messages({Control("motor", 1, "pressure"): 0.4}, 0.0) == []


def test_many_controls_take_turns() -> None:
    feedback = Feedback()
    faders = [Control("motor", channel, "cc14", 3) for channel in range(1, 17)]
    told = dict.fromkeys(range(16), 0)
    for step in range(100):
        messages = feedback.messages(dict.fromkeys(faders, step / 100), step * TICK)
        assert len(messages) <= MESSAGES_AT_ONCE
        for status, *_ in messages[::2]:
            told[status & 15] += 1
    assert max(told.values()) - min(told.values()) <= 1


def test_a_controller_that_comes_back_is_told_everything_again() -> None:
    feedback = Feedback()
    first = feedback.messages({FADER: 0.4}, 0.0)
    assert first
    assert feedback.messages({FADER: 0.4}, 1.0) == []
    feedback.forget()
    assert feedback.messages({FADER: 0.4}, 2.0) == first
