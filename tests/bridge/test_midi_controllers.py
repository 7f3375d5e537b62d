"""MIDI controllers over real ports: what they move and are told; unplugged, in bursts, with garbage, server dead."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from bridge.control import Control
from bridge.mapping.edit import expression
from bridge.mapping.mapper import Mapper
from bridge.midi import MidiPorts
from bridge.midi_clock import CLOCK
from bridge.midi_controllers import MidiControllers
from bridge.midi_feedback import TRAVEL
from bridge.midi_messages import STEPS, Move, encode
from engine.errors import UserError
from engine.parameters import PARAMETERS, parameter
from engine.shared import TEMPO, Session
from engine.show import TempoConfig
from engine.tempo.timeline import Tempo
from tests.midi import Surface
from tests.servers import JackServer, jack_server, until

KNOBS = {
    Control("surface", 1, "cc", 7): "reverb/gain",
    Control("surface", 1, "cc14", 1): "layer/1/azimuth",
    Control("surface", 1, "note", 60): "match/freeze",
    Control("surface", 2, "bend"): "layer/1/pan",
    Control("surface", 1, "pressure"): "dream/chaos",
}
GAIN, AZIMUTH, FREEZE, PAN, CHAOS = KNOBS


class Listening(Mapper):
    """The mapper, which also keeps all movements in `moves`."""

    moves: list[tuple[Control, float]]

    def moved(self, control: Control, value: float) -> None:
        self.moves.append((control, value))
        super().moved(control, value)


class Stage:
    """Ports that are kept open, as in an instrument."""

    def __init__(self, session: Session, folder: Path, clock: str = "") -> None:
        self.session, self.said, self.programs, self.moves = session, [], [], []
        file = folder / "show.mapping.toml"
        file.write_text("".join(f"[[mapping]]\nto = '{path}'\nfrom = '{expression(control)}'\ntakeover = false\n"
                                for control, path in KNOBS.items()))
        mapper = Listening(session, (), file, self.said.append)
        mapper.moves = self.moves
        self.controllers = MidiControllers(session, ["surface"], mapper, self._launch, self.said.append)
        self.ports = MidiPorts(session, TempoConfig(clock, clock), self.said.append, self.controllers)

    def poll(self) -> None:
        self.ports.poll(time.monotonic())

    def until(self, condition: Callable[[], object], why: str, seconds: float = 60) -> None:
        until(lambda: self.poll() or condition(), seconds, why)

    def knob(self, control: Control) -> float:
        return self.session.get(KNOBS[control])

    def _launch(self, program: int) -> None:
        if program > 9:
            raise UserError("there is no such cue")
        self.programs.append(program)


@pytest.fixture(scope="module")
def server() -> Iterator[JackServer]:
    with jack_server(256) as server:
        yield server


@pytest.fixture
def jack(server: JackServer, monkeypatch: pytest.MonkeyPatch) -> JackServer:
    """A JACK server that this process finds."""
    server.lead_here(monkeypatch)
    return server


@pytest.fixture
def surface(jack: JackServer) -> Iterator[Surface]:
    surface = Surface()
    yield surface
    surface.unplug()


@pytest.fixture
def stage(jack: JackServer, session: Session, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(session, tmp_path)
    yield stage
    stage.ports.close()


def plugged(stage: Stage, surface: Surface) -> None:
    """Wait until the controller is heard, has been told everything, and would stand there if it had motors."""
    def arrives() -> bool:
        surface.send(0xD0, 64)
        return stage.knob(CHAOS) == pytest.approx(64 / 127) and len(surface.told) >= len(KNOBS)
    stage.until(arrives, "the controller is heard and told")
    surface.send(0xD0, 0)
    arrived = time.monotonic() + TRAVEL
    stage.until(lambda: stage.knob(CHAOS) == 0 and time.monotonic() > arrived, "all that was sent is heard")
    surface.told.clear()


def test_every_kind_of_control_moves_its_knob_over_its_whole_range(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    for control, stride in ((GAIN, 1), (AZIMUTH, 129), (PAN, 64), (CHAOS, 1)):
        top = STEPS[control.kind]
        moves = [Move(control, step) for step in (*range(0, top, stride), top)]
        stage.moves.clear()
        for i, move in enumerate(moves):
            for message in encode(move) or [[0xD0, move.step]]:
                surface.send(*message)
            if i % 10 == 9:
                time.sleep(0.005)
        knob = parameter(KNOBS[control])
        stage.until(lambda: stage.knob(control) == knob.high, "the end is reached")  # noqa: B023
        values, sent = [value for moved, value in stage.moves if moved == control], iter(move.value for move in moves)
        assert all(value in sent for value in values), "in their order, and nothing else"
        assert len(values) > len(moves) / 2, "a busy JACK server loses some"
    surface.send(0xE1, 0, 64)
    stage.until(lambda: stage.knob(PAN) == 0, "the bend in its middle is the middle")
    for press, freeze in ((100, 1), (127, 0)):
        surface.send(0x90, 60, press)
        stage.until(lambda: stage.knob(FREEZE) == freeze, "a key switches")  # noqa: B023
        surface.send(0x80 if freeze else 0x90, 60, 0)
    assert stage.said == []


def test_program_changes_launch_cues_and_what_fails_is_said(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    surface.send(0xC0, 3)
    surface.send(0xC0, 77)
    stage.until(lambda: stage.said, "it is said")
    assert stage.programs == [3]
    assert stage.said == ["MIDI program 77: there is no such cue"]


def test_a_controller_is_told_where_its_knobs_stand(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    stage.session.set(KNOBS[AZIMUTH], 180)
    stage.session.set(KNOBS[PAN], 0.5)
    stage.session.set(KNOBS[FREEZE], 1)
    stage.until(lambda: len(surface.told) >= 4, "all is told")
    assert sorted(surface.told) == [[0x90, 60, 127], [0xB0, 1, 127], [0xB0, 33, 127], [0xE1, 0, 96]]
    assert surface.told.index([0xB0, 1, 127]) < surface.told.index([0xB0, 33, 127])
    assert stage.session.told("faces/midi_sent") == len(KNOBS) - 1 + 1 + 4


def test_a_controller_that_repeats_what_it_is_told_comes_to_rest(stage: Stage, jack: JackServer) -> None:
    with contextlib.closing(contextlib.ExitStack()) as stack:
        surface = Surface(echoes=True)
        stack.callback(surface.unplug)
        plugged(stage, surface)
        for part in (0.123, 0.9, 0.5):
            for control in (GAIN, AZIMUTH, PAN):
                knob = parameter(KNOBS[control])
                stage.session.set(KNOBS[control], knob.low + part * (knob.high - knob.low))
            stage.until(lambda: len(surface.told) >= 4, "all is told")
            before = stage.session.parameters.copy()
            deadline = time.monotonic() + 0.5
            stage.until(lambda: time.monotonic() > deadline, "half a second is over")  # noqa: B023
            assert len(surface.told) == 4, "nothing is told twice"
            assert (stage.session.parameters == before).all(), "no echo moves a knob"
            surface.told.clear()


def test_a_controller_that_is_pulled_out_is_taken_up_again(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    surface.unplug()
    stage.until(lambda: any("'surface' is not there; waiting" in line for line in stage.said), "it is said")
    stage.session.set(KNOBS[GAIN], -20)
    Surface.__init__(surface)
    plugged(stage, surface)
    assert stage.said[-1] == "the MIDI input 'surface' is there now"
    assert len(stage.said) == 2, "nobody needs to know of its output"


def test_one_port_can_be_controller_and_clock(jack: JackServer, surface: Surface, session: Session,
                                              tmp_path: Path) -> None:
    session.tempo.write(np.array((time.monotonic(), 0.0, 120.0, 0, 0), TEMPO))
    stage = Stage(session, tmp_path, "surface")
    plugged(stage, surface)
    stage.until(lambda: surface.send(CLOCK) or stage.ports.follower.tempo(time.monotonic(), Tempo(0, 0, 120)),
                "its clock is followed")
    stage.until(lambda: [CLOCK] in surface.told, "it is sent the clock")
    surface.send(0xB0, 7, 127)
    stage.until(lambda: stage.knob(GAIN) == parameter(KNOBS[GAIN]).high, "its fader moves the knob")
    stage.ports.close()


def test_a_server_that_dies_and_comes_back(stage: Stage, jack: JackServer) -> None:
    surface = Surface()
    plugged(stage, surface)
    jack.kill()
    surface.unplug()
    jack.start()
    surface = Surface()
    plugged(stage, surface)
    surface.unplug()


def test_of_a_burst_the_newest_value_counts(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    before = stage.session.told("faces/midi_received")
    for i in range(2000):
        surface.send(0xB0, 7, i % 127)
        if i % 500 == 499:
            time.sleep(0.1)  # RtMidi's sender loses what JACK hasn't fetched yet
    surface.send(0xB0, 7, 127)
    stage.until(lambda: stage.knob(GAIN) == parameter(KNOBS[GAIN]).high, "the last of them")
    assert before + 1000 < stage.session.told("faces/midi_received") <= before + 2001


def test_system_messages_and_garbage_move_nothing(stage: Stage, surface: Surface) -> None:
    plugged(stage, surface)
    before = stage.session.parameters.copy()
    for message in ([0xF0, 0x7E, 1, 2, 3, 0xF7], [0xF8], [0xFE], [0xF2, 1, 2], [0xA0, 60, 3], [0xB0, 120, 0]):
        surface.send(*message)
    stage.controllers.heard(0, 0.0, [[], [0x90], [0xB0, 200, 1], [0xE0, 1], [7, 7, 7], [0xF0, 1]])
    surface.send(0xB0, 7, 127)
    stage.until(lambda: stage.knob(GAIN) == parameter(KNOBS[GAIN]).high, "what is whole is heard")
    assert [PARAMETERS[i].path for i in np.flatnonzero(stage.session.parameters != before)] == [KNOBS[GAIN]]
    assert stage.session.told("faces/midi_rejected") == 6
    assert len(stage.said) == 1
    assert "'surface' sends what is no MIDI message, such as []" in stage.said[0]
