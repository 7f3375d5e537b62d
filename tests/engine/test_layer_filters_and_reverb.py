"""High-pass, low-pass and the shared reverb of the layers."""

import numpy as np
import pytest
from scipy.signal import butter, freqz, sosfilt

from engine.parameters import INDEX
from engine.sound.mixer import METERS
from engine.sound.spatial import parse_layout
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms, roughness, sine


@pytest.mark.parametrize("hertz", [50, 200, 1000, 5000])
@pytest.mark.parametrize(("knob", "cutoff", "kind"), [("highpass", 400, "high"), ("lowpass", 1500, "low")])
def test_filters_are_butterworth_of_second_order(knob: str, cutoff: float, kind: str, hertz: float) -> None:
    clip = sine(hertz, 1)
    open_, filtered = (playing(parameters(mode=1, **knobs), clip).process(RATE)[RATE // 2:]
                       for knobs in ({}, {knob: cutoff}))
    b, a = butter(2, cutoff, kind, fs=RATE)
    expected = db(abs(freqz(b, a, [hertz], fs=RATE)[1][0]))
    assert db(rms(filtered) / rms(open_)) == pytest.approx(expected, abs=0.1)


def test_a_filter_swept_and_switched_makes_no_click() -> None:
    block = parameters(mode=1)
    mixer = playing(block, sine(500, 1))
    mixer.process(RATE)
    out = [mixer.process(RATE // 4)]
    plain = roughness(out[0])
    for highpass, lowpass in ((20, 20000), (2000, 20000), (20, 300), (20, 20000), (20000, 20), (300, 3000),
                              (20, 20000)):
        block[INDEX["layer/1/highpass"]], block[INDEX["layer/1/lowpass"]] = highpass, lowpass
        out.append(mixer.process(RATE // 4))
    # a filter's own answer to a sweep is smooth: nothing like the step of a switch, 0.1 and more
    assert roughness(np.concatenate(out)) < 4 * plain + 2e-3


def decay_s(above: float = 20, **knobs: float) -> float:
    """Return the time in which the reverb of a noise falls by 60 dB `above` some Hz, from its fall by 30 dB."""
    block = parameters(mode=1, send=0, gain=-60)
    for path, value in knobs.items():
        block[INDEX[f"reverb/{path}"]] = value
    mixer = playing(block, noise(3, 2, 0.2))
    block[INDEX["layer/1/gain"]] = 0
    mixer.process(RATE // 2)
    mixer.start(0, -1, 0, 0.005)
    out = sosfilt(butter(4, above, "high", fs=RATE, output="sos"), mixer.process(4 * RATE)[RATE // 10:], axis=0)
    energy = np.cumsum(np.square(out, dtype=np.float64).sum(axis=1)[::-1])[::-1]  # Schroeder 1965
    fall = 10 * np.log10(energy / energy[0] + 1e-30)
    return float(2 * (np.argmax(fall < -35) - np.argmax(fall < -5)) / RATE)


@pytest.mark.parametrize("seconds", [0.6, 2.5])
def test_the_reverb_falls_by_60_db_in_its_time(seconds: float) -> None:
    assert decay_s(time=seconds, damping=20000) == pytest.approx(seconds, rel=0.2)


def test_damping_shortens_the_treble() -> None:
    assert decay_s(5000, time=2.5, damping=800) < 0.5 * decay_s(5000, time=2.5, damping=20000)
    assert decay_s(time=2.5, damping=800) == pytest.approx(2.5, rel=0.2)


def test_no_send_no_reverb_and_silence_comes_back() -> None:
    clip = noise(1, 2, 0.2)
    dry = playing(parameters(mode=1), clip)
    first = dry.process(RATE)
    wet = playing(parameters(mode=1, send=-3), clip)
    assert np.array_equal(playing(parameters(mode=1), clip).process(RATE), first)
    assert rms(wet.process(RATE) - first) > 0.005
    for mixer in (dry, wet):
        mixer.start(0, -1, 0, 0.01)
    assert rms(wet.process(RATE // 4)) > 1e-4
    dry.process(2 * RATE)  # the DC block rings for a while
    assert not dry.process(RATE // 4).any()
    wet.process(10 * RATE)
    assert not wet.process(RATE).any()
    assert wet.meters[METERS.index("decks")] == 0


def test_the_level_of_the_reverb_hardly_depends_on_its_time() -> None:
    clip = noise(3, 2, 0.05)
    dry = playing(parameters(mode=1), clip).process(12 * RATE)[10 * RATE:]
    levels = []
    for seconds in (0.3, 2.5, 20):
        block = parameters(mode=1, send=0)
        block[INDEX["reverb/time"]], block[INDEX["reverb/damping"]] = seconds, 20000
        levels.append(db(rms(playing(block, clip).process(12 * RATE)[10 * RATE:] - dry) / rms(dry)))
    assert max(levels) - min(levels) < 5
    assert min(levels) > -6 and max(levels) < 1


def test_the_room_is_as_wide_as_the_loudspeakers() -> None:
    block = parameters(mode=1, send=0)
    mixer = playing(block, noise(3, 2, 0.1), layout=parse_layout("ring8"))
    mixer.process(RATE)
    mixer.start(0, -1, 0, 0.005)
    tail = mixer.process(RATE // 2)[RATE // 20:]
    levels = [db(rms(tail[:, c]) / rms(tail)) for c in range(8)]
    assert max(levels) - min(levels) < 6
