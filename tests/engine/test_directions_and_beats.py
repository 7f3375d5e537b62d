"""Layers come from their direction in every layout, and begin on the beat when they are asked to."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.parameters import INDEX
from engine.sound.mixer import TICK
from engine.sound.spatial import LAYOUTS, parse_layout
from tests.engine.mixing import RATE, db, noise, parameters, playing, rms, roughness, sine


def heard(layout: str, azimuth: float, width: float = 0) -> NDArray[np.float64]:
    """Return the level of each channel while a layer comes from `azimuth`."""
    mixer = playing(parameters(mode=1, azimuth=azimuth, width=width), noise(1, 2, 0.1), layout=parse_layout(layout))
    out = mixer.process(RATE)[RATE // 2:]
    return np.sqrt(np.mean(np.square(out, dtype=np.float64), axis=0))


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in ("ambisonic", "mono")])
def test_left_is_left(layout: str) -> None:
    speakers = LAYOUTS[layout].azimuths
    on_left = [c for c, a in enumerate(speakers) if a is not None and 0 < a < 180]
    on_right = [c for c, a in enumerate(speakers) if a is not None and -180 < a < 0]
    left, right = heard(layout, 80), heard(layout, -80)
    assert np.square(left[on_left]).sum() > 2 * np.square(left[on_right]).sum()
    assert np.square(right[on_right]).sum() > 2 * np.square(right[on_left]).sum()


def test_a_layer_at_a_loudspeaker_sounds_from_it_alone() -> None:
    levels = heard("quad", 135)
    assert levels[2] > 0.05 and levels[[0, 1, 3]].max() < 1e-6
    assert heard("5.1", 0)[3] == 0  # nothing but bass belongs to the LFE


def test_ambisonics_hold_the_direction() -> None:
    mixer = playing(parameters(mode=1, azimuth=90, width=0), noise(1, 1, 0.1), layout=parse_layout("ambisonic"))
    w, y, z, x = mixer.process(RATE)[RATE // 2:].T
    np.testing.assert_allclose(y, w, atol=1e-6)  # all of it from the left
    assert rms(w) > 0.05 and rms(x) < 1e-6 and not z.any()


def test_the_default_image_is_plain_stereo() -> None:
    clip = noise(1, 2, 0.1)
    plain = playing(parameters(mode=1), clip).process(RATE)
    np.testing.assert_allclose(heard("quad", 0, 90)[:2], np.sqrt(np.mean(plain[RATE // 2:]**2, axis=0)), rtol=1e-3)


def test_turning_right_round_makes_no_click_and_takes_the_short_way() -> None:
    block = parameters(mode=1, width=0)
    mixer = playing(block, sine(400, 1), layout=parse_layout("ring8"))
    mixer.process(RATE // 2)
    out = []
    for azimuth in (170, -170, 175, -100, 100, 0):
        block[INDEX["layer/1/azimuth"]] = azimuth
        out.append(mixer.process(RATE // 4))
    assert rms(out[1][:, 0]) < 1e-3  # from 170 to -170 degrees: never ahead
    assert roughness(np.concatenate(out)) < 3 * roughness(out[-1][RATE // 8:])


def test_clips_come_from_where_they_were_seen() -> None:
    mixer = playing(parameters(mode=1, width=0, azimuth=45), noise(1, 2, 0.1), layout=parse_layout("quad"))
    mixer.process(RATE // 4)
    mixer.start(0, 0, 1, 0.01, azimuth=90)  # 90 and the knob's 45 are the loudspeaker behind on the left
    levels = np.sqrt(np.mean(np.square(mixer.process(RATE)[RATE // 2:]), axis=0))
    assert np.argmax(levels) == 2 and levels[2] > 20 * np.sort(levels)[-2]


@pytest.mark.parametrize("quantum", [1, 4])
def test_a_clip_begins_on_the_beat_it_waits_for(quantum: float) -> None:
    mixer = playing(parameters(mode=1), np.zeros((RATE, 1), np.float32), noise(1, 1, 0.2))
    mixer.tempo(0, 150, 0)
    mixer.process(30000)
    mixer.start(0, 1, 1, 0, quantum=quantum)
    out = mixer.process(3 * RATE)
    begins = 30000 + np.flatnonzero(np.abs(out[:, 0]) > 1e-3)[0] - mixer.latency
    beat = RATE * 60 / 150
    due = np.ceil(30000 / (quantum * beat)) * quantum * beat
    assert due - TICK <= begins <= due + TICK  # at the start of the tick that the beat is in


def test_a_newer_wish_replaces_the_one_that_waits_and_levels_reach_it() -> None:
    clips = np.zeros((RATE, 1), np.float32), sine(300, 1), sine(900, 1)
    mixer = playing(parameters(mode=1), *clips)
    mixer.tempo(0, 60, 0)
    mixer.process(6400)
    assert mixer.start(0, 1, 1, 0, quantum=1) and mixer.start(0, 2, 1, 0, quantum=1) and mixer.level(0, 0.5, 0)
    assert not mixer.unload(2)  # it is waited for
    out = mixer.process(2 * RATE)[RATE:, 0]
    assert np.argmax(np.abs(np.fft.rfft(out))) == pytest.approx(900, abs=1)
    assert db(rms(out) / rms(sine(900, 1, 0.2 * np.sqrt(0.5)))) == pytest.approx(-6, abs=0.1)


def test_without_a_tempo_nothing_waits() -> None:
    mixer = playing(parameters(mode=1), noise(1), noise(1))
    mixer.process(6400)
    mixer.start(0, -1, 0, 0, quantum=4)
    mixer.process(RATE)
    assert rms(mixer.process(RATE)) < 1e-4


def test_the_beat_is_corrected_without_a_step_and_set_when_far_off() -> None:
    mixer = playing(parameters(emission=2, density_jitter=0, duration=5, envelope=0.1, position_jitter=0, pan_spread=0),
                    np.full((RATE, 1), 0.2, np.float32))
    mixer.tempo(0, 120, 0)
    out = [mixer.process(RATE)]
    mixer.tempo(2.05, 120, mixer.frame)  # 25 ms ahead of where it is
    out.append(mixer.process(2 * RATE))
    mixer.tempo(100.9, 120, mixer.frame)
    out.append(mixer.process(RATE))
    sound = np.abs(np.concatenate(out)[mixer.latency:, 0])
    loud = np.flatnonzero(sound > 0.02)
    onsets = loud[np.diff(loud, prepend=-RATE) > RATE // 50] / RATE
    gaps = np.diff(onsets)
    assert gaps[:1] == pytest.approx([0.5], abs=1e-3)
    assert 0.45 < gaps[1] + gaps[2] - 0.5 < 0.5  # made good within the next beats
    assert gaps[3:5] == pytest.approx([0.5, 0.5], abs=2e-3)
    assert (np.array([onsets[onsets > 3][0] - 3]) == pytest.approx(0.05, abs=2e-3))
