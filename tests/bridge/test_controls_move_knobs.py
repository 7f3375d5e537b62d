"""Controls, other programs and features move knobs: along the curve, without jumps, and not against a hand."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.control import Control
from bridge.mapping.mapper import Mapper
from bridge.mapping.sweep import Sweep, whole
from bridge.mapping.takeover import Takeover
from engine.clock import VirtualClock
from engine.parameters import PARAMETERS
from engine.shared import FEATURES, Session

FADER = Control("nano", 1, "cc", 7)
FINE = Control("nano", 1, "cc14", 7)
PAD = Control("nano", 10, "note", 36)
WHEEL = Control("nano", 1, "bend")
Make = Callable[[str], Mapper]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def make(session: Session, clock: VirtualClock, tmp_path: Path) -> Make:
    def made(text: str) -> Mapper:
        file = tmp_path / "show.mapping.toml"
        file.write_text(text)
        return Mapper(session, ["beach"], file, said.append, clock)
    said: list[str] = []
    return made


def mapping(to: str, source: str, more: str = "") -> str:
    return f"[[mapping]]\nto = \"{to}\"\nfrom = '{source}'\n{more}\n"


def hear(session: Session, rms: float) -> None:
    features = np.zeros((), FEATURES)
    features["rms"] = rms
    session.features.write(features)


@pytest.mark.parametrize("sweep", [whole(p) for p in PARAMETERS[:60]] + [
    Sweep(60, 4, True), Sweep(4, 60, True), Sweep(12, -60), Sweep(0, 1)])
def test_a_sweep_runs_from_end_to_end_and_back(sweep: Sweep) -> None:
    assert (sweep.at(0), sweep.at(1), sweep.at(-1), sweep.at(2)) == (sweep.low, sweep.high, sweep.low, sweep.high)
    for position in np.linspace(0, 1, 33):
        assert sweep.position(sweep.at(position)) == pytest.approx(position, abs=1e-9)
    middle = math.sqrt(sweep.low * sweep.high) if sweep.log else (sweep.low + sweep.high) / 2
    assert sweep.at(0.5) == pytest.approx(middle)


@pytest.mark.parametrize(("control", "source", "steps"), [
    (FADER, 'cc("nano", 1, 7)', 127), (FINE, 'cc14("nano", 1, 7)', 16383), (WHEEL, 'bend("nano", 1)', 16383)])
def test_a_control_sweeps_the_whole_range_along_the_knobs_curve(session: Session, make: Make, control: Control,
                                                               source: str, steps: int) -> None:
    mapper = make(mapping("layer/1/density", source, "takeover = false"))
    for step in [*range(0, steps, max(1, steps // 127)), steps]:
        mapper.moved(control, step / steps)
        assert session.get("layer/1/density") == pytest.approx(0.25 * (6000 / 0.25) ** (step / steps))
    assert session.get("layer/1/density") == 6000


def test_range_input_and_curve_of_the_file_count(session: Session, make: Make) -> None:
    mapper = make(mapping("layer/*/density", 'cc("nano", 1, 7)',
                          'input = [0.25, 0.75]\nrange = [60, 4]\ncurve = "linear"\ntakeover = false'))
    for value, density in ((0, 60), (0.25, 60), (0.5, 32), (0.75, 4), (1, 4)):
        mapper.moved(FADER, value)
        assert [session.get(f"layer/{n}/density") for n in (1, 9, 16)] == [density] * 3
    assert mapper.positions() == {FADER: 0.75}


def test_a_fader_picks_the_knob_up_before_it_moves_it(session: Session, make: Make) -> None:
    session.set("morph/position", 0.5)
    mapper = make(mapping("morph/position", 'cc("nano", 1, 7)'))
    for value in (0.1, 0.3, 0.45):
        mapper.moved(FADER, value)
        assert session.get("morph/position") == 0.5
    mapper.moved(FADER, 0.6)  # across
    assert session.get("morph/position") == 0.6
    mapper.moved(FADER, 0.1)
    assert session.get("morph/position") == 0.1
    session.set("morph/position", 0.8)  # somebody else
    mapper.moved(FADER, 0.12)
    assert session.get("morph/position") == 0.8
    mapper.moved(FADER, 0.8 - 1 / 128)  # within a step
    assert session.get("morph/position") == 0.8 - 1 / 128


def test_the_first_move_of_a_fader_that_stands_elsewhere_does_not_make_a_jump(session: Session, make: Make) -> None:
    mapper = make(mapping("morph/position", 'cc("nano", 1, 7)'))
    mapper.moved(FADER, 1.0)
    assert session.get("morph/position") == 0
    mapper.moved(FADER, 0.0)
    mapper.moved(FADER, 0.2)
    assert session.get("morph/position") == 0.2


def test_a_fader_over_a_whole_number_picks_it_up_anywhere_within_its_step(session: Session, make: Make) -> None:
    session.set("match/layers", 8)
    mapper = make(mapping("match/layers", 'cc("nano", 1, 7)'))
    mapper.moved(FADER, 7.4 / 15)
    mapper.moved(FADER, 9 / 15)
    assert session.get("match/layers") == 10


def test_a_step_of_the_fader_counts_as_one_on_a_part_of_its_way_too(session: Session, make: Make) -> None:
    session.set("morph/position", 0.5)
    mapper = make(mapping("morph/position", 'cc("nano", 1, 7)', "input = [0.4, 0.6]"))
    mapper.moved(FADER, 0.5 + 1 / 128)
    assert session.get("morph/position") == pytest.approx(0.5 + 5 / 128)


def test_each_knob_of_a_wildcard_is_picked_up_by_itself(session: Session, make: Make) -> None:
    session.set("layer/1/pan_spread", 0.2)
    session.set("layer/2/pan_spread", 0.8)
    mapper = make(mapping("layer/*/pan_spread", 'cc("nano", 1, 7)'))
    mapper.moved(FADER, 0)
    mapper.moved(FADER, 0.5)
    assert [session.get(f"layer/{n}/pan_spread") for n in (1, 2, 3)] == [0.5, 0.8, 0.5]
    mapper.moved(FADER, 0.9)
    assert [session.get(f"layer/{n}/pan_spread") for n in (1, 2, 3)] == [0.9, 0.9, 0.9]


@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 127)), max_size=60))
@example(moves=[(False, 2), (True, 3), (False, 0), (True, 2), (False, 3), (True, 0)])  # put back where the fader had it
@settings(max_examples=100, deadline=None)
def test_a_knob_never_jumps_farther_than_the_hand_moved(
        shared_session: Session, tmp_path_factory: pytest.TempPathFactory, moves: list[tuple[bool, int]]) -> None:
    session = shared_session
    file = tmp_path_factory.getbasetemp() / "jumps.mapping.toml"
    file.write_text(mapping("morph/position", 'cc("nano", 1, 7)'))
    mapper = Mapper(session, [], file, print, VirtualClock())
    session.set("morph/position", 0.5)
    stood: float | None = None
    for by_hand, step in moves:
        at = step / 127
        if not by_hand:
            session.set("morph/position", at)
            continue
        before = session.get("morph/position")
        mapper.moved(FADER, at)
        after = session.get("morph/position")
        assert after in (before, at)
        assert abs(after - before) <= max(1 / 127, 0 if stood is None else abs(at - stood)) + 1e-12
        stood = at


def test_an_osc_fader_of_any_range_can_take_over_softly(session: Session, make: Make) -> None:
    session.set("morph/position", 0.5)
    mapper = make(mapping("morph/position", 'osc("/1/fader1")', "input = [0, 127]\ntakeover = true"))
    for value, stands in ((100, 0.5), (90, 0.5), (60, 60 / 127), (127, 1)):
        mapper.hear("/1/fader1", [value])
        assert session.get("morph/position") == pytest.approx(stands)


def test_takeover_follows_a_fast_fader_that_jumps_over_the_knob() -> None:
    takeover = Takeover(1 / 127)
    assert not takeover.moved(0.0, 0.5, ours=False)
    assert takeover.moved(1.0, 0.5, ours=False)
    assert not takeover.moved(0.9, 0.2, ours=False)
    assert takeover.moved(0.95, 0.2, ours=True)
    assert Takeover(0.01, at=0.1).moved(0.3, 0.2, ours=False)


def test_a_pad_toggles_a_switch_wherever_it_stands_and_a_button_follows(session: Session, make: Make) -> None:
    mapper = make(mapping("match/freeze", 'note("nano", 10, 36)') + mapping("layer/1/freeze", 'cc("nano", 1, 7)'))
    for value, on in ((0.1, 1), (0.9, 1), (0, 1), (1, 0), (0, 0)):
        mapper.moved(PAD, value)
        assert session.get("match/freeze") == on
    session.set("match/freeze", 1)
    mapper.moved(PAD, 0.9)
    assert session.get("match/freeze") == 0
    mapper.moved(PAD, 0)
    session.set("match/freeze", 1)
    mapper.moved(PAD, 0.9)
    assert session.get("match/freeze") == 0
    for value in (1, 0, 1):
        mapper.moved(FADER, value)
        assert session.get("layer/1/freeze") == value


def test_a_short_press_in_an_expression_is_not_missed(session: Session, make: Make) -> None:
    mapper = make(mapping("match/freeze", 'toggle(note("nano", 10, 36))')
                  + mapping("dream/step", '4 * note("nano", 10, 36)'))
    mapper.moved(PAD, 0.5)
    assert (session.get("match/freeze"), session.get("dream/step")) == (1, 2)
    mapper.moved(PAD, 0)
    mapper.step()
    assert (session.get("match/freeze"), session.get("dream/step")) == (1, 0)


@pytest.mark.parametrize("tau", [0.05, 0.5])
def test_smoothing_is_the_exponential(session: Session, make: Make, clock: VirtualClock, tau: float) -> None:
    mapper = make(mapping("morph/position", 'cc("nano", 1, 7)', f"smoothing = {tau}\ntakeover = false"))
    mapper.moved(FADER, 0)
    clock.advance(1.3)
    mapper.step()
    mapper.moved(FADER, 0.8)
    for step in range(1, 20):
        clock.advance(tau / 7)
        mapper.step()
        assert session.get("morph/position") == pytest.approx(0.8 * (1 - math.exp(-step / 7)))
    mapper.moved(FADER, 0.2)
    begin = session.get("morph/position")
    clock.advance(tau)
    mapper.step()
    assert session.get("morph/position") == pytest.approx(0.2 + (begin - 0.2) / math.e)
    mapper.moved(FADER, 1.0)
    begin = session.get("morph/position")
    clock.advance(tau / 2)
    mapper.moved(FADER, 0.2)  # between two steps
    assert session.get("morph/position") == pytest.approx(1 + (begin - 1) * math.exp(-0.5))
    clock.advance(20 * tau)
    mapper.step()
    assert session.get("morph/position") == 0.2


def test_a_smoothed_knob_goes_by_equal_ratios_and_from_where_it_was_put(session: Session, make: Make,
                                                                         clock: VirtualClock) -> None:
    mapper = make(mapping("tempo/bpm", 'cc("nano", 1, 7)', "smoothing = 1\ntakeover = false\nrange = [20, 300]"))
    session.set("tempo/bpm", 30)
    mapper.moved(FADER, 1)
    clock.advance(1)
    mapper.step()
    assert session.get("tempo/bpm") == pytest.approx(300 * (30 / 300) ** math.exp(-1))


def test_a_motor_fader_is_not_pulled_back_while_its_knob_follows_slowly(session: Session, make: Make,
                                                                         clock: VirtualClock) -> None:
    mapper = make(mapping("morph/position", 'cc("nano", 1, 7)', "smoothing = 2"))
    mapper.moved(FADER, 0)
    mapper.moved(FADER, 1)
    clock.advance(0.1)
    mapper.step()
    assert session.get("morph/position") < 0.1
    assert mapper.positions() == {FADER: 1}
    mapper.moved(FADER, 0.9)  # its echo, or the hand: still in charge
    assert mapper.positions() == {FADER: pytest.approx(0.9)}
    session.set("morph/position", 0.3)
    assert mapper.positions() == {FADER: pytest.approx(0.3)}


def test_positions_are_the_faders_way_back(session: Session, make: Make) -> None:
    mapper = make(mapping("reverb/time", 'cc("nano", 1, 7)') + mapping("reverb/gain", 'cc("nano", 1, 7)')
                  + mapping("morph/position", 'bend("nano", 1)', "feedback = false")
                  + mapping("master/gain", 'cc14("nano", 1, 7)', "range = [6, -60]")
                  + mapping("dream/chaos", 'cc("nano", 1, 9) ^ 2'))
    session.set("reverb/time", math.sqrt(0.2 * 30))
    session.set("master/gain", -60)
    assert mapper.positions() == {FADER: pytest.approx(0.5), FINE: 1.0}


def test_loudness_moves_a_knob_and_where_it_stands_still_a_hand_may(session: Session, make: Make) -> None:
    mapper = make(mapping("layer/1/density", "feature.rms", "range = [4, 64]"))
    mapper.step()
    assert session.get("layer/1/density") == 16  # nothing is heard yet
    for rms, density in ((-90, 4), (-45, 16), (0, 64), (10, 64), (-120, 4)):
        hear(session, rms)
        mapper.step()
        assert session.get("layer/1/density") == pytest.approx(density)
    session.set("layer/1/density", 100)
    mapper.step()
    assert session.get("layer/1/density") == 100
    hear(session, -45)
    mapper.step()
    assert session.get("layer/1/density") == pytest.approx(16)


def test_an_expression_gives_the_value_in_the_knobs_unit_and_is_clamped(session: Session, make: Make) -> None:
    mapper = make(mapping("layer/1/density", "100 if feature.rms > -30 else 8")
                  + mapping("layer/1/pitch", "feature.rms") + mapping("layer/1/gain", "feature.rms + 200")
                  + mapping("layer/2/gain", "feature.rms * 2", "input = [-60, 0]\nrange = [-20, 0]"))
    hear(session, -15)
    mapper.step()
    assert session.get("layer/1/density") == 100
    assert session.get("layer/1/pitch") == pytest.approx(24 * (75 / 45 - 1))  # swept: a source by itself
    assert session.get("layer/1/gain") == 12
    assert session.get("layer/2/gain") == -10


def test_other_programs_move_knobs_by_their_own_addresses(session: Session, make: Make) -> None:
    mapper = make(mapping("dream/speed", 'osc("/wek/outputs", 2)')
                  + mapping("dream/chaos", '1 - osc("/wek/outputs")'))
    assert mapper.wants("/wek/outputs")
    assert not mapper.wants("/wek/inputs")
    mapper.hear("/wek/outputs", [0.25, 0.5])
    assert (session.get("dream/speed"), session.get("dream/chaos")) == (2, 0.75)
    for junk in ([], ["x", None], [math.nan, math.inf], [b"x", [1]]):
        mapper.hear("/wek/outputs", junk)
    mapper.hear("/other", [1.0])
    assert (session.get("dream/speed"), session.get("dream/chaos")) == (2, 0.75)
    mapper.hear("/wek/outputs", [True, 1])
    assert (session.get("dream/speed"), session.get("dream/chaos")) == (4, 0)


def test_what_moves_by_itself_goes_on_between_messages(session: Session, make: Make, clock: VirtualClock) -> None:
    mapper = make(mapping("morph/position", 'lag(osc("/a"), 1)')
                  + mapping("layer/1/pitch", 'feature.rms / 10 + default(osc("/never"), 0)'))
    hear(session, -20)
    mapper.step()
    assert session.get("layer/1/pitch") == -2
    for value in (0.0, 1.0):
        mapper.hear("/a", [value])
    for step in (1, 2, 3):
        clock.advance(0.5)
        mapper.step()
        assert session.get("morph/position") == pytest.approx(1 - math.exp(-0.5 * step))


def test_what_can_not_be_computed_is_counted_once_until_it_can_again(session: Session, make: Make) -> None:
    mapper = make(mapping("layer/1/pitch", "1 / (feature.rms + 20)") + mapping("layer/2/pitch", 'osc("/never") * 2'))
    for rms, errors in ((-20, 1), (-20, 1), (-19, 1), (-20, 2), (-20, 2)):
        hear(session, rms)
        mapper.step()
        assert session.told("faces/mapping_errors") == errors
    assert session.get("layer/1/pitch") == 1
    assert session.told("faces/mappings") == 2


def test_one_knob_moves_others_and_a_circle_can_not_be_written(session: Session, make: Make) -> None:
    mapper = make(mapping("layer/*/pan", 'param("morph/position")', "range = [-1, 1]"))
    session.set("morph/position", 0.75)
    mapper.step()
    assert session.get("layer/16/pan") == 0.5


@pytest.mark.parametrize("source", ["feature.rms", "feature.rms / 10 if 1 else 0", "feature.rms if 1 else 0"])
def test_features_of_a_broken_sound_move_nothing(session: Session, make: Make, source: str) -> None:
    mapper = make(mapping("layer/1/pitch", source, "smoothing = 1"))
    for rms in (math.nan, -math.inf, math.inf, math.nan):
        hear(session, rms)
        mapper.step()
    hear(session, 0)
    mapper.step()
    assert math.isfinite(session.get("layer/1/pitch"))


def test_a_smoothed_value_far_beyond_the_end_does_not_hold_up_the_way_back(session: Session, make: Make,
                                                                           clock: VirtualClock) -> None:
    mapper = make(mapping("morph/position", 'osc("/a") * 1', "smoothing = 0.1"))
    for value in (0.0, 1e300, -1e308, 1e6):
        mapper.hear("/a", [value])
        clock.advance(2)
        mapper.step()
    assert session.get("morph/position") == 1
    mapper.hear("/a", [0.0])
    clock.advance(0.1)
    mapper.step()
    assert session.get("morph/position") == pytest.approx(math.exp(-1))
